"""How a text is read, as it is told over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from service.protocol.queries import PhonemizedSentence, PhonemizedText, PhonemizedWord
from service.protocol.speech_order import SkippedText
from vocoder.text import Lexicon, Sentence, Skipped, SpeechInput, analyser_of, analysis_of
from vocoder.text.script import IgnoredMarkup


def phonemize(
    text: SpeechInput,
    *,
    voice: str,
    language: str,
    speakers: Sequence[str],
    lexicon: Lexicon | None,
) -> PhonemizedText:
    """A text, read.

    Args:
        text: any Unicode; or an SSML document, or phonemes.
        voice: whose language it is.
        language: espeak-ng's name of it.
        speakers: of the voice, whom a document may name.
        lexicon: words that are said as it says.

    Raises:
        TextError: the document, or the phonemes, are wrong.
    """
    analysis = analysis_of(
        analyser_of(text, language=language, voice=voice, speakers=speakers, lexicon=lexicon)
    )
    return PhonemizedText(
        voice=voice,
        language=language,
        sentences=tuple(map(_sentence, analysis.sentences)),
        skipped=skipped_texts(analysis.skipped),
        ignored=skipped_texts(analysis.ignored),
    )


def skipped_texts(skipped: Sequence[Skipped] | Sequence[IgnoredMarkup]) -> tuple[SkippedText, ...]:
    """What could not be spoken, or was passed over, as plain data."""
    return tuple(SkippedText(text=one.text, start=one.start, reason=one.reason) for one in skipped)


def _sentence(sentence: Sentence) -> PhonemizedSentence:
    phonemes: list[list[str]] = [[] for _ in sentence.words]
    for symbol, owner in zip(
        sentence.features.phonemes, sentence.features.word_index.tolist(), strict=True
    ):
        if owner >= 0:
            phonemes[owner].append(symbol)
    return PhonemizedSentence(
        text=sentence.text,
        start=sentence.start,
        end=sentence.end,
        words=tuple(_word(sentence, number, tuple(own)) for number, own in enumerate(phonemes)),
        phonemes=sentence.features.phonemes,
    )


def _word(sentence: Sentence, number: int, phonemes: tuple[str, ...]) -> PhonemizedWord:
    place = sentence.places[number]
    return PhonemizedWord(
        text=sentence.words[number],
        phonemes=phonemes,
        start=None if place is None else sentence.origins[place[0]],
        end=None if place is None else sentence.origins[place[1] - 1] + 1,
        rule=sentence.rules[number],
        told=sentence.told[number],
    )
