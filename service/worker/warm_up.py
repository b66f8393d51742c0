"""Speech that a worker generates before its first client: once as warm-up, then to measure its
capacity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from service.protocol.capacity import INITIAL_SLOWNESS, Capacity
from service.settings import ServiceSettings

if TYPE_CHECKING:  # which are only handed through
    from vocoder.synthesis.utterance import Utterance
    from vocoder.synthesis.voice import Voice

_TEXT = "Ready to speak as soon as anybody asks for it."
WARM_UP_SEED = 2**63  # and those that follow: of streams that nobody hears
_MEASURED_CHUNKS = 2  # of each number of streams
# after which no larger number is tried: what so many streams get is then taken for what more would
_ENOUGH_SECONDS = 10.0


def warm_up(voice: Voice, batch_size: int) -> None:
    """Uses phonemiser and engine once, because first uses are slow.

    Args:
        voice: to be used.
        batch_size: how many streams may share a batch step; engines with several kernels choose
            the fastest for it.
    """
    voice.engine.prepare(batch_size)
    _advance(voice, [voice.utterance(voice.plan(_TEXT), seed=WARM_UP_SEED)], 1)


def measure_capacity(
    voice: Voice, settings: ServiceSettings, clock: Callable[[], float]
) -> Capacity:
    """Measures samples per second by the number of streams that share a batch step."""
    passage = voice.utterance(voice.plan(_TEXT)).passage
    assert passage is not None
    size = max(1, round(settings.chunk * voice.sample_rate))
    # Computed once, and no more of them than is spoken: there are some thousands of streams to
    # measure on a GPU.
    conditions = passage.conditions().until(
        -(-_MEASURED_CHUNKS * size // voice.manifest.audio.hop_length)
    )
    rates: list[tuple[int, float]] = []
    started = clock()
    for num_streams in [
        *(
            2**power
            for power in range(settings.batch_size.bit_length())
            if 2**power < settings.batch_size
        ),
        settings.batch_size,
    ]:
        if rates and clock() - started > _ENOUGH_SECONDS:
            break
        utterances = [
            voice.copy(conditions, seed=WARM_UP_SEED + index) for index in range(num_streams)
        ]
        for utterance in utterances:
            utterance.job(1)
        begun, made = clock(), 0
        for _ in range(_MEASURED_CHUNKS):
            made += _advance(voice, [one for one in utterances if not one.finished], size)
        rates.append((num_streams, made / max(clock() - begun, 1e-6)))
    return Capacity(rates=tuple(rates), slowness=INITIAL_SLOWNESS)


def _advance(voice: Voice, utterances: list[Utterance], size: int) -> int:
    made = voice.engine.advance([utterance.job(size) for utterance in utterances])
    for utterance, codes in zip(utterances, made, strict=True):
        utterance.accept(codes)
    return sum(map(len, made))
