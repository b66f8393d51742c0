"""Which entries of a lexicon reading something asks for: all that its sound depends on of a lexicon
that may be large.

It is read as it will be, by the same code, but nothing is pronounced; which is a small part of the
work of planning it (six milliseconds for 1,000 characters). So entries count wherever they will:
for words that are written, that an alias or a document says, and that a number or an abbreviation
is read as.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vocoder.text.directed import analyser_of
from vocoder.text.lexicon import Lexicon, LexiconEntry
from vocoder.text.phonemes import NO_STRESS, Phone, Phones
from vocoder.text.speech_input import SpeechInput


def entries_needed(
    given: SpeechInput, lexicon: Lexicon, *, language: str, voice: str, speakers: Sequence[str]
) -> Lexicon:
    """The entries that count: with them alone it is read as with all.

    Args:
        given: a text, an SSML document or phonemes.
        lexicon: that has them, and others.
        language: as `analyser_of`.
        voice: as `analyser_of`.
        speakers: as `analyser_of`.

    Raises:
        TextError, InputError: as `analyser_of`.
    """
    entries = _RecordingEntries(lexicon.entries)
    analyser = analyser_of(
        given,
        language=language,
        voice=voice,
        speakers=speakers,
        lexicon=Lexicon(entries=entries),
        phonemiser=_SilentPhonemiser(),
    )
    for number in range(len(analyser)):
        analyser.sentence(number)
    return Lexicon(entries={key: lexicon.entries[key] for key in sorted(entries.found)})


class _RecordingEntries(Mapping[str, LexiconEntry]):
    """Entries that remember which of them were found."""

    def __init__(self, entries: Mapping[str, LexiconEntry]) -> None:
        self._entries = entries
        self.found: set[str] = set()

    def __getitem__(self, key: str) -> LexiconEntry:
        entry = self._entries[key]
        self.found.add(key)
        return entry

    def __contains__(self, key: object) -> bool:
        return key in self._entries  # who finds it so goes on and takes it

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class _SilentPhonemiser:
    """A phonemiser that says the same of every word."""

    _SAID: Phones = (Phone(symbol="ə", stress=NO_STRESS),)

    def pronounce(self, words: Sequence[str]) -> list[Phones]:
        """See `Phonemiser.pronounce`."""
        return [self._SAID] * len(words)
