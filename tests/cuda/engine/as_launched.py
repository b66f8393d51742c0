"""What an engine on a GPU starts, and what it waits for a compiler for: JSON, in the order in
which it happened.

python -m tests.cuda.engine.as_launched {reference,voice} {bf16,fp32} SHARED_KIB
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from pathlib import Path
from unittest import mock

import numpy as np

from tests.cuda.engine.without_gpu import EngineWithoutGpu
from tests.cuda.layers.without_gpu import WithoutGpu, without_gpu
from tests.engine.engines import job_for
from vocoder.cuda.acoustic_model import CudaAcousticModel, DecoderInputs, PitchInputs
from vocoder.cuda.transfer import TransferLane
from vocoder.engine.benchmark import reference_config
from vocoder.errors import EngineError
from vocoder.text import analyse
from vocoder.voices.pack import Pack, read_pack
from vocoder.wavenet.conditions import Conditions
from vocoder.wavenet.network import WaveNet

VOICE = Path(__file__).parents[3] / "voices" / "kathleen"
PREPARED = 100  # streams
STREAMS = (1, 2, 16, 17, 160, 1024)
FRAMES = 3
SENTENCES = (
    ("Yes.",),
    ("Good day.", "No."),
    ("Is it?", "I have no idea what that could be.", "Go."),
)


def work(noted: WithoutGpu, network: WaveNet, precision: str) -> None:
    """An engine is made and prepared, and then each of its shapes moves more and more streams
    on.
    """
    engine = EngineWithoutGpu(network, precision=precision)
    noted.told.append({"made": engine.shapes})
    engine.prepare(PREPARED)
    noted.told.append({"prepared": PREPARED})
    for shape in engine.shapes:
        engine.serve_by(shape)
        for count in STREAMS:
            noted.told.append({"shape": shape, "streams": count})
            # Some of them are in their second frame.
            engine.advance(
                [
                    job_for(engine.start(seed), network.config.hop_length * (1 + seed % 2))
                    for seed in range(count)
                ]
            )
        noted.told.append({"shape": shape, "streams": 1})
        job = job_for(engine.start(0), 5, frames=FRAMES)
        engine.logits(job, np.arange(5))
    noted.told.append({"conditions": "resident"})
    mel = np.zeros((FRAMES, network.config.n_mels), np.float32)
    resident = engine.resident_conditioning(
        Conditions(
            log_mel=mel,
            log_f0=np.full(FRAMES, 5.0, np.float32),
            voicing=np.ones(FRAMES, np.float32),
        )
    )
    assert resident is not None
    engine.advance([dataclasses.replace(job, state=engine.start(0), conditioning=resident)])
    engine.advance(
        [
            dataclasses.replace(job, state=engine.start(seed), conditioning=resident)
            for seed in range(2)
        ]
    )


def speak(noted: WithoutGpu, pack: Pack) -> None:
    """The acoustic model makes the frames of one sentence, and then of several at a time."""
    acoustic = CudaAcousticModel(pack.acoustic_model, "cpu")
    for texts in SENTENCES:
        phonemes = [
            acoustic.phonemes(sentence.features, 0)
            for text in texts
            for sentence in analyse(text).sentences
        ]
        noted.told.append({"sentences": len(phonemes)})
        acoustic.log_durations(phonemes)
        rows = [np.repeat(np.arange(len(one.inputs)), 3) for one in phonemes]
        timed = [
            PitchInputs(phonemes=one, rows=of, inside=np.zeros((len(of), 2), np.float32))
            for one, of in zip(phonemes, rows, strict=True)
        ]
        pitches = acoustic.pitches(timed)
        acoustic.log_mels(
            [
                DecoderInputs(frames=frames, melody=np.zeros((len(frames), 2), np.float32))
                for frames, _ in pitches
            ]
        )


def main() -> None:
    which, precision, shared_kib = sys.argv[1:]
    with (
        without_gpu(shared_kib=int(shared_kib)) as noted,
        mock.patch.object(TransferLane, "wait", return_value=1.0),  # seconds, whatever was started
        mock.patch.object(
            TransferLane,
            "timed",
            lambda _, together: contextlib.nullcontext(noted.told.append({"together": together})),
        ),
    ):
        try:
            if which == "voice":
                pack = read_pack(VOICE)
                work(noted, pack.network, precision)
                speak(noted, pack)
            else:
                work(noted, WaveNet(reference_config()).eval(), precision)
        except EngineError as error:
            noted.told.append({"error": str(error)})
    print(
        json.dumps(
            [
                dataclasses.asdict(one)
                if dataclasses.is_dataclass(one) and not isinstance(one, type)
                else one
                for one in noted.told
            ]
        )
    )


if __name__ == "__main__":
    main()
