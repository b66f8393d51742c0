"""What `describe` is answered with: the program, its voices and their speakers."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from wyoming.info import Attribution, Info, TtsProgram, TtsVoice, TtsVoiceSpeaker

from service.protocol.speech_order import VoiceDescription

_ATTRIBUTION = Attribution(name="Sonant", url="")


def info_of(voices: Sequence[VoiceDescription]) -> Info:
    """The loaded voices, in Wyoming's shape."""
    program = TtsProgram(
        name="sonant",
        description="Sonant",
        attribution=_ATTRIBUTION,
        installed=True,
        version=version("sonant"),
        voices=[_voice(voice) for voice in voices],
        supports_synthesize_streaming=True,
    )
    return Info(tts=[program])


def _voice(voice: VoiceDescription) -> TtsVoice:
    return TtsVoice(
        name=voice.name,
        description=f"{voice.name} (release {voice.release})",
        attribution=_ATTRIBUTION,
        installed=True,
        version=voice.release,
        languages=[_language_tag(voice.language)],
        speakers=[TtsVoiceSpeaker(name=name) for name in voice.speakers],
    )


def _language_tag(name: str) -> str:
    """espeak-ng's name of a language as Home Assistant writes it: en-us is en-US."""
    language, *rest = name.split("-")
    return "-".join([language, *(part.upper() if len(part) == 2 else part for part in rest)])
