"""A client that plays what it hears: `service.py`, `leavers.py` and `resident.py` measure with
it.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

import httpx

WAV_HEADER, BUFFER_SECONDS = 44, 0.2
TEXTS = (
    # 16 words
    "The old clock in the hall struck nine while the rain ran down the windows outside.",
    "Please leave the parcel at the door, and ring twice so that I can hear it.",
    "Nobody had told her that the last train leaves at ten on a Sunday in winter.",
    "We walked along the river for an hour before anyone thought of turning back to town.",
)


@dataclass
class Outcome:
    """What became of one request."""

    text: str
    status: int = 0
    seconds_to_answer: float = 0.0
    seconds_to_first_audio: float = 0.0
    underrun_seconds: float = 0.0
    audio_seconds: float = 0.0
    complete: bool = False
    seed: str = ""
    body: bytes = field(default=b"", repr=False)


async def request(
    client: httpx.AsyncClient, text: str, *, keep: bool, wait_seconds: int = 0
) -> Outcome:
    outcome, begun = Outcome(text=text), time.monotonic()
    arrivals: list[tuple[float, int]] = []
    body = bytearray()
    try:
        async with client.stream(
            "POST", "/synthesize", json={"text": text}, headers={"prefer": f"wait={wait_seconds}"}
        ) as answer:
            outcome.status, outcome.seconds_to_answer = answer.status_code, time.monotonic() - begun
            if answer.status_code != 200:
                await answer.aread()
                outcome.seconds_to_answer = time.monotonic() - begun
                return outcome
            outcome.seed, rate = answer.headers["x-seed"], int(answer.headers["x-sample-rate"])
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > WAV_HEADER:
                    arrivals.append((time.monotonic() - begun, len(body) - WAV_HEADER))
            outcome.complete = len(body) == int(answer.headers["content-length"])
    except httpx.HTTPError as error:
        print(f"broke off: {error!r}", file=sys.stderr)
        return outcome
    outcome.seconds_to_first_audio = arrivals[0][0]
    outcome.audio_seconds = arrivals[-1][1] / 2 / rate
    outcome.underrun_seconds = underrun(arrivals, 2 * rate)
    outcome.body = bytes(body) if keep else b""
    return outcome


def underrun(arrivals: list[tuple[float, int]], bytes_per_second: int) -> float:
    """How long a client was silent that began to play with its buffer full. `arrivals`: seconds,
    and bytes that had arrived by then.
    """
    enough = min(BUFFER_SECONDS * bytes_per_second, arrivals[-1][1])
    started = next(at for at, arrived in arrivals if arrived >= enough)
    silent, before = 0.0, 0
    for at, arrived in arrivals:
        dry_at = started + silent + before / bytes_per_second
        if at > started and at > dry_at:
            silent += at - dry_at
        before = arrived
    return silent


def percentile(values: list[float], share: float) -> float | None:
    return (
        round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 4) if values else None
    )


async def check(client: httpx.AsyncClient, outcomes: list[Outcome]) -> int:
    """How many answers are not those of the same text and seed, asked for alone."""
    wrong = 0
    for one in outcomes:
        if one.status == 200:
            again = await client.post("/synthesize", json={"text": one.text, "seed": int(one.seed)})
            wrong += again.content != one.body
    return wrong
