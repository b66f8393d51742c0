"""What a second of speech costs a core, part by part.

    python benchmarks/parts.py [--voice NAME] [--streams 12] [--seconds 0.64] [--json]

Speaks some lines as one thread of `sonant render` does, so many at a time and so much of each in a
call, and adds up the processor's time of every part. What is not listed is Python's between them.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from render import TEXTS  # beside this file

import vocoder.synthesis.utterance
from vocoder.acoustic.model import AcousticModel
from vocoder.audio.correction import SpectralCorrection
from vocoder.audio.decode import PcmDecoder
from vocoder.batch.render_pool import CHUNK_SECONDS
from vocoder.engine.reference import one_torch_thread
from vocoder.machine import processor_name
from vocoder.synthesis.planning import Plan
from vocoder.synthesis.voice import Voice, load_voice
from vocoder.voices.library import DEFAULT_VOICE
from vocoder.wavenet.conditioning import ConditioningNetwork
from vocoder.wavenet.prediction import Predictors

LINES = 48
# Parts that hold others are told without them.
WITHIN = {"text and plan": ("durations",), "decoding": ("correction",)}


class Clock:
    """Adds up the processor's time of functions, by the name of their part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def watch(self, owner: Any, function: str, part: str) -> None:
        """From now on a function of a module or a class is timed."""
        original: Callable[..., Any] = getattr(owner, function)

        def timed(*arguments: Any, **named: Any) -> Any:
            before = time.thread_time()
            try:
                return original(*arguments, **named)
            finally:
                self.seconds[part] += time.thread_time() - before

        setattr(
            owner,
            function,
            staticmethod(timed)
            if isinstance(owner, type) and hasattr(original, "__self__")
            else timed,
        )


def speak(voice: Voice, streams: int, chunk: int) -> float:
    """Speaks all lines; returns how many seconds of speech they are."""
    waiting = [
        voice.utterance(voice.plan(TEXTS[number % len(TEXTS)]), seed=number)
        for number in range(LINES)
    ]
    speaking: list[vocoder.synthesis.utterance.Utterance] = []
    samples = 0
    while waiting or speaking:
        while waiting and len(speaking) < streams:
            speaking.append(waiting.pop())
        made = voice.engine.advance([utterance.job(chunk) for utterance in speaking])
        for utterance, codes in zip(speaking, made, strict=True):
            utterance.accept(codes)
            samples += len(codes)
        speaking = [utterance for utterance in speaking if not utterance.finished]
    return samples / voice.sample_rate


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="What a second of speech costs a core, part by part."
    )
    parser.add_argument("--voice", default=DEFAULT_VOICE)
    parser.add_argument("--streams", type=int, default=12)
    parser.add_argument(
        "--seconds", type=float, default=CHUNK_SECONDS, help="of each stream in one call"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    voice = load_voice(options.voice, threads=1)
    clock = Clock()
    clock.watch(Plan, "of", "text and plan")
    clock.watch(AcousticModel, "durations", "durations")
    clock.watch(AcousticModel, "conditions", "acoustic model")
    clock.watch(ConditioningNetwork, "forward", "conditioning network")
    clock.watch(Predictors, "of", "linear prediction")
    clock.watch(type(voice.engine), "advance", "engine")
    clock.watch(PcmDecoder, "decode", "decoding")
    clock.watch(SpectralCorrection, "push", "correction")
    with one_torch_thread():
        voice.plan(TEXTS[0])  # what is done once is not counted
        clock.seconds.clear()
        before = time.thread_time()
        spoken = speak(voice, options.streams, round(options.seconds * voice.sample_rate))
        whole = time.thread_time() - before
    for part, inner in WITHIN.items():
        clock.seconds[part] -= sum(clock.seconds[name] for name in inner)
    clock.seconds["Python between them"] = whole - sum(clock.seconds.values())
    parts = {
        part: {"ms": 1000 * seconds / spoken, "share": seconds / whole}
        for part, seconds in sorted(clock.seconds.items(), key=lambda item: -item[1])
    }
    report = {
        "processor": processor_name(),
        "python": platform.python_version(),
        "times_real_time": spoken / whole,
        "parts": parts,
    }
    if options.json:
        print(json.dumps(report, indent=2))
        return
    print(f"{report['processor']}, one core: {spoken / whole:.1f} seconds of speech a second")
    for part, cost in parts.items():
        print(f"{part:24}{cost['ms']:8.2f} ms a second of speech{cost['share']:8.1%}")


if __name__ == "__main__":
    main()
