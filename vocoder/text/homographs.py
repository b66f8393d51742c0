"""Which sense of a homograph is meant: a noun or a verb, the past or the present, a town or a word.

The words around decide, by the tables in `vocoder.text.homograph_table`: first what is said of a single word, then what tells verbs from nouns in general.
A capital letter counts where the sentence does not begin with it. Where nothing tells, the commoner sense is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from vocoder.text.homograph_table import (
    ADJECTIVES,
    CUES,
    LEAD_BEFORE,
    LIVE_BEFORE,
    LIVE_BEHIND,
    METAL_BEHIND,
    MINUTE_BEFORE,
    MOSTLY_VERBS,
    NOUN_VERB,
    PEOPLE,
    SENSES,
    WINDING,
)
from vocoder.text.ipa import phones_of, possessive
from vocoder.text.normalise.word_lists import listed
from vocoder.text.phonemes import Phones

_STOPS = ".!?:;—"
_DETERMINERS = listed("""
    a an the this these those my your his her its our their some any no every each another either neither whose several many few most such both all
    two three four five six seven eight nine ten first second third last next other own same one's enough more less much
""")
_SUBJECTS = listed("i you we they i'd you'd we'd they'd")
_THIRD = listed("he she it who")
_OBJECTS = listed("me you him her us them it myself yourself himself herself itself ourselves yourselves themselves everyone everything anyone anything")
_MODALS = listed("""
    to will would can could shall should may might must do does did don't doesn't didn't won't wouldn't can't cannot couldn't shouldn't mustn't mightn't
    let's please i'll you'll he'll she'll we'll they'll it'll i'd you'd he'd she'd we'd they'd who'll who'd gonna wanna gotta didn't needn't daren't help
""")
_DO = listed("do does did will would can could should may might shall must don't doesn't didn't won't wouldn't can't couldn't shouldn't")
_BE = listed("""
    is are was were be been being am isn't aren't wasn't weren't i'm you're he's she's it's we're they're that's there's seem seems seemed become became
    becomes feel feels felt look looks looked remain remains remained stay stayed keep kept
""")
_HAVE = listed("have has had having i've you've we've they've haven't hasn't hadn't he's she's it's i'd he'd she'd we'd they'd who's")
_PREPOSITIONS = listed("""
    of in on at by for with from into onto about under over between through during without within upon per against among across behind beyond near toward
    towards until since despite than like as via off out
""")
_PLACED = listed("in on at by with from to up down here there into through around near alone together about across along after before behind beyond")
_ADVERBS = listed("""
    also just always never often really already still soon only usually rarely sometimes then quickly not ever even almost simply rather quite very too so
    now again further not first
""")
_NO_ADVERBS = listed("only family supply reply assembly fly july italy early daily weekly monthly yearly friendly ally bully belly jelly")
_LETTING = listed("let lets make makes made help helps helped see saw watch watched have had hear heard letting making")
_TO_PREPOSITION = listed("""
    due according thanks prior close next similar addition respect regard relation opposed subject access answer introduction contribution committed objected
    objects back
""")  # behind which "to" stands before nouns
_PAST = listed("""
    yesterday ago last was were had did said went came saw told thought knew found took gave made got felt left wrote heard began became cried once earlier
    previously loved laughed decided realized wanted liked enjoyed noticed learned finished
""")
_PRESENT = listed("every always usually often daily sometimes now whenever each never generally")
_ATTRIBUTIVE = listed(
    "sports sales news arms customs goods savings systems games mathematics physics economics politics business access process progress women's"
)  # before nouns, though they end in s
_OWN_PLURALS = frozenset(("house", "mouth"))  # said alike as nouns and as verbs
_NO_GERUNDS = listed("bring sing ring sting swing fling cling spring string wring king thing wing")
_FREQUENCY = listed("never always often usually rarely sometimes seldom")
_NEED_OBJECTS = listed("present perfect abstract frequent appropriate elaborate deliberate intimate legitimate subordinate house mouth document survey")
_CONJUNCTIONS = frozenset(("and", "or", "but", "nor", "then"))
_ADJECTIVE_ENDINGS = ("al", "ous", "ive", "ful", "ic", "able", "ible", "less", "ary", "ish", "ent", "ant")
_COMMON_ADJECTIVES = listed("""
    new old good bad big small long short high low great little large young early important public private real best better free world major clear strong
    whole recent certain personal open red difficult available likely single current wrong main sure proper correct poor natural fresh final easy hard huge
    heavy top safe right left criminal hot cold own only complete perfect direct elderly deep sincere proud full broad
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
        """The word before it, with adverbs between passed over; "" where a clause begins with it or with them."""
        offset = -1
        while (word := self.word(offset)) and _is_adverb(word):
            offset -= 1
        return word

    @property
    def starts(self) -> bool:
        """Whether a clause begins with it, or with adverbs before it."""
        return self.before == ""

    @property
    def is_name(self) -> bool:
        """Whether its capital is not that of the sentence's beginning."""
        return self.capitals[self.at] and self.at > 0 and self.marks[self.at - 1] not in (".", "!", "?")


def _is_adverb(word: str) -> bool:
    return word in _ADVERBS or (word.endswith("ly") and len(word) > 4 and word not in _NO_ADVERBS)


def _is_adjective(word: str) -> bool:
    return word in _COMMON_ADJECTIVES or (len(word) > 5 and word.endswith(_ADJECTIVE_ENDINGS))


def _is_plural(word: str) -> bool:
    plural = (
        word.endswith("s")
        and not word.endswith(("ss", "us", "is", "'s", "as", "os"))
        and len(word) > 3
        and word not in ("always", "perhaps", "towards", "does")
    )
    return plural or word in ("people", "men", "women", "children", "police", "companies", "parents")


def _begins_object(word: str) -> bool:
    return word in _DETERMINERS or word in _OBJECTS


def is_verb(clause: Clause, *, unsure: bool = False) -> bool:
    """Whether a word that is a noun (or an adjective) and the base form of a verb is the verb here; `unsure` where nothing tells."""
    before, after = clause.before, clause.word(1)
    if before == "to":
        earlier = clause.words[clause.at - 2] if clause.at > 1 else ""
        return earlier not in _TO_PREPOSITION
    if before in _MODALS and not (before == "help" and clause.word(-2) in _DETERMINERS):
        return True
    subject = clause.word(-1)
    if clause.word(-2) in _DO and (subject in _SUBJECTS or subject in _THIRD or subject in ("that", "this", "people") or _is_plural(subject)):
        return True
    if clause.word(-3) in _DO and clause.word(-2) in _DETERMINERS and after:
        return True  # "did the band record it"
    if before in _SUBJECTS:
        return not (before == "you" and clause.word(-2) in _PREPOSITIONS) and (clause.word(-1) == before or not after or not _is_adjective(clause.word(-1)))
    if subject in _OBJECTS and clause.word(-2) in _LETTING:
        return bool(after)
    if before == "who" or (before in ("that", "which") and _is_plural(clause.word(-2))):
        return True
    if before in _DETERMINERS or before in _PREPOSITIONS or before in _BE or before in _HAVE or before == "that" or before.endswith("'s"):
        return False
    if after == "of" or after in ("is", "was", "are", "were", "has", "will"):
        return False
    if _is_adjective(clause.word(-1)) and not clause.starts:
        return False
    object_follows = _begins_object(after)
    if clause.starts:
        begins = clause.at == 0 or clause.marks[clause.at - 1] in _STOPS
        verb = object_follows or (begins and (after in ("up", "with") or (unsure and after not in _PREPOSITIONS and after not in _CONJUNCTIONS)))
        return verb or (unsure and after == "to")
    if before in _CONJUNCTIONS:
        ordered = any(clause.word(offset) in _MODALS for offset in range(-6, -1)) and bool(after) and after not in _PREPOSITIONS and after not in _CONJUNCTIONS
        return object_follows or ordered or (unsure and bool(after) and not _is_plural(after))
    if clause.word(-1) in _FREQUENCY and after:
        return True
    if _is_plural(before) and clause.words[clause.at] in _NEED_OBJECTS:
        return object_follows
    if _is_plural(before):
        return before not in _ATTRIBUTIVE and after not in ("have", "had", "would", "can", "and", "or")
    return unsure and not clause.is_name and (object_follows or after == "to")


def is_third_person(clause: Clause) -> bool:
    """Whether a plural noun or the third person of a verb ("records", "uses") is the verb here."""
    before, after = clause.before, clause.word(1)
    if before in _THIRD or before in ("that", "which", "this", "everyone", "nobody", "someone"):
        return after not in ("are", "were", "have", "of")
    if before in _DETERMINERS or before in _PREPOSITIONS or before in _BE or before in _HAVE or before in _MODALS or before.endswith("'s"):
        return False
    if clause.starts or _is_adjective(clause.word(-1)) or _is_plural(clause.word(-1)):
        return False
    if before in _CONJUNCTIONS:
        return _begins_object(after)
    if _stem(clause.words[clause.at]) in MOSTLY_VERBS - {"use"}:
        return bool(after)
    return _begins_object(after) or after in ("to", "that", "with")


def _noun_or_verb(clause: Clause) -> str:
    word = clause.words[clause.at]
    if word in ADJECTIVES and clause.before in _BE:
        return "noun"
    return "verb" if is_verb(clause, unsure=word in MOSTLY_VERBS) else "noun"


def _close(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    if (before == "the" and after in ("of", "")) or (before == "a" and clause.word(-2) == "to"):
        return "verb"  # the noun is said as the verb: "at the close of the day"
    if after == "to" and before not in _MODALS:
        return "adjective"
    if after in ("by", "together", "enough", "up", "friends", "friend", "attention") and not (before in _MODALS or clause.starts):
        return "adjective"
    if before in (
        "too",
        "so",
        "very",
        "as",
        "get",
        "got",
        "getting",
        "come",
        "came",
        "comes",
        "coming",
        "stay",
        "stays",
        "stayed",
        "stood",
        "stand",
        "stands",
        "standing",
        "sat",
        "sit",
        "sits",
        "sitting",
        "crept",
        "followed",
        "ran",
        "lay",
        "lived",
        "pressed",
        "drawn",
        "held",
        "keep",
        "kept",
        "how",
        "quite",
        "pretty",
        "draw",
    ):
        return "adjective"
    if clause.before in _BE:
        return "adjective"
    return "verb" if is_verb(clause) or (clause.starts and (after in ("up", "down", "in", "out", "") or not after)) else "adjective"


def _content(clause: Clause) -> str:
    after = clause.word(1)
    if (
        clause.before in _BE
        or clause.word(-1) in ("quite", "perfectly", "fully", "well", "more", "most", "less")
        or (after in ("with", "to") and clause.before not in _DETERMINERS)
    ):
        return "adjective"
    return "adjective" if after in ("himself", "herself", "themselves", "myself", "yourself", "ourselves", "itself") else "noun"


def _upset(clause: Clause) -> str:
    before = clause.word(-1)
    noun = before in ("an", "the", "stomach", "another", "this", "biggest") or (_is_adjective(before) and clause.word(-2) in _DETERMINERS)
    return "noun" if noun and not clause.word(1).endswith(("man", "woman", "child", "stomach", "people", "customer", "customers")) else "adjective"


def _absent(clause: Clause) -> str:
    return "verb" if clause.word(1).endswith(("self", "selves")) else "adjective"


def _live(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    if before in LIVE_BEHIND and not (before in ("go", "going", "went", "coming", "came") and clause.word(1) in ("with", "in")):
        return "adjective"
    if clause.before == "to" or clause.before in _MODALS or clause.before in _SUBJECTS or clause.before in ("who", "where"):
        return "adjective" if after in LIVE_BEFORE and clause.before == "to" else "verb"
    if after in LIVE_BEFORE or clause.before in _DETERMINERS or clause.before in _BE or clause.before in _PREPOSITIONS:
        return "adjective"
    if clause.starts:
        return "adjective" if after == "from" or clause.at == len(clause.words) - 1 else "verb"
    return "verb"


def _lives(clause: Clause) -> str:
    before, after = clause.before, clause.word(1)
    if (
        before in _DETERMINERS
        or before in _PREPOSITIONS
        or before in ("save", "saved", "saves", "saving", "lost", "human", "people's", "cost", "costs")
        or before.endswith("'s")
    ):
        return "noun"
    if _is_adjective(before) or before == "to" or (before in _CONJUNCTIONS and after not in _PLACED):
        return "noun"
    return "verb" if before in _THIRD or after in _PLACED or after in ("a", "his", "her", "next", "for", "far", "and", "like", "under", "") else "noun"


def _read(clause: Clause) -> str:
    before, after = clause.before, clause.word(1)
    if before == "to" or (before in _MODALS and before not in _HAVE) or clause.word(-2) in _DO:
        return "present"
    if before in _HAVE or before in _BE or before in ("get", "gets", "got", "well", "widely") or after == "by" or clause.word(-1) in ("widely", "well"):
        return "past"
    if clause.word(-1) in _OBJECTS and clause.word(-2) in _LETTING:
        return "present"
    if before == "who" and (_is_plural(clause.word(-2)) or clause.word(-2) in ("those", "many", "they", "us", "you", "some", "most")):
        return "present"
    if before in _THIRD:
        earlier = clause.word(-2)
        return "present" if earlier in _LETTING or earlier in _DO else "past"
    if clause.starts or before in _DETERMINERS or before in ("good", "great", "quick", "easy", "long", "must"):
        return "present"
    told = frozenset(clause.words)
    if before in _CONJUNCTIONS and any(clause.word(offset) in _MODALS for offset in range(-6, -1)):
        return "present"
    if before in _SUBJECTS or before in _CONJUNCTIONS or _is_plural(before):
        if told & _PRESENT and not told & {"last", "yesterday", "ago"}:
            return "present"
        if told & _PAST or any(word.endswith("ed") and len(word) > 4 for place, word in enumerate(clause.words) if place != clause.at):
            return "past"
        if before == "i":
            return "past" if after in _DETERMINERS or after in ("it", "that", "about", "somewhere", "in", "through") else "present"
        return "past" if before == "we" and after in ("about", "that", "it") else "present"
    return "past"


def _lead(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    if clause.before in ("to", *_MODALS, *_SUBJECTS) and after not in LEAD_BEFORE:
        return "verb"
    if after in LEAD_BEFORE or after in ("free", "lined"):
        return "metal"
    if before in METAL_BEHIND and after not in ("role", "singer", "author", "actor", "guitar", "time", "times", "the"):
        return "metal" if not after or after in ("and", "or", "in", "is", "was") or before in ("contains", "contain", "containing") else "verb"
    if after in ("is", "and", "melts", "in") and frozenset(clause.words) & CUES["lead"][1]:
        return "metal"
    if after == "is" and clause.word(2) in ("a", "heavy", "soft", "toxic", "poisonous", "very", "an") and clause.starts:
        return "metal"
    return "verb"


def _wind(clause: Clause) -> str:
    after = clause.word(1)
    if clause.starts:
        return "verb" if _begins_object(after) or after in ("up", "down") else "noun"
    if after in ("up", "down", "around", "through", "along", "its") and (clause.before in _MODALS or clause.before in _SUBJECTS or _is_plural(clause.before)):
        return "verb"
    return "verb" if is_verb(clause) and after not in ("speed", "power", "turbine", "farm") else "noun"


def _winds(clause: Clause) -> str:
    turning = clause.word(-1) in WINDING or clause.before in ("it", "he", "she", "that", "which")
    return "verb" if turning and (clause.word(1) in _PLACED or clause.word(1) in ("its", "his", "the", "her", "past", "over", "between", "for")) else "noun"


def _wound(clause: Clause) -> str:
    before, after = clause.before, clause.word(1)
    if after in ("up", "around", "round", "down", "back", "tight", "tightly", "through", "along", "its", "onto", "into") and before not in _DETERMINERS:
        return "turned"
    if clause.word(-1) == "tightly":
        return "turned"
    if before == "to" or before in _MODALS:
        return "injury"
    return (
        "turned"
        if before in _THIRD
        or before in _SUBJECTS
        or before in WINDING
        or (before == "and" and _begins_object(after))
        or (clause.capitals[clause.at - 1] and _begins_object(after))
        else "injury"
    )


def _tear(clause: Clause) -> str:
    plural = clause.words[clause.at] == "tears"
    before, after = clause.before, clause.word(1)
    if plural:
        acting = before in _THIRD or (
            not clause.starts
            and after in ("up", "apart", "down", "off", "through", "the", "it", "open", "easily")
            and before not in (*_DETERMINERS, "of", "in", "to")
        )
        return "rip" if acting or before in ("ligament", "muscle", "tendon", "fabric") else "weep"
    if after in ("gas", "duct", "ducts", "drop", "drops", "stained", "jerker"):
        return "weep"
    if (
        is_verb(clause)
        or after in ("up", "apart", "down", "off", "open")
        or (clause.starts and after == "along")
        or (after == "in" and clause.word(2) in ("the", "my", "his", "her", "your", "its"))
    ):
        return "weep" if after == "in" and clause.word(3) in ("eye", "eyes") else "rip"
    return "weep"


def _bow(clause: Clause) -> str:
    before, after = clause.before, clause.word(1)
    if clause.words[clause.at] == "bow" and (is_verb(clause) or after in ("down", "before", "out")):
        return "bend"
    if clause.words[clause.at] == "bows" and (before in _THIRD or after in ("to", "down", "before", "deeply", "his", "her", "out", "politely", "low")):
        return "bend"
    if (clause.word(-2), clause.word(-1)) in (("took", "a"), ("take", "a"), ("takes", "a"), ("final", "a")) or clause.word(-1) in (
        "deep",
        "low",
        "slight",
        "final",
        "polite",
        "respectful",
    ):
        return "bend"
    return "weapon"


def _row(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    if before in (
        "terrible",
        "blazing",
        "furious",
        "huge",
        "heated",
        "angry",
        "political",
        "diplomatic",
        "flaming",
        "public",
        "family",
        "big",
    ) and after not in ("of", "house"):
        return "quarrel"
    return "quarrel" if before in ("a", "the") and after in ("over", "about", "erupted", "broke") else "line"


def _sow(clause: Clause) -> str:
    before = clause.word(-1)
    pig = before in _DETERMINERS or (_is_adjective(before) and clause.word(-2) in _DETERMINERS) or before in ("pregnant", "fat", "mother")
    return "pig" if pig and clause.before not in _MODALS else "seed"


def _dove(clause: Clause) -> str:
    before, after = clause.before, clause.word(1)
    if before in _DETERMINERS or _is_adjective(before) or before in ("white", "mourning", "turtle", "rock", "of"):
        return "bird"
    diving = after in (
        "into",
        "in",
        "off",
        "under",
        "down",
        "deep",
        "headfirst",
        "head",
        "through",
        "from",
        "to",
        "toward",
        "right",
        "beneath",
        "back",
        "straight",
        "deeper",
        "out",
        "for",
        "over",
        "behind",
    )
    return "dived" if before in _THIRD or before in _SUBJECTS or (diving and not clause.starts) else "bird"


def _does(clause: Clause) -> str:
    herd = clause.before in _DETERMINERS or clause.before in _CONJUNCTIONS or _is_adjective(clause.before)
    return "deer" if herd and frozenset(clause.words) & CUES["does"][1] and clause.word(1) not in ("not", "the", "it", "he", "she") else "verb"


def _minute(clause: Clause) -> str:
    after = clause.word(1)
    if after in MINUTE_BEFORE:
        return "small"
    if clause.before in _BE and clause.word(-1) not in ("a", "one") and after not in ("by", "hand", "s"):
        return "small"
    return "small" if clause.word(-1) in ("very", "so", "extremely", "almost", "incredibly", "too", "most") and clause.word(1) != "of" else "time"


def _used(clause: Clause) -> str:
    if clause.word(1) != "to":
        return "verb"
    before, behind = clause.before, clause.word(2)
    accustomed = (
        behind in _DETERMINERS
        or behind in _OBJECTS
        or (behind.endswith("ing") and behind not in _NO_GERUNDS)
        or behind in ("", "that", "being", "having", "such", "how", "what")
    )
    if before in _BE:
        return "accustomed" if accustomed or before in ("become", "became", "becomes") else "verb"
    if before in ("get", "gets", "got", "getting", "gotten", "grown", "grew", "quite"):
        return "accustomed"
    passive = _is_plural(before) and clause.word(-2) == "the" and any(word in ("is", "are", "was", "were") for word in clause.words[clause.at + 2 :])
    return "verb" if passive or before in ("method", "methods", "tool", "technique", "term", "words") else "accustomed"


def _polish(clause: Clause) -> str:
    if not clause.capitals[clause.at]:
        return "shine"
    return "shine" if not clause.is_name and (_begins_object(clause.word(1)) or clause.word(1) in ("off", "up", "and")) else "nation"


def _town(name: str, other: str, near: frozenset[str]) -> Callable[[Clause], str]:
    def decide(clause: Clause) -> str:
        after = clause.words[clause.at + 1] if clause.at + 1 < len(clause.words) else ""
        if not clause.capitals[clause.at]:
            return other
        placed = clause.word(-1) in (
            "in",
            "to",
            "from",
            "at",
            "near",
            "through",
            "via",
            "outside",
            "around",
            "visit",
            "visited",
            "for",
            "of",
            "between",
            "leave",
            "left",
            "reached",
        )
        if after in near:
            return name
        capital_next = clause.at + 1 < len(clause.words) and not clause.marks[clause.at] and clause.capitals[clause.at + 1]
        return name if clause.is_name and placed and not capital_next else other

    return decide


def _job(clause: Clause) -> str:
    if not clause.capitals[clause.at]:
        return "work"
    after = clause.word(1)
    numbered = after in (
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "nineteen",
        "fourteen",
        "thirty",
        "forty",
        "chapter",
        "suffered",
        "lost",
    )
    neighbours = any(0 <= place < len(clause.words) and clause.capitals[place] and place > 0 for place in (clause.at - 1, clause.at + 1))
    return "name" if numbered or (clause.is_name and not neighbours and clause.word(-1) not in _DETERMINERS) else "work"


def _august(clause: Clause) -> str:
    after = clause.word(1)
    small = not clause.capitals[clause.at] and clause.word(-1) in (*_DETERMINERS, "most", "an") and after and not after.endswith(("th", "st", "nd", "rd"))
    return "noble" if small and clause.word(-1) not in ("last", "next", "this", "every") else "month"


def _bases(clause: Clause) -> str:
    return (
        "basis"
        if clause.word(1) in ("of", "for")
        and clause.word(-1) in ("the", "theoretical", "legal", "these", "scientific", "moral", "factual", "both", "philosophical")
        else "base"
    )


def _aged(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    if before == "the" and (not after or after in ("and", "are", "were", "in", "or", "of")):
        return "old"
    return "old" if before in _DETERMINERS and after in PEOPLE else "years"


def _blessed(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    if after in ("are", "be", "is") or (clause.starts and after in ("virgin", "mother", "sacrament")):
        return "adjective"
    return "adjective" if before in _DETERMINERS and after not in ("with", "by", "in") else "verb"


def _learned(clause: Clause) -> str:
    return "adjective" if clause.word(1) in PEOPLE and clause.before in (*_DETERMINERS, "most", "very") and clause.before not in _SUBJECTS else "verb"


def _beloved(clause: Clause) -> str:
    return "verb" if clause.word(1) in ("by", "of") or clause.before in _BE else "adjective"


def _dogged(clause: Clause) -> str:
    return "verb" if clause.word(1) == "by" or (_begins_object(clause.word(1)) and clause.before not in _DETERMINERS) else "adjective"


def _moped(clause: Clause) -> str:
    return "verb" if clause.before in _THIRD or clause.before in _SUBJECTS or clause.word(1) in ("around", "about") else "vehicle"


def _invalid(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    single = before in _DETERMINERS or (_is_adjective(before) and clause.word(-2) in _DETERMINERS)
    return (
        "patient"
        if single and (not after or after in ("who", "and", "in", "for", "was", "is", "since", "from", "mother", "wife", "child", "aunt"))
        else "adjective"
    )


def _entrance(clause: Clause) -> str:
    return "charm" if clause.word(1) in _OBJECTS and is_verb(clause) else "door"


def _number(clause: Clause) -> str:
    return "feeling" if clause.word(-1) in ("grew", "getting", "felt", "even", "became") and clause.word(1) in ("and", "than", "") else "count"


def _by_cues(default: str) -> Callable[[Clause], str]:
    """A sense where any of its words is in the sentence, another where none is."""

    def decide(clause: Clause) -> str:
        sense, cues = CUES[clause.words[clause.at]]
        return sense if cues & frozenset(clause.words) else default

    return decide


def _or_cues(rule: Callable[[Clause], str], default: str) -> Callable[[Clause], str]:
    """What a rule says; where it says the default, the words in the sentence."""

    def decide(clause: Clause) -> str:
        said = rule(clause)
        return _by_cues(default)(clause) if said == default else said

    return decide


_RULES: dict[str, Callable[[Clause], str]] = {
    "close": _close, "content": _content, "upset": _upset, "absent": _absent, "live": _live, "lives": _lives, "read": _read, "lead": _lead, "wind": _wind,
    "winds": _winds, "wound": _wound, "tear": _or_cues(_tear, "weep"), "tears": _tear, "bow": _or_cues(_bow, "weapon"), "bows": _or_cues(_bow, "weapon"),
    "row": _row, "rows": _row, "sow": _sow, "sows": _sow, "dove": _dove, "does": _does, "bass": _by_cues("music"), "minute": _minute, "used": _used,
    "polish": _polish, "reading": _town("town", "verb", listed("berkshire pennsylvania england festival railroad university")), "job": _job,
    "nice": _town("town", "pleasant", listed("france carnival")), "mobile": _town("town", "adjective", listed("alabama")), "august": _august,
    "bases": _bases, "axes": _by_cues("axe"), "aged": _aged, "blessed": _blessed, "learned": _learned, "beloved": _beloved, "dogged": _dogged,
    "moped": _moped, "putting": _by_cues("placing"), "invalid": _invalid, "entrance": _entrance, "sewer": _by_cues("drain"), "number": _number,
}  # fmt: skip


def sense_of(clause: Clause) -> str | None:
    """The sense of the word in question, None where it is no homograph that is known: a key of `SENSES`, or "noun" or "verb"."""
    word = clause.words[clause.at]
    rule = _RULES.get(word)
    if rule is not None:
        return rule(clause)
    if word in NOUN_VERB:
        return _noun_or_verb(clause)
    if word[-1:] == "s" and _stem(word):
        return "verb" if is_third_person(clause) else "noun"
    return None


@cache
def said_of(word: str, sense: str) -> Phones:
    """How a homograph is said in a sense that `sense_of` gave."""
    if word in SENSES:
        return phones_of(SENSES[word][sense])
    stem = word if word in NOUN_VERB else _stem(word)
    phones = phones_of(NOUN_VERB[stem][sense == "verb"])
    return phones if stem == word else possessive(phones)


@cache
def _stem(word: str) -> str:
    """The entry that a word with an s behind it is of, "" if there is none."""
    for stem in (word[:-1], word[:-2] if word.endswith("es") else ""):
        if stem in NOUN_VERB and stem not in _OWN_PLURALS:
            return stem
    return ""
