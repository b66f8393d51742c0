"""Which voice and speaker a foreign protocol's names stand for."""

from __future__ import annotations

import pytest

from service.frontend.voice_choice import choose_speaker, choose_voice
from service.protocol.speech_order import VoiceDescription


def described(name: str, language: str) -> VoiceDescription:
    return VoiceDescription(
        name=name,
        release="1",
        language=language,
        licence="CC0-1.0",
        speakers=("anna", "2", "otto"),
        sample_rate=8_000,
        temperature=1.0,
        engine="native",
        precision="fp32",
        is_default=False,
    )


VOICES = [described("a", "en-us"), described("b", "de"), described("c", "en-gb")]


@pytest.mark.parametrize(
    ("name", "language", "chosen"),
    [
        (None, None, "a"), ("b", None, "b"), ("x", None, "a"), ("x", "de", "a"),
        (None, "en_GB", "c"), (None, "EN-us", "a"), (None, "de-AT", "b"), (None, "en-au", "a"),
        (None, "fr", "a"),
    ],
)  # fmt: skip
def test_the_voice(name: str | None, language: str | None, chosen: str) -> None:
    assert choose_voice(VOICES, name=name, language=language).name == chosen


@pytest.mark.parametrize(
    ("speaker", "chosen"),
    [
        (None, None), ("otto", "otto"), (2, 2), ("1", 1), ("2", "2"), (3, None), (-1, None),
        ("", None), ("nobody", None), ("²", None), ("9" * 5_000, None),
    ],
)  # fmt: skip
def test_the_speaker(speaker: str | int | None, chosen: str | int | None) -> None:
    assert choose_speaker(VOICES[0], speaker) == chosen
