"""A prepared data set on a GPU, and batches that are cut out of it there. torch and numpy alone.

A GPU trains faster than a processor can make its batches: codes, pre-emphasis and above all linear
prediction cost milliseconds a segment. None of that depends on where a segment begins, so all of it
is computed once, on the host, by the functions that make segments there, and only what was computed
goes
to the GPU: codes are the same to the bit, whatever the GPU makes of a logarithm. A batch is then
a few numbers for each segment, sent in one piece, and one gather for each kind of row; the host
does not wait for it.

An hour of speech at 16 kHz with 100 frames a second takes 0.3 GB with a prediction of order 128,
and 0.25 GB more where predicted spectra are trained on. The predictors of an hour take 2 seconds of
one core where C++ was compiled, and 10 where numpy computes them.

B batch, F frames of a segment, T samples of a segment, N frames of the data set, M mels, P
prediction order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.data.dataset import DatasetEntry, PreparedSet
from training.data.segments import Draw, SegmentConfig, segment_codes
from vocoder.audio.quantise import Quantiser
from vocoder.config import CATEGORIES, FRAME_POSITIONS, WaveNetConfig
from vocoder.errors import InputError
from vocoder.wavenet.predictors import Predictors

# frames whose predictors are computed together: their float64 spectra stay in the processor's cache
CHUNK = 512


class ResidentSegments:
    """What segments are cut out of.

    Args:
        data: the data set; with `predicted_log_mel` where the segments' `predicted_share` is above
            0.
        entries: the utterances that segments will be drawn from; others take their place and are
            left empty.
        config: of the network that is trained.
        quantiser: the network's.
        segments: how segments are drawn.
        device: where all of it shall lie.

    Raises:
        InputError: the device has too little memory for the data set, or nothing was predicted
            though a share is asked for.
    """

    def __init__(
        self,
        data: PreparedSet,
        entries: Sequence[DatasetEntry],
        config: WaveNetConfig,
        quantiser: Quantiser,
        segments: SegmentConfig,
        device: torch.device,
    ) -> None:
        self.device = device
        self._mixed = segments.predicted_share > 0
        arrays = {
            "codes": _codes(data, entries, quantiser),  # [N * hop_length]
            "log_mel": np.asarray(data.log_mel),  # float16 [N, M], as they are kept
            "log_f0": np.asarray(data.log_f0),  # float32 [N]
            "voicing": np.asarray(data.voicing),  # float32 [N]
        }
        # int32 [N, 4], float32 [N, 6]
        arrays["categories"], arrays["positions"] = _linguistic(data, entries)
        # float32 [N, P], int32 [N]
        arrays["coefficients"], arrays["lags"] = _predictors(data, data.log_mel, config)
        if self._mixed:
            arrays["predicted_log_mel"] = np.asarray(data.predicted_log_mel)
            arrays["predicted_coefficients"], _ = _predictors(data, data.predicted_log_mel, config)
        self.num_bytes = sum(array.nbytes for array in arrays.values())
        try:
            self._arrays = {
                name: torch.from_numpy(np.require(array, requirements=["C", "W"])).to(device)
                for name, array in arrays.items()
            }
        except torch.OutOfMemoryError as error:
            raise InputError(
                (
                    f"{data.folder}: {device} has no room for its {self.num_bytes / 1e9:.1f} GB; "
                    f"leave it on the host"
                ),
                field="resident",
            ) from error
        self._hop = data.audio.hop_length
        self._frames = torch.arange(segments.all_frames, device=device)
        self._samples = torch.arange(segments.all_frames * self._hop, device=device)

    def batch(self, drawn: Sequence[Draw]) -> dict[str, Tensor]:
        """The segments as one batch, on the device: names, shapes and kinds of numbers as
        `VocoderTask.batch` gives them on the host.
        """
        first, speaker, withheld, predicted = self._sent(drawn).unbind(1)
        rows = first.unsqueeze(1) + self._frames
        absent = withheld.bool().view(-1, 1, 1)
        return {
            "codes": self._arrays["codes"][(first * self._hop).unsqueeze(1) + self._samples].long(),
            "log_mel": self._spectral("log_mel", rows, predicted).float(),
            "log_f0": self._arrays["log_f0"][rows],
            "voicing": self._arrays["voicing"][rows],
            "categories": self._arrays["categories"][rows].long().masked_fill(absent, 0),
            "positions": self._arrays["positions"][rows].masked_fill(absent, 0.0),
            "coefficients": self._spectral("coefficients", rows, predicted),
            "lags": self._arrays["lags"][rows],
            "speaker": speaker,
        }

    def _sent(self, drawn: Sequence[Draw]) -> Tensor:
        """int64 [B, 4] on the device: first frame in the data set, speaker, and whether features
        are withheld and the spectrum is predicted.
        """
        numbers = torch.tensor(
            [
                (
                    draw.entry.frame_start + draw.start,
                    draw.entry.speaker,
                    draw.withhold,
                    draw.predicted,
                )
                for draw in drawn
            ],
            dtype=torch.int64,
        )
        if self.device.type == "cuda":
            # else the host would wait until all that the GPU still has to do is done
            numbers = numbers.pin_memory()
        return numbers.to(self.device, non_blocking=True)

    def _spectral(self, name: str, rows: Tensor, predicted: Tensor) -> Tensor:
        """Rows [B, F, ...] that depend on the spectrum: of the recordings' own, or where a segment
        says so of the predicted one.
        """
        own = self._arrays[name][rows]
        return (
            torch.where(
                predicted.bool().view(-1, 1, 1), self._arrays[f"predicted_{name}"][rows], own
            )
            if self._mixed
            else own
        )


def _codes(
    data: PreparedSet, entries: Sequence[DatasetEntry], quantiser: Quantiser
) -> npt.NDArray[np.integer]:
    """Codes of whole utterances, in small integers that hold them: a segment's are a part of its
    utterance's.
    """
    codes: npt.NDArray[np.integer] = np.zeros(
        len(data.samples), np.uint8 if quantiser.levels <= 256 else np.int32
    )
    hop = data.audio.hop_length
    for entry in entries:
        part = slice(entry.frame_start * hop, (entry.frame_start + entry.num_frames) * hop)
        codes[part] = segment_codes(data, quantiser, entry, 0, entry.num_frames)
    return codes


def _linguistic(
    data: PreparedSet, entries: Sequence[DatasetEntry]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    categories = np.zeros((len(data.log_f0), len(CATEGORIES)), np.int32)
    positions = np.zeros((len(data.log_f0), len(FRAME_POSITIONS)), np.float32)
    for entry in entries:
        conditions = data.conditions(entry)
        if conditions.categories is not None and conditions.positions is not None:
            part = slice(entry.frame_start, entry.frame_start + entry.num_frames)
            categories[part], positions[part] = conditions.categories, conditions.positions
    return categories, positions


def _predictors(
    data: PreparedSet, log_mel: npt.NDArray[np.float16], config: WaveNetConfig
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    coefficients = np.empty((len(log_mel), config.prediction_order), np.float32)
    lags = np.empty(len(log_mel), np.int32)
    for start in range(0, len(log_mel), CHUNK):
        part = slice(start, start + CHUNK)
        made = Predictors.of(
            log_mel[part].astype(np.float32), np.asarray(data.log_f0[part]), data.audio, config
        )
        coefficients[part], lags[part] = made.coefficients, made.lags
    return coefficients, lags
