"""Speech being made: one stream's samples, piece by piece.

An `Utterance` hands out its next piece of work (`job`), an engine does it, and `accept` turns the
codes into sound. Neither the size of
the pieces nor what else the engine does between them can change a byte: a sentence's conditioning
is computed for the whole sentence when it is reached, the network's state runs on from piece to
piece and from sentence to sentence, and randomness is a function of the sample's index. Of the
passages only the one that is being spoken is kept: a text's length costs no memory.

    passage 0            passage 1                  each with the frames of one sentence
    |--------------------|----------------|
    job  job  job  job   job  job ...               a job never reaches over a passage's end

A voice whose spectrum is corrected (`vocoder.audio.correction`) gives its samples out some frames
after their codes: the first pieces may be empty, and the last brings the rest.

F frames, L layers, G gate, M mels, T samples.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vocoder.acoustic.melody import Bend, Melody
from vocoder.audio.correction import spectral_correction
from vocoder.audio.decode import PcmDecoder
from vocoder.audio.pcm import Int16Array
from vocoder.engine import Codes, Conditioning, Engine, Job, StreamState
from vocoder.errors import EngineError
from vocoder.seeds import choose_seed
from vocoder.synthesis.planning import Plan, PlannedSentence, Planning, speaker_of
from vocoder.text import Delivery
from vocoder.voices.pack import Pack
from vocoder.wavenet.conditions import Conditions
from vocoder.wavenet.predictors import Predictors

# of a saved utterance: the number of the passage that is being spoken, and its first frame
_PLACE = struct.Struct("<QQ")
_END = 2**64 - 1  # in place of that number, where all has been spoken


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A run of frames whose conditions are computed together, when they are reached: a sentence, or
    a whole recording.

    Attributes:
        number: by which it is found again; those behind it have larger ones.
        num_frames: F, known beforehand.
        conditions: gives the F frames; called once, and always with the same result.
        gains: float32 [F], times the amplitude, in an utterance that is `shaped`; None: as it is.
        planned: the sentence that it is; None: it is none.
    """

    number: int = 0
    num_frames: int
    conditions: Callable[[], Conditions]
    gains: npt.NDArray[np.float32] | None = None
    planned: PlannedSentence | None = None


@dataclass(frozen=True, kw_only=True)
class _PreparedPassage:
    """A passage that has been reached."""

    log_mel: npt.NDArray[np.float32]  # [F, M]
    conditioning: Conditioning  # [F, L, G], or what the engine keeps of it
    predictors: Predictors
    temperatures: npt.NDArray[np.float32]  # [F]
    gains: npt.NDArray[np.float32]  # [F]


class Utterance:
    """One stream of speech.

    Args:
        passages: gives what is spoken, in order, from the passage of a number on; each is asked for
            when the one before it has been spoken.
        pack: the voice.
        engine: made of the voice's network; used here to begin and for what it keeps of conditions,
            the caller runs the jobs.
        temperature: 0..2; voiced frames use this times the voice's `voiced_temperature_ratio`.
        correction_passes: of the spectral correction, 0..4.
        volume: at least 0, times the amplitude.
        shaped: whether passages have gains beside.
        num_frames: of all passages, where that is known beforehand.
        seed: 0..2**64-1, random when None.
        saved: what `to_bytes` of an utterance of the same passages gave, to go on from there; then
            `seed` is taken from it.

    Attributes:
        seed: the one used.

    Raises:
        InputError: the seed is out of range.
        EngineError: `saved` is damaged or belongs to another network.
    """

    def __init__(
        self,
        passages: Callable[[int], Iterator[Passage]],
        pack: Pack,
        engine: Engine,
        *,
        temperature: float,
        correction_passes: int,
        volume: float = 1.0,
        shaped: bool = False,
        num_frames: int | None = None,
        seed: int | None = None,
        saved: bytes | None = None,
    ) -> None:
        self._num_frames = num_frames
        self._wavenet = pack.manifest.wavenet
        self._conditioner = pack.conditioner
        self._engine = engine
        self._audio = pack.manifest.audio
        self._hop = pack.manifest.audio.hop_length
        self._temperature = temperature
        self._voiced_ratio = pack.manifest.voiced_temperature_ratio
        self._decoder = PcmDecoder(
            quantiser=pack.wavenet.quantiser,
            pre_emphasis=self._audio.pre_emphasis,
            hop_length=self._hop,
            correction=spectral_correction(self._audio, correction_passes),
            volume=volume,
            shaped=shaped,
        )
        number = 0
        if saved is None:
            self._first_frame = 0  # of the passage that is being spoken
            self._state = engine.start(choose_seed(seed))
            self._decoder_state = self._decoder.start()
        else:
            number = self._restore(saved, engine)
        self.seed = self._state.seed
        self._decoded = self._state.position
        self._upcoming = passages(number)
        self._passage = next(self._upcoming, None)  # that is being spoken; None at the end
        self._prepared: _PreparedPassage | None = None
        self._check_place()

    @classmethod
    def of_plan(
        cls,
        plan: Plan | Planning,
        pack: Pack,
        engine: Engine,
        *,
        seed: int | None = None,
        saved: bytes | None = None,
    ) -> Utterance:
        """A plan, spoken; or a text that is planned no sooner than it is spoken. Errors as above,
        and those of planning.
        """

        def passage(planned: PlannedSentence) -> Passage:
            sentence, delivery = planned.sentence, planned.sentence.delivery
            melody = Melody(
                pitch=plan.settings.pitch,
                intonation=pack.manifest.intonation,
                rises=sentence.rises,
                bends=_bends(delivery),
            )

            def conditions() -> Conditions:
                return pack.acoustic.conditions(
                    sentence.features,
                    planned.durations,
                    speaker_of(sentence, plan.settings),
                    melody,
                )

            gains = None if delivery is None else np.repeat(delivery.gains, planned.durations)
            return Passage(
                number=planned.number,
                num_frames=planned.num_frames,
                conditions=conditions,
                gains=gains,
                planned=planned,
            )

        return cls(
            lambda number: map(passage, plan.sentences_from(number)),
            pack,
            engine,
            temperature=plan.settings.temperature,
            correction_passes=pack.manifest.correction_passes,
            volume=plan.settings.volume,
            shaped=plan.directed,
            num_frames=plan.num_frames,
            seed=seed,
            saved=saved,
        )

    @property
    def num_samples(self) -> int | None:
        """T, of the whole utterance; None where it is not known yet."""
        if self.finished:
            return self._decoded
        return None if self._num_frames is None else self._num_frames * self._hop

    @property
    def position(self) -> int:
        """How many codes have been accepted."""
        return self._decoded

    @property
    def emitted(self) -> int:
        """How many samples have been given out."""
        if self.finished or self._decoder.delay == 0:
            return self._decoded
        return max(self._decoded // self._hop * self._hop - self._decoder.delay, 0)

    @property
    def finished(self) -> bool:
        """Whether every sample has been made."""
        return self._passage is None

    @property
    def passage(self) -> Passage | None:
        """The one that is being spoken; None at the end."""
        return self._passage

    @property
    def passage_start(self) -> int:
        """The sample with which it begins."""
        return self._first_frame * self._hop

    def job(self, max_samples: int) -> Job:
        """The next piece of work.

        Args:
            max_samples: at least 1; the job has this many or, before the end of a passage, fewer.

        Returns:
            a job for `Engine.advance`, which moves this utterance's state; its codes must then be
            given to `accept` before the next job.
        """
        assert max_samples > 0
        assert not self.finished
        assert self._state.position == self._decoded, (
            "the codes of the last job have not been accepted"
        )
        prepared = self._current_passage()
        return Job(
            state=self._state,
            conditioning=prepared.conditioning,
            predictors=prepared.predictors,
            first_frame=self._first_frame,
            temperatures=prepared.temperatures,
            num_samples=min(max_samples, self._end - self._decoded),
        )

    def accept(self, codes: Codes) -> Int16Array:
        """The codes that an engine made of the last job, int64 [T], to the samples that are final
        with them.

        Returns:
            int16 [T] where nothing is corrected; else fewer at first, even none, and with the last
            codes all that are left.
        """
        assert self._state.position == self._decoded + len(codes), (
            "these are not the codes of the last job"
        )
        here, frame = self._current_passage(), self._decoded // self._hop - self._first_frame
        samples, self._decoder_state = self._decoder.decode(
            codes, here.log_mel[frame:], self._decoder_state, here.gains[frame:]
        )
        self._decoded += len(codes)
        if self._decoded == self._end:
            self._first_frame = self._decoded // self._hop
            self._passage, self._prepared = next(self._upcoming, None), None
        return (
            np.concatenate([samples, self._decoder.finish(self._decoder_state)])
            if self.finished
            else samples
        )

    def to_bytes(self) -> bytes:
        """All that this utterance remembers, between an `accept` and the next `job`: some hundred
        kilobytes for the default voice.
        """
        assert self._state.position == self._decoded, (
            "the codes of the last job have not been accepted"
        )
        place = _PLACE.pack(
            _END if self._passage is None else self._passage.number, self._first_frame
        )
        return place + self._decoder.save(self._decoder_state) + self._state.to_bytes()

    def _restore(self, saved: bytes, engine: Engine) -> int:
        """Takes up what was saved, but for the passage of the number that is returned."""
        behind = _PLACE.size + self._decoder.state_bytes
        if len(saved) < behind:
            raise EngineError(f"the saved utterance is cut short: {len(saved)} bytes")
        number, self._first_frame = _PLACE.unpack_from(saved)
        self._decoder_state = self._decoder.restore(saved[_PLACE.size : behind])
        self._state = engine.adopt(StreamState.from_bytes(saved[behind:], engine.config))
        return int(number)

    def _check_place(self) -> None:
        """Refuses what was saved of another text, as far as it can be told."""
        over = self.finished and self._num_frames not in (None, self._first_frame)
        if over or not self._first_frame * self._hop <= self._decoded <= self._end:
            raise EngineError(
                f"the saved utterance is at sample {self._decoded}, where these passages have no "
                f"such place: it is of another plan"
            )

    @property
    def _end(self) -> int:
        """The sample behind the passage that is being spoken."""
        return (
            self._first_frame + (0 if self._passage is None else self._passage.num_frames)
        ) * self._hop

    def _current_passage(self) -> _PreparedPassage:
        """The passage that the next code belongs to, prepared."""
        assert self._passage is not None
        if self._prepared is None:
            self._prepared = self._prepare(self._passage)
        return self._prepared

    def _prepare(self, passage: Passage) -> _PreparedPassage:
        conditions = passage.conditions()
        assert conditions.num_frames == passage.num_frames
        temperatures = self._temperature * (1.0 - (1.0 - self._voiced_ratio) * conditions.voicing)
        conditioning: Conditioning | None = self._engine.resident_conditioning(conditions)
        if conditioning is None:
            conditioning = self._conditioner.condition(conditions)
        predictors = Predictors.of(
            conditions.log_mel, conditions.log_f0, self._audio, self._wavenet
        )
        return _PreparedPassage(
            log_mel=conditions.log_mel,
            conditioning=conditioning,
            predictors=predictors,
            temperatures=temperatures.astype(np.float32),
            gains=np.ones(conditions.num_frames, np.float32)
            if passage.gains is None
            else passage.gains,
        )


def _bends(delivery: Delivery | None) -> tuple[Bend, ...]:
    """What an author says of the pitch of a sentence, for its melody."""
    if delivery is None:
        return ()
    return tuple(
        Bend(
            first=one.first,
            behind=one.behind,
            scale=one.pitch.scale,
            offset_hz=one.pitch.offset_hz,
            spread=one.spread,
        )
        for one in delivery.stretches()
    )
