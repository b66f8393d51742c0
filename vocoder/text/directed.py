"""Takes a text with directions apart: as `vocoder.text.analysis` does with a plain one, and by the
same rules, with what its author says of it beside.

Before a sentence is normalised, each stretch in whose place something else is said becomes one
letter that no rule knows, and so does each break: so rules see that there is something, read
nothing across it, and the words that are said for it are put in afterwards. The letter is one that
the text does not have.

    Hello <sub alias="World Wide Web">WWW</sub>, <break/> you     the text    Hello WWW,  you
                                                                  normalised  hello ꔀ, ꔀ you
                                                                  spoken      hello world wide web,
                                                                              | you
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, count, pairwise

import numpy as np

from vocoder.text.analysis import (
    BLANK_LINE,
    Analyser,
    Sentence,
    SentenceSource,
    Skipped,
    in_order,
    located,
    phonemiser_of,
    tokens_of,
    why_silent,
)
from vocoder.text.cleaning import Cleaned, clean
from vocoder.text.delivery import Delivery, PlacedMark
from vocoder.text.features import LinguisticFeatures, build_features
from vocoder.text.headings import read_headings
from vocoder.text.ipa import possessive, read_ipa
from vocoder.text.lexicon import Lexicon, LexiconPhonemiser
from vocoder.text.normalise import normalise
from vocoder.text.normalise.source import Reading
from vocoder.text.phonemes import Phonemiser
from vocoder.text.pronunciation import capitals_of, pronounce
from vocoder.text.question_intonation import rises
from vocoder.text.script import Break, Mark, Replaced, SaidWord, Script, Style
from vocoder.text.sentences import one_sentence, split_sentences
from vocoder.text.speech_input import Ipa, SpeechInput, Ssml, TextWithHeadings
from vocoder.text.ssml import read_ssml

# of all breaks in a sentence: then another one begins, because a sentence's frames are computed
# together
_MOST_PAUSE_SECONDS = 10.0
_FIRST_STAND_IN = 0xA500  # Vai: letters without case, and no part of any other rule
_POSSESSIVE = re.compile(r"['’]s(?![^\W_])")
_JOINED = frozenset('.,;:!?…)]}"”’»')  # marks that stay with the word before them
_MARKS = ",:;—.!?"  # weakest first


def analyser_of(
    given: SpeechInput,
    *,
    language: str,
    voice: str,
    speakers: Sequence[str],
    lexicon: Lexicon | None = None,
    phonemiser: Phonemiser | None = None,
) -> SentenceSource:
    """What takes apart what is given.

    Args:
        given: a text, with or without headings, an SSML document or phonemes.
        language: espeak-ng's name of the language that the voice speaks.
        voice: its name.
        speakers: of the voice.
        lexicon: words that are said as it says.
        phonemiser: as `Analyser`.

    Raises:
        TextError: the document, or the phonemes, are wrong; `field` is "ssml" or "phonemes".
        InputError: there is no such language (field "language").
    """
    match given:
        case TextWithHeadings():
            return ScriptAnalyser(
                read_headings(given.text), language=language, lexicon=lexicon, phonemiser=phonemiser
            )
        case Ssml():
            return ScriptAnalyser(
                read_ssml(
                    given.document,
                    language=language,
                    voice=voice,
                    speakers=speakers,
                    strict=given.strict,
                ),
                language=language,
                lexicon=lexicon,
                phonemiser=phonemiser,
            )
        case Ipa():
            return ScriptAnalyser(
                read_ipa(given.phonemes), language=language, phonemiser=phonemiser
            )
        case _:
            return Analyser(given, language=language, lexicon=lexicon, phonemiser=phonemiser)


@dataclass(frozen=True, kw_only=True, slots=True)
class _SpokenWord:
    """A word that is to be spoken, and where in the cleaned text it stands."""

    said: SaidWord
    place: tuple[int, int] | None
    rule: str = ""  # of the normaliser that read it


class ScriptAnalyser:
    """A `SentenceSource` of a script.

    Args:
        script: what is spoken.
        language: espeak-ng's name of it.
        lexicon: words that are said as it says, where the script does not say otherwise.
        phonemiser: as `Analyser`.

    Attributes:
        removed: what cleaning has taken out of the whole text.
        marks: of the script.
        ignored: markup of it that was passed over.
    """

    def __init__(
        self,
        script: Script,
        *,
        language: str = "en-us",
        lexicon: Lexicon | None = None,
        phonemiser: Phonemiser | None = None,
    ) -> None:
        self._lexicon = lexicon
        self._language = language
        self._phonemiser = phonemiser or phonemiser_of(language)
        if lexicon is not None:
            self._phonemiser = LexiconPhonemiser(self._phonemiser, lexicon)
        cleaned = clean(script.text)
        self._text = cleaned.text

        def there(position: int) -> int:
            return bisect_left(cleaned.origins, position)

        def origin(position: int) -> int:
            return script.origins[position]

        self._cleaned = Cleaned(
            text=cleaned.text, origins=tuple(map(origin, cleaned.origins)), removed=cleaned.removed
        )
        placed = [
            (one, *self._stripped(there(one.start), there(one.end))) for one in script.replaced
        ]
        self._replaced = [
            replace(one, start=start, end=end) for one, start, end in placed if start < end
        ]
        self._replaced_at = [one.start for one in self._replaced]
        self._styles = [style.as_heard() for _, style in script.styles]
        self._styles_at = [there(at) for at, _ in script.styles]
        self._cues = [replace(cue, position=there(cue.position)) for cue in script.cues]
        self._cues_at = [cue.position for cue in self._cues]
        self._paragraphs = [there(at) for at in script.paragraphs]
        self.ignored = script.ignored
        self._stand_in = next(
            chr(code) for code in count(_FIRST_STAND_IN) if chr(code) not in cleaned.text
        )
        self._places = self._split(
            [there(at) for at in script.bounds], [there(start) for start, _ in script.whole]
        )
        self._own_cues, self._opens_at_once = self._assigned()
        removed = [
            Skipped(text=one.text, start=origin(one.start), reason=one.reason)
            for one in cleaned.removed
        ]
        # a mark of a letter that has too many
        unseen = [one for one, start, end in placed if start >= end and one.words]
        removed += [
            Skipped(
                text=one.words[0].text,
                start=origin(one.start),
                reason="is said for something that cannot be seen",
            )
            for one in unseen
        ]
        self.removed = in_order(removed)
        self.marks = tuple(cue for cue in script.cues if isinstance(cue, Mark))

    def __len__(self) -> int:
        """See `SentenceSource`."""
        return len(self._places)

    def sentence(self, number: int) -> tuple[Sentence | None, tuple[Skipped, ...]]:
        """See `SentenceSource`."""
        start, end = self._places[number]
        cues = self._own_cues.get(number, [])
        words, pauses, skips = self._words(start, end, cues)
        tokens = [(word.said.text, word.said.mark) for word in words]
        capitals = capitals_of(self._text, [word.place for word in words])
        phones, told = pronounce(
            self._phonemiser, tokens, capitals, language=self._language, lexicon=self._lexicon
        )
        phones = [
            said if word.said.phones is None else word.said.phones
            for word, said in zip(words, phones, strict=True)
        ]
        silent = [
            (word.said.text, why_silent(word.said.text))
            for word, said in zip(words, phones, strict=True)
            if not said
        ]
        skipped = tuple(
            one
            for reports in (skips, silent)
            for one in located(reports, self._cleaned, start, end)
        )
        if not any(phones):
            return None, skipped
        features = build_features(phones, [word.said.mark for word in words])
        spoken = [word.said.text for word in words]
        sentence = Sentence(
            text=self._text[start:end],
            start=self._cleaned.origins[start],
            end=self._cleaned.origins[end - 1] + 1,
            words=tuple(spoken),
            places=tuple(
                None if word.place is None else (word.place[0] - start, word.place[1] - start)
                for word in words
            ),
            origins=self._cleaned.origins[start:end],
            ends_paragraph=self._ends_paragraph(number),
            rises=rises(spoken, words[-1].said.mark),
            features=features,
            rules=tuple(word.rule for word in words),
            told=tuple(
                "given" if word.said.phones is not None else by
                for word, by in zip(words, told, strict=True)
            ),
            delivery=self._delivery(number, words, features, pauses, cues),
        )
        return sentence, skipped

    # Sentences.

    def _ends_paragraph(self, number: int) -> bool:
        """Whether the end of a `<p>` comes before the next sentence that has words, or a blank line
        before the next one.
        """
        end = self._places[number][1]
        starts = [start for start, _ in self._places[number + 1 : number + 2]] or [end]
        told = (
            self._places[other][0]
            for other in range(number + 1, len(self._places))
            if self._has_words(*self._places[other])
        )
        ends = bisect_left(self._paragraphs, end) < bisect_right(self._paragraphs, next(told, end))
        return ends or BLANK_LINE.search(self._text, end, starts[0]) is not None

    def _split(self, bounds: list[int], whole: list[int]) -> list[tuple[int, int]]:
        """Where sentences begin and end; `whole` are the starts of stretches between two bounds
        that are one each.
        """
        found: list[tuple[int, int]] = []
        are_whole = frozenset(whole)
        last = 0
        for start, end in pairwise(sorted({0, *bounds, len(self._text)})):
            virtual, places = self._virtual(start, end)
            for begin, behind in (
                one_sentence(virtual) if start in are_whole else split_sentences(virtual)
            ):
                # A replaced stretch that is divided belongs to the first part alone.
                first, last = max(places[begin][0], last), max(places[behind - 1][1], last)
                found.extend(self._parted(*self._stripped(first, last)))
        return found

    def _virtual(self, start: int, end: int) -> tuple[str, list[tuple[int, int]]]:
        """The text as it counts for sentences: each replaced stretch is a word as long as what is
        said for it. And where each of its characters is from.
        """
        pieces: list[str] = []
        places: list[tuple[int, int]] = []
        at = start
        for one in self._replaced[
            bisect_left(self._replaced_at, start) : bisect_left(self._replaced_at, end)
        ]:
            pieces.append(self._text[at : one.start])
            places.extend((place, place + 1) for place in range(at, one.start))
            first = self._text[one.start]
            stands = (first if first.isalnum() else "x") + "x" * (one.size - 1)
            pieces.append(stands)
            places.extend([(one.start, one.end)] * len(stands))
            at = one.end
        pieces.append(self._text[at:end])
        places.extend((place, place + 1) for place in range(at, end))
        return "".join(pieces), places

    def _stripped(self, start: int, end: int) -> tuple[int, int]:
        while start < end and self._text[start].isspace():
            start += 1
        while start < end and self._text[end - 1].isspace():
            end -= 1
        return start, end

    def _parted(self, start: int, end: int) -> list[tuple[int, int]]:
        """A sentence, in parts where there are long breaks in it; none where it is empty."""
        parts: list[tuple[int, int]] = []
        seconds = 0.0
        for cue in self._cues[bisect_right(self._cues_at, start) : bisect_left(self._cues_at, end)]:
            if isinstance(cue, Break):
                seconds += cue.seconds
                if seconds > _MOST_PAUSE_SECONDS:
                    before, start = self._stripped(start, cue.position), cue.position
                    parts.append(before)
                    seconds = 0.0
        parts.append(self._stripped(start, end))
        return [part for part in parts if part[0] < part[1]]

    def _assigned(self) -> tuple[dict[int, list[Break | Mark]], frozenset[int]]:
        """The cues of each sentence, and the sentences before which the pause is that of a break:
        all of it lies at the end of the sentence before.

        What stands between two sentences belongs to the first of them, and what stands before all
        to the first; sentences without words do not count.
        """
        told = [number for number, place in enumerate(self._places) if self._has_words(*place)]
        starts = [self._places[number][0] for number in told]
        own: dict[int, list[Break | Mark]] = {}
        at_once: set[int] = set()
        for cue in self._cues if told else ():
            order = max(bisect_left(starts, cue.position) - 1, 0)
            own.setdefault(told[order], []).append(cue)
            start, end = self._places[told[order]]
            if (
                isinstance(cue, Break)
                and start < cue.position
                and order + 1 < len(told)
                and not self._has_words(cue.position, max(end, cue.position))
            ):
                at_once.add(told[order + 1])
        return own, frozenset(at_once)

    def _has_words(self, start: int, end: int) -> bool:
        return any(map(str.isalnum, self._text[start:end])) or bisect_left(
            self._replaced_at, start
        ) < bisect_left(self._replaced_at, end)

    # Words.

    def _words(
        self, start: int, end: int, cues: Sequence[Break | Mark]
    ) -> tuple[list[_SpokenWord], dict[int, float], Sequence[tuple[str, str]]]:
        """The words of a sentence, the seconds of the breaks before each (or behind the last), and
        what is skipped.
        """
        source, places, items = self._source(
            start, end, [cue for cue in cues if isinstance(cue, Break)]
        )
        normalised = normalise(source, self._known)
        words: list[_SpokenWord] = []
        pauses: dict[int, float] = {}
        following = iter(items)
        for (text, mark), place, rule in zip(
            tokens_of(normalised.text), normalised.places, normalised.rules, strict=True
        ):
            if text != self._stand_in:
                there = None if place is None else (places[place[0]][0], places[place[1] - 1][1])
                words.append(
                    _SpokenWord(said=SaidWord(text=text, mark=mark), place=there, rule=rule)
                )
                continue
            item = next(following)
            if isinstance(item, Replaced):
                words.extend(
                    _SpokenWord(said=said, place=(item.start, item.end)) for said in item.words
                )
            else:
                pauses[len(words)] = pauses.get(len(words), 0.0) + item.seconds
            if mark and words:
                words[-1] = _marked(words[-1], mark)
        assert next(following, None) is None, "every stand-in is read as what it stands for"
        for cue in cues:
            if isinstance(cue, Break) and not start < cue.position < end:
                slot = 0 if cue.position <= start else len(words)
                pauses[slot] = pauses.get(slot, 0.0) + cue.seconds
        for slot in pauses:
            if 0 < slot < len(words) and not words[slot - 1].said.mark:
                words[slot - 1] = _marked(words[slot - 1], ",")
        return words, pauses, normalised.skipped

    def _known(self, text: str, at: int) -> Reading | None:
        """The stand-in, and the words of the lexicon (`vocoder.text.normalise.normalise`)."""
        if text[at] == self._stand_in:
            return Reading(spoken=self._stand_in, end=at + 1, listed=True)
        return None if self._lexicon is None else self._lexicon.match(text, at)

    def _source(
        self, start: int, end: int, breaks: Sequence[Break]
    ) -> tuple[str, list[tuple[int, int]], list[Replaced | Break]]:
        """What is normalised: its characters, where each is from, and what the stand-ins in it
        stand for.
        """
        characters: list[str] = []
        places: list[tuple[int, int]] = []
        items: list[Replaced | Break] = []

        def put(character: str, first: int, behind: int) -> None:
            if character != " " or (characters and characters[-1] != " "):
                characters.append(character)
                places.append((first, behind))

        waiting = [one for one in breaks if start < one.position < end][::-1]
        at = start
        while at < end:
            while waiting and waiting[-1].position <= at:
                items.append(waiting.pop())
                for character in (" ", self._stand_in, " "):
                    put(character, at, at)
            found = bisect_left(self._replaced_at, at)
            if found < len(self._replaced) and self._replaced_at[found] == at:
                one = self._replaced[found]
                at = one.end
                if one.words and (ending := _POSSESSIVE.match(self._text, at, end)):
                    at = ending.end()
                    one = replace(one, end=at, words=(*one.words[:-1], _possessive(one.words[-1])))
                items.append(one)
                put(" ", one.start, one.start)
                put(self._stand_in, one.start, one.end)
                if at < end and self._text[at] not in _JOINED:
                    put(" ", at, at)
                    at += self._text[at] == "-"
                continue
            put(" " if self._text[at].isspace() else self._text[at], at, at + 1)
            at += 1
        for rest in reversed(waiting):  # behind the ending of a replaced word
            items.append(rest)
            for character in (" ", self._stand_in):
                put(character, end, end)
        return "".join(characters), places, items

    # Delivery.

    def _delivery(
        self,
        number: int,
        words: Sequence[_SpokenWord],
        features: LinguisticFeatures,
        pauses: dict[int, float],
        cues: Sequence[Break | Mark],
    ) -> Delivery:
        start, end = self._places[number]
        owners = features.word_index.tolist()
        ends = len(owners)

        firsts = {owner: place for place, owner in reversed(list(enumerate(owners)))}

        def begins(word: int) -> int:
            """The first phoneme of a word or of those behind it; the sentence's end where there is
            none.
            """
            return next(
                (firsts[spoken] for spoken in range(word, len(words)) if spoken in firsts), ends
            )

        lengths = np.full(ends, np.nan)
        if number in self._opens_at_once:
            lengths[0] = 0.0
        for slot, seconds in sorted(pauses.items()):
            place = begins(slot) - 1
            lengths[place] = seconds + (0.0 if np.isnan(lengths[place]) else lengths[place])
        styles: list[Style] = []
        for owner in owners:
            # the first pause is that of the first word, others of the word before them
            word = max(owner, 0) if owner >= 0 or not styles else None
            styles.append(styles[-1] if word is None else self._style_of(words[word], start))
        return Delivery(
            styles=tuple(styles),
            pauses=lengths,
            speaker=self._styles[bisect_right(self._styles_at, start) - 1].speaker,
            marks=tuple(self._placed_marks((start, end), words, cues, begins, ends)),
        )

    def _style_of(self, word: _SpokenWord, start: int) -> Style:
        return self._styles[
            bisect_right(self._styles_at, start if word.place is None else word.place[0]) - 1
        ]

    @staticmethod
    def _placed_marks(
        place: tuple[int, int],
        words: Sequence[_SpokenWord],
        cues: Sequence[Break | Mark],
        begins: Callable[[int], int],
        ends: int,
    ) -> Iterator[PlacedMark]:
        """Inside a sentence a mark is where the next word begins, or the pause, where a break or
        the sentence's end comes first; behind it, where the next one begins; before all of it,
        where it begins.
        """
        start, end = place
        behind = list(
            accumulate((start if word.place is None else word.place[1] for word in words), max)
        )

        def slot_of(position: int) -> int:
            """Before which word a place is; behind the last word it is their number."""
            return (
                0
                if position <= start
                else len(words)
                if position >= end
                else bisect_right(behind, position)
            )

        slots = [slot_of(cue.position) for cue in cues]
        breaks = [
            (slot, number)
            for number, (slot, cue) in enumerate(zip(slots, cues, strict=True))
            if isinstance(cue, Break)
        ]
        first, last = dict(reversed(breaks)), dict(breaks)  # of each slot
        for number, (slot, cue) in enumerate(zip(slots, cues, strict=True)):
            if isinstance(cue, Break):
                continue
            after_break = first.get(slot, number) < number
            if last.get(slot, number) > number:
                phoneme = begins(slot) - 1
            elif cue.position <= start:
                phoneme = begins(0) if after_break else 0
            elif slot == len(words) and not after_break and cue.position < end:
                phoneme = ends - 1
            else:
                phoneme = begins(slot)
            yield PlacedMark(name=cue.name, phoneme=phoneme, origin=cue.origin)


def _marked(word: _SpokenWord, mark: str) -> _SpokenWord:
    """A word with another mark behind it: the stronger of the two is kept."""
    strongest = max(word.said.mark + mark, key=_MARKS.index)
    return replace(word, said=replace(word.said, mark=strongest))


def _possessive(word: SaidWord) -> SaidWord:
    return replace(
        word, text=f"{word.text}'s", phones=None if word.phones is None else possessive(word.phones)
    )
