"""What a worker says before anybody listens: once, so that nobody waits for a first use; then for the clock, so that the capacity is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from service.capacity import SURROUNDED, Capacity
from service.settings import ServiceSettings

if TYPE_CHECKING:  # which need torch, and are only handed through
    from vocoder.utterance import Utterance
    from vocoder.voice import Voice

_TEXT = "Ready to speak as soon as anybody asks for it."
WARM_UP_SEED = 2**63  # and those that follow: of streams that nobody hears
_MEASURED_CHUNKS = 2  # of each number of streams
_ENOUGH_SECONDS = 10.0  # after which no larger number is tried: what so many streams get is then taken for what more would


def warm_up(voice: Voice) -> None:
    """Uses everything once. The first use of a phonemiser or an engine is slow: it should not be a client's."""
    _advance(voice, [voice.utterance(voice.plan(_TEXT), seed=WARM_UP_SEED)], 1)


def measure(voice: Voice, settings: ServiceSettings, clock: Callable[[], float]) -> Capacity:
    """How fast a voice is made, by the number of streams that share a turn."""
    passage = voice.utterance(voice.plan(_TEXT)).passage
    assert passage is not None
    conditions = passage.conditions()  # computed once: there are more than a thousand streams of a card
    size = max(1, round(settings.chunk * voice.sample_rate))
    rates: list[tuple[int, float]] = []
    started = clock()
    few = {2**power for power in range(5)}
    many = {4**power for power in range(3, 8)}  # of a card
    for num_streams in sorted({1, *(number for number in few | many if number < settings.company), settings.company}):
        if rates and clock() - started > _ENOUGH_SECONDS:
            break
        utterances = [voice.copy(conditions, seed=WARM_UP_SEED + index) for index in range(num_streams)]
        for utterance in utterances:
            utterance.job(1)
        begun, made = clock(), 0
        for _ in range(_MEASURED_CHUNKS):
            made += _advance(voice, [one for one in utterances if not one.finished], size)
        rates.append((num_streams, made / max(clock() - begun, 1e-6)))
    return Capacity(rates=tuple(rates), slowness=SURROUNDED)


def _advance(voice: Voice, utterances: list[Utterance], size: int) -> int:
    made = voice.engine.advance([utterance.job(size) for utterance in utterances])
    for utterance, codes in zip(utterances, made, strict=True):
        utterance.accept(codes)
    return sum(map(len, made))
