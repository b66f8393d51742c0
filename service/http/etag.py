"""The name of an answer's bytes: equal names, equal bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from service.http.resume_cache import ResponseSpec
from service.protocol.speech_order import VoiceDescription, voice_of
from vocoder.text import as_json


def etag_of(spec: ResponseSpec, voices: Sequence[VoiceDescription]) -> str:
    """A strong entity tag (RFC 9110, section 8.8.3) of everything that the bytes follow from.

    Args:
        spec: its order's voice is loaded and its speaker known; its seed is set, and its lexicon
            has all that its text asks for.
        voices: that are loaded, the default first.
    """
    order = spec.order
    assert order.seed is not None
    voice = voice_of(order, voices)
    followed: list[object] = [
        voice.name, voice.release, voice.engine, voice.precision,
        as_json(order.text), voice.speakers.index(order.speaker) if isinstance(order.speaker,
        str) else order.speaker or 0,
        float(order.length_scale), float(order.pitch), float(order.volume),
        float(voice.temperature if order.temperature is None else order.temperature),
        str(order.seed), spec.audio_format, spec.sample_rate, spec.timed,
    ]  # fmt: skip
    if order.lexicon is not None:
        followed.append(order.lexicon.digest)
    return f'"{hashlib.sha256(json.dumps(followed).encode()).hexdigest()[:32]}"'
