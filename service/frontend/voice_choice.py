"""The voice that a foreign protocol names. Its clients were written for other voices, so a name
that is unknown here takes the default instead of being refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.protocol.speech_order import VoiceDescription


def choose_voice(
    voices: Sequence[VoiceDescription], *, name: str | None = None, language: str | None = None
) -> VoiceDescription:
    """The voice of this name; else the first of this language; else the default.

    Args:
        voices: that are loaded, the default first.
        name: of a voice; None or unknown names none.
        language: as `en_US`, `en-us` or `en`, in any case; only asked where no name is given.
    """
    if name is not None:
        return next((voice for voice in voices if voice.name == name), voices[0])
    if language is None:
        return voices[0]
    wanted = language.lower().replace("_", "-")
    exact = (voice for voice in voices if voice.language.lower() == wanted)
    related = (
        voice
        for voice in voices
        if voice.language.lower().partition("-")[0] == wanted.partition("-")[0]
    )
    return next(exact, None) or next(related, voices[0])


def choose_speaker(voice: VoiceDescription, speaker: str | int | None) -> str | int | None:
    """The speaker of this name or index, as an order takes it; None, the first, for any other.

    Args:
        voice: whose speaker.
        speaker: a name, or an index as a number or in decimal digits.
    """
    if speaker is None or speaker in voice.speakers:
        return speaker
    digits = str(speaker)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        return None
    return int(digits) if int(digits) < len(voice.speakers) else None
