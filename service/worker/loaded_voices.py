"""The voices that a worker has loaded, by the names that requests call them."""

from __future__ import annotations

from service.protocol.speech_order import SpeechOrder, VoiceDescription
from service.settings import ServiceSettings
from vocoder.errors import ConfigError, InputError
from vocoder.synthesis.limits import TEXT_LIMIT
from vocoder.synthesis.planning import Planning
from vocoder.synthesis.voice import Voice


class LoadedVoices:
    """The first that is added speaks where an order names none.

    Args:
        settings: of the service.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self.text_limit = TEXT_LIMIT if settings.text_limit is None else settings.text_limit
        self._voices: dict[str, Voice] = {}

    def add(self, voice: Voice) -> None:
        """One more.

        Raises:
            ConfigError: there is one of its name.
        """
        if voice.manifest.name in self._voices:
            raise ConfigError(f"two of the voices to serve are called {voice.manifest.name!r}")
        self._voices[voice.manifest.name] = voice

    def find(self, name: str | None) -> Voice:
        """The voice of a name, the default voice where it is None.

        Raises:
            InputError: field "voice": there is none of this name here.
        """
        if name is None:
            return next(iter(self._voices.values()))
        if name not in self._voices:
            raise InputError(
                f"there is no voice {name!r} here (known: {', '.join(self._voices)})", field="voice"
            )
        return self._voices[name]

    def planning(self, voice: Voice, order: SpeechOrder) -> Planning:
        """What a voice will say for an order.

        Raises:
            InputError: the order does not suit the voice, or its text is too long.
        """
        settings = voice.settings(
            speaker=order.speaker,
            length_scale=order.length_scale,
            pitch=order.pitch,
            volume=order.volume,
            temperature=order.temperature,
        )
        return voice.planning(
            order.text, settings, text_limit=self.text_limit, lexicon=order.lexicon
        )

    def descriptions(self) -> tuple[VoiceDescription, ...]:
        """What the service is told of them, the default first."""
        return tuple(
            VoiceDescription.of(voice, is_default=index == 0)
            for index, voice in enumerate(self._voices.values())
        )
