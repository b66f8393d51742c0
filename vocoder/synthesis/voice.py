"""A voice: a loaded pack, an engine, and what can be done with them.

    voice = load_voice("kathleen")
    samples = voice.synthesize("Hello.", seed=7)              # int16, at voice.sample_rate
    for piece in voice.stream("Hello.", seed=7): ...          # the same samples, as they are made
    again = voice.vocode(voice.analyse(recording), seed=7)    # copy synthesis
    voice.score(recording).bits_per_sample

Same text, voice, engine, precision, settings and seed: same bytes. Where the native module was
built, speaking needs neither torch nor scipy. What torch computes elsewhere runs in one thread
(sums of several threads have no fixed order), whatever number the program around it has set.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vocoder.audio.emphasis import pre_emphasise
from vocoder.audio.mel import log_mel
from vocoder.audio.pcm import Int16Array
from vocoder.audio.pitch import pitch
from vocoder.engine import Engine, make_engine, precisions_of
from vocoder.errors import AudioError, InputError
from vocoder.synthesis.limits import TEXT_LIMIT
from vocoder.synthesis.planning import Plan, Planning
from vocoder.synthesis.settings import Settings
from vocoder.synthesis.utterance import Passage, Utterance
from vocoder.text import Lexicon, SpeechInput
from vocoder.voices.library import DEFAULT_VOICE, find_voice
from vocoder.voices.pack import Pack, PackManifest, read_pack
from vocoder.wavenet.conditions import Conditions
from vocoder.wavenet.predictors import Predictors

if TYPE_CHECKING:  # which needs torch
    from vocoder.synthesis.score import Score, Scoring

FloatArray = npt.NDArray[np.float32]
PRICE_LIMIT = (
    0.01  # bits per sample that less exact arithmetic may cost where nobody asks for it by name
)
CHUNK_SECONDS = 0.1  # of sound in one piece of a stream, where nothing else is asked for
# oneDNN, by which torch computes convolutions where ours were not compiled, makes code anew for
# each length of a sentence and would keep the last 1,024:
# hundreds of megabytes once a voice has spoken for an hour. Hardly any is ever used again.
_COMPILED = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
_MOST_COMPILED = 32


def load_voice(
    name_or_path: str | Path = DEFAULT_VOICE,
    *,
    engine: str = "auto",
    precision: str = "auto",
    threads: int = 1,
) -> Voice:
    """Loads a voice pack and makes an engine for it.

    Args:
        name_or_path: a voice's name (`vocoder.voices.library` says where it is looked for); or its
            folder, as a `Path` or as a string with a separator in it.
        engine: "native", "reference", "cuda" (a GPU), or "auto" for the fastest that runs on the
            processor.
        precision: "fp32", "bf16", "int8", or "auto" for the fastest that costs this voice at most
            0.01 bits per sample; the reference engine has fp32 alone.
        threads: of the native engine, that streams of one call are shared out to.

    Raises:
        InputError: no voice has this name; `field` is "voice".
        VoiceError: the pack is missing, damaged, or made for other features.
        EngineError: the engine does not exist or does not run here.
    """
    os.environ.setdefault(
        _COMPILED, str(_MOST_COMPILED)
    )  # read at the first convolution of the process, and where somebody has set it that holds
    pack = read_pack(voice_folder(name_or_path))
    if precision == "auto":
        precision = pack.manifest.precision_prices.fastest_within(
            PRICE_LIMIT, precisions_of(engine)
        )
    made = make_engine(pack.wavenet, engine, precision=precision, threads=threads)
    return Voice(pack=_with_engine_device(pack, made), engine=made)


def _with_engine_device(pack: Pack, engine: Engine) -> Pack:
    """The pack with an acoustic model that computes where the engine does."""
    if engine.name != "cuda":
        return pack
    from vocoder.cuda.acoustic_model import CudaAcousticModel  # late: it needs triton
    from vocoder.cuda.engine import CudaEngine

    assert isinstance(engine, CudaEngine)
    return replace(pack, acoustic=CudaAcousticModel(pack.acoustic_model, engine.device))


def voice_folder(name_or_path: str | Path) -> Path:
    """The folder that `load_voice` loads from. Errors as `find_voice`; a folder that is named as
    such need not exist.
    """
    if isinstance(name_or_path, Path) or os.sep in name_or_path:
        return Path(name_or_path)
    return find_voice(name_or_path)


class Voice:
    """Speaks. Holds nothing but the pack and the engine: threads may share it as far as they may
    share the engine.
    """

    def __init__(self, *, pack: Pack, engine: Engine) -> None:
        self.pack = pack
        self.engine = engine

    @property
    def manifest(self) -> PackManifest:
        """Everything that the pack says of itself."""
        return self.pack.manifest

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return self.manifest.audio.sample_rate

    def settings(
        self,
        *,
        speaker: str | int | None = None,
        length_scale: float = 1.0,
        pitch: float = 0.0,
        volume: float = 1.0,
        temperature: float | None = None,
    ) -> Settings:
        """Settings with this voice's defaults filled in.

        Args:
            speaker: a name, or an index; None is the first.
            length_scale: 0.25..4.
            pitch: -12..12, semitones.
            volume: 0..4, times the amplitude.
            temperature: 0..2; None is the voice's own.

        Raises:
            InputError: `field` names what is unknown or out of range.
        """
        temperature = self.manifest.temperature if temperature is None else temperature
        return Settings(
            speaker=self._speaker(speaker),
            length_scale=length_scale,
            pitch=pitch,
            volume=volume,
            temperature=temperature,
        )

    def _speaker(self, speaker: str | int | None) -> int:
        names = self.manifest.speakers
        if isinstance(speaker, str) and speaker in names:
            return names.index(speaker)
        index = 0 if speaker is None else speaker
        if isinstance(index, str) or not 0 <= index < len(names):
            raise InputError(
                (
                    f"voice {self.manifest.name!r} has no speaker {speaker!r} (known: "
                    f"{', '.join(names)})"
                ),
                field="speaker",
            )
        return index

    def plan(
        self,
        text: SpeechInput,
        settings: Settings | None = None,
        *,
        text_limit: int | None = TEXT_LIMIT,
        lexicon: Lexicon | None = None,
    ) -> Plan:
        """What will be said, and exactly how long it is. Errors as `Planning`."""
        return Plan.of(
            text, settings or self.settings(), self.pack, text_limit=text_limit, lexicon=lexicon
        )

    def planning(
        self,
        text: SpeechInput,
        settings: Settings | None = None,
        *,
        text_limit: int | None = TEXT_LIMIT,
        lexicon: Lexicon | None = None,
    ) -> Planning:
        """The same a sentence at a time, for long texts. Errors as `Planning`."""
        return Planning(
            text, settings or self.settings(), self.pack, text_limit=text_limit, lexicon=lexicon
        )

    def utterance(
        self, plan: Plan | Planning, *, seed: int | None = None, saved: bytes | None = None
    ) -> Utterance:
        """A plan to be spoken, or one to go on with (`Utterance.to_bytes`). Errors as
        `Utterance.of_plan`.
        """
        return Utterance.of_plan(plan, self.pack, self.engine, seed=seed, saved=saved)

    def synthesize(
        self,
        text: SpeechInput,
        *,
        speaker: str | int | None = None,
        length_scale: float = 1.0,
        pitch: float = 0.0,
        volume: float = 1.0,
        temperature: float | None = None,
        seed: int | None = None,
        lexicon: Lexicon | None = None,
    ) -> Int16Array:
        """A text as sound: int16 [T] at `sample_rate`.

        Args:
            text: any Unicode, up to 100,000 characters; or an SSML document, or phonemes
                (`vocoder.text.Ssml`, `vocoder.text.Ipa`).
            speaker: a name, or an index; None is the first.
            length_scale: 0.25..4, how much longer everything lasts.
            pitch: -12..12, semitones above what the voice would speak at.
            volume: 0..4, times the amplitude.
            temperature: 0..2; None is the voice's own.
            seed: 0..2**64-1; random when None (`utterance` tells which).
            lexicon: words that are said as it says; it goes over the voice's own.

        Raises:
            TextError, InputError: naming the argument that is at fault.
        """
        pieces = self.stream(
            text,
            speaker=speaker,
            length_scale=length_scale,
            pitch=pitch,
            volume=volume,
            temperature=temperature,
            seed=seed,
            lexicon=lexicon,
        )
        return np.concatenate(list(pieces))

    def stream(
        self,
        text: SpeechInput,
        *,
        speaker: str | int | None = None,
        length_scale: float = 1.0,
        pitch: float = 0.0,
        volume: float = 1.0,
        temperature: float | None = None,
        seed: int | None = None,
        lexicon: Lexicon | None = None,
        chunk_samples: int | None = None,
    ) -> Iterator[Int16Array]:
        """The samples of `synthesize`, as they are made; the first sentence's do not wait for the
        planning of others. Arguments are checked here.

        Args:
            text: as `synthesize`.
            speaker: as `synthesize`.
            length_scale: as `synthesize`.
            pitch: as `synthesize`.
            volume: as `synthesize`.
            temperature: as `synthesize`.
            seed: as `synthesize`.
            lexicon: as `synthesize`.
            chunk_samples: at least 1, the most samples of one piece; a tenth of a second when None.

        Yields:
            int16 [at most chunk_samples].
        """
        settings = self.settings(
            speaker=speaker,
            length_scale=length_scale,
            pitch=pitch,
            volume=volume,
            temperature=temperature,
        )
        return self.speak(
            self.utterance(self.planning(text, settings, lexicon=lexicon), seed=seed),
            chunk_samples=chunk_samples,
        )

    def speak(
        self, utterance: Utterance, *, chunk_samples: int | None = None
    ) -> Iterator[Int16Array]:
        """What is left of an utterance, as it is made: int16 pieces. `chunk_samples` as `stream`."""
        size = round(CHUNK_SECONDS * self.sample_rate) if chunk_samples is None else chunk_samples
        if size < 1:
            raise InputError(f"chunk_samples must be at least 1, not {size}", field="chunk_samples")
        return self._pieces(utterance, size)

    def _pieces(self, utterance: Utterance, size: int) -> Iterator[Int16Array]:
        while not utterance.finished:
            samples = utterance.accept(self.engine.advance([utterance.job(size)])[0])
            # None where the correction still waits for what follows; more than asked for at the
            # end.
            for start in range(0, len(samples), size):
                yield samples[start : start + size]

    def analyse(self, samples: FloatArray, *, speaker: str | int | None = None) -> Conditions:
        """What the vocoder needs to say a recording again; without linguistic features, for only
        the sound is known.

        Args:
            samples: float32 [T], T > 0, -1..1, at `sample_rate`.
            speaker: who will speak it.

        Returns:
            ceil(T / hop_length) frames.

        Raises:
            AudioError: there are no samples, or some are not finite numbers.
            InputError: an unknown speaker.
        """
        if samples.ndim != 1 or len(samples) == 0 or not np.isfinite(samples).all():
            raise AudioError(
                "the recording must be one row of finite samples, at least one", field="samples"
            )
        audio = self.manifest.audio
        mel = log_mel(samples, audio)
        log_f0, voicing = pitch(samples, audio)
        return Conditions(
            log_mel=mel, log_f0=log_f0, voicing=voicing, speaker=self._speaker(speaker)
        )

    def copy(
        self,
        conditions: Conditions,
        *,
        predicted: bool = False,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Utterance:
        """Conditions to be spoken: what `vocode` speaks at once. Arguments as there."""
        temperature = self.settings(temperature=temperature).temperature
        passage = Passage(num_frames=conditions.num_frames, conditions=lambda: conditions)
        return Utterance(
            lambda number: iter([passage][number:]),
            self.pack,
            self.engine,
            temperature=temperature,
            correction_passes=self.manifest.correction_passes
            if predicted
            else self.manifest.copy_correction_passes,
            num_frames=conditions.num_frames,
            seed=seed,
        )

    def vocode(
        self,
        conditions: Conditions,
        *,
        predicted: bool = False,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Int16Array:
        """Conditions as sound: int16 [F * hop_length].

        Args:
            conditions: of F frames.
            predicted: whether the spectrum is a model's, and so corrected as speech from text; else
                it is a recording's own.
            temperature: as `synthesize`.
            seed: as `synthesize`.
        """
        return np.concatenate(
            list(
                self.speak(
                    self.copy(conditions, predicted=predicted, temperature=temperature, seed=seed)
                )
            )
        )

    def score(
        self,
        samples: FloatArray,
        *,
        speaker: str | int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> Score:
        """Exact log-likelihood of a recording under the vocoder, conditioned on what `analyse`
        finds in it.

        Args:
            samples: as `analyse`.
            speaker: as `analyse`.
            progress: told, now and then, how many more samples are done.

        Raises:
            AudioError, InputError: as `analyse`.
        """
        from vocoder.synthesis.score import score

        return score(self.scoring(samples, speaker=speaker), progress=progress)

    def scoring(self, samples: FloatArray, *, speaker: str | int | None = None) -> Scoring:
        """The same a block at a time: analysed, and ready to be begun. Arguments and errors as
        `score`.
        """
        conditions = self.analyse(samples, speaker=speaker)
        import torch  # late: speaking does without, and `analyse` has said if it is missing

        from vocoder.synthesis.score import Scoring

        codes = self.pack.wavenet.quantiser.encode(
            pre_emphasise(samples, self.manifest.audio.pre_emphasis)
        )
        added = self.pack.conditioner.condition(conditions)
        audio, config = self.manifest.audio, self.manifest.wavenet
        return Scoring(
            self.pack.network,
            codes,
            torch.from_numpy(added).unsqueeze(0),
            Predictors.of(conditions.log_mel, conditions.log_f0, audio, config),
            sample_rate=self.sample_rate,
        )
