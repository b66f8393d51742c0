"""The words around a homograph, and classes of words that tell what kind of word it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vocoder.text.normalise.word_lists import listed

STOPS = ".!?:;—"
DETERMINERS = listed("""
    a an the this these those my your his her its our their some any no every each another either
    neither whose several many few most such both all two three four five six seven eight nine ten
    first second third last next other own same one's enough more less much
""")
SUBJECTS = listed("i you we they i'd you'd we'd they'd")
THIRD = listed("he she it who")
OBJECTS = listed(
    "me you him her us them it myself yourself himself herself itself ourselves yourselves "
    "themselves everyone everything anyone anything"
)
MODALS = listed("""
    to will would can could shall should may might must do does did don't doesn't didn't won't
    wouldn't can't cannot couldn't shouldn't mustn't mightn't let's please i'll you'll he'll she'll
    we'll they'll it'll i'd you'd he'd she'd we'd they'd who'll who'd gonna wanna gotta didn't
    needn't daren't help
""")
DO = listed(
    "do does did will would can could should may might shall must don't doesn't didn't won't "
    "wouldn't can't couldn't shouldn't"
)
BE = listed("""
    is are was were be been being am isn't aren't wasn't weren't i'm you're he's she's it's we're
    they're that's there's seem seems seemed become became becomes feel feels felt look looks looked
    remain remains remained stay stayed keep kept
""")
HAVE = listed(
    "have has had having i've you've we've they've haven't hasn't hadn't he's she's it's i'd "
    "he'd she'd we'd they'd who's"
)
PREPOSITIONS = listed("""
    of in on at by for with from into onto about under over between through during without within
    upon per against among across behind beyond near toward towards until since despite than like as
    via off out
""")
PLACED = listed(
    "in on at by with from to up down here there into through around near alone together about "
    "across along after before behind beyond"
)
ADVERBS = listed("""
    also just always never often really already still soon only usually rarely sometimes then
    quickly not ever even almost simply rather quite very too so now again further not first
""")
NO_ADVERBS = listed(
    "only family supply reply assembly fly july italy early daily weekly monthly yearly friendly "
    "ally bully belly jelly"
)
LETTING = listed(
    "let lets make makes made help helps helped see saw watch watched have had hear heard "
    "letting making"
)
TO_PREPOSITION = listed("""
    due according thanks prior close next similar addition respect regard relation opposed subject
    access answer introduction contribution committed objected objects back subjected exposed
    addicted linked led related contribute contributed contributes contributing leads leading
    amounted amounts objection reaction resistance attention entitled devoted dedicated listen
    listened listening
""")  # behind which "to" stands before nouns
PAST = listed("""
    yesterday ago last was were had did said went came saw told thought knew found took gave made
    got felt left wrote heard began became cried once earlier previously loved laughed decided
    realized wanted liked enjoyed noticed learned finished
""")
PRESENT = listed("every always usually often daily sometimes now whenever each never generally")
# before nouns, though they end in s
ATTRIBUTIVE = listed(
    "sports sales news arms customs goods savings systems games mathematics physics economics "
    "politics business access process progress women's"
)
OWN_PLURALS = frozenset(("house", "mouth"))  # said alike as nouns and as verbs
NO_GERUNDS = listed("bring sing ring sting swing fling cling spring string wring king thing wing")
FREQUENCY = listed("never always often usually rarely sometimes seldom")
NEED_OBJECTS = listed(
    "present perfect abstract frequent appropriate elaborate deliberate intimate legitimate "
    "subordinate house mouth document survey"
)
CONJUNCTIONS = frozenset(("and", "or", "but", "nor", "then"))
ADJECTIVE_ENDINGS = (
    "al",
    "ous",
    "ive",
    "ful",
    "ic",
    "able",
    "ible",
    "less",
    "ary",
    "ish",
    "ent",
    "ant",
)
COMMON_ADJECTIVES = listed("""
    new old good bad big small long short high low great little large young early important public
    private real best better free world major clear strong whole recent certain personal open red
    difficult available likely single current wrong main sure proper correct poor natural fresh
    final easy hard huge heavy top safe right left criminal hot cold own only complete perfect
    direct elderly deep sincere proud full broad
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """The words around a homograph.

    Attributes:
        words: of the sentence, as the normaliser gives them, in lower case.
        marks: behind each word, "" for none.
        capitals: of each word whether it was written with a capital (and small letters behind it).
        at: which of them is in question.
    """

    words: Sequence[str]
    marks: Sequence[str]
    capitals: Sequence[bool]
    at: int

    def word(self, offset: int) -> str:
        """The word so many places from the homograph, "" beyond a mark between or the end."""
        place = self.at + offset
        low, high = min(self.at, place), max(self.at, place)
        if not 0 <= place < len(self.words) or any(self.marks[low:high]):
            return ""
        word = self.words[place]
        return "i" if word == "I" else word

    @property
    def before(self) -> str:
        """The word before it, with adverbs between passed over; "" where a clause begins with it or
        with them.
        """
        offset = -1
        while (word := self.word(offset)) and is_adverb(word):
            offset -= 1
        return word

    @property
    def starts(self) -> bool:
        """Whether a clause begins with it, or with adverbs before it."""
        return self.before == ""

    @property
    def is_name(self) -> bool:
        """Whether its capital is not that of the sentence's beginning."""
        return (
            self.capitals[self.at]
            and self.at > 0
            and self.marks[self.at - 1] not in (".", "!", "?")
        )


def is_adverb(word: str) -> bool:
    """Whether a word is an adverb that may stand between a subject and its verb."""
    return word in ADVERBS or (word.endswith("ly") and len(word) > 4 and word not in NO_ADVERBS)


def is_adjective(word: str) -> bool:
    """Whether a word is likely an adjective."""
    return word in COMMON_ADJECTIVES or (len(word) > 5 and word.endswith(ADJECTIVE_ENDINGS))


def is_plural(word: str) -> bool:
    """Whether a word is likely a noun in the plural."""
    plural = (
        word.endswith("s")
        and not word.endswith(("ss", "us", "is", "'s", "as", "os"))
        and len(word) > 3
        and word not in ("always", "perhaps", "towards", "does")
    )
    return plural or word in (
        "people",
        "men",
        "women",
        "children",
        "police",
        "companies",
        "parents",
    )


def begins_object(word: str) -> bool:
    """Whether a word begins what a verb acts on."""
    return word in DETERMINERS or word in OBJECTS
