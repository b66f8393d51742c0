"""Roman numerals, where they can be nothing else: behind a ruler's name, a heading, or (with
several letters) a name.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal, ordinal, year
from vocoder.text.normalise.word_lists import listed

_ROMAN = re.compile(r"([IVXLC]{1,9})('s)?(?!\w|-\w|\.\w)")
_SMALL = re.compile(r"([ivxl]{1,7})(?!\w|'\w|-(?![ivxl]{1,7}\b)\w|\.\w)")
_YEAR = re.compile(r"(M[MDCLXVI]{3,14})(?!\w|-\w|\.\w)")
_VALID = re.compile(r"(M{0,3})(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_RULERS = listed("""
    henry louis charles james george edward richard william elizabeth mary john paul pius leo
    benedict gregory clement innocent urban alexander nicholas peter catherine philip francis
    ferdinand frederick wilhelm otto napoleon victor umberto ramesses ramses thutmose ptolemy
    cleopatra darius xerxes robert malcolm harold olaf gustav haakon alfonso juan carlos pedro ivan
    boniface sixtus julius adrian theodore constantine leopold albert maximilian rudolf joseph
    christian margrethe victoria suleiman hamid mehmed selim murad mustafa osman bayezid ahmed ahmad
    abbas akbar shah jahan antiochus seleucus cyrus artaxerxes cambyses valentinian theodosius
    justinian michael stephen eric erik valdemar magnus canute cnut sigismund casimir ladislaus
    matthias charlemagne lothair conrad henri philippe felipe jose joao manuel afonso isabella
    isabel anne beatrix wilhelmina juliana amenhotep seti mithridates philippa celestine martin
    eugene callixtus honorius callistus nero kamehameha pomare rama zog faisal hussein abdullah
    farouk fuad mohammed muhammad hassan menelik tewodros sargon ashurnasirpal shalmaneser
    sennacherib nebuchadnezzar
""")
_SHORT_HEADINGS = listed("vol ch chap pt sec fig no art bk p pp")
SMALL_SHORT = _SHORT_HEADINGS - {"no"}
_TITLES = listed(
    "king queen pope emperor empress tsar czar kaiser prince princess pharaoh saint sultan shah "
    "tsarina duke"
)
HEADINGS = listed("""
    chapter part volume book section act scene article title appendix phase type class level stage
    grade war bowl amendment canto figure table category mark group division tier step schedule unit
    lesson psalm symphony episode page pages verse column line exhibit sonata concerto opus
""")
# Behind these small letters are a numeral as well: "Act ii, scene iv".
_SMALL_HEADINGS = listed(
    "chapter part volume book section act scene article appendix page pages canto verse column "
    "line table figure"
)
_SMALL_ALONE = listed("act scene page")  # behind which one small letter is one, too
_SEQUELS = listed(
    "rocky rambo fantasy godfather terminator halloween civilization apollo diablo warcraft "
    "starcraft saturn titan falcon witcher auto kombat"
)
# Of several letters, but as likely something else behind an ordinary word with a capital ("An IV
# drip", "XX chromosomes").
_DOUBTFUL = listed("IV VI XI XX XXX IX LI CC CV CI XL LL CD")
_GREATEST_ANYWHERE = 39  # letters L and C only behind headings
_NO_NAMES = listed(
    "a an the in on at of and or but is it for with to from by he she we they this that"
)
_CENTURY = re.compile(
    r"(?:\s(?:and|or|to)\s[IVXL]{1,6})?(?:-|\s)(?:century|centuries|cent\.)", re.IGNORECASE
)
# What a numbered ruler does, or what stands behind the number; other words follow the pronoun:
# "said Charles. Charles I think".
_BEHIND_NUMBER = re.compile(
    r"(?:'s)?(?:[,;:!?)\]]|\.?[\"')]*\s*\Z|\s?--|[—–]|\s(?:and|or|was|is|were|had|has|ruled|reigned|became|died|married|succeeded|of|who|whose|in|on|by|to|at|from|as|with|for|the|made|"
    r"signed|granted|ordered|built|founded|refused|agreed|fled|fought|won|lost|left|took|gave|ascended|abdicated|executed|began|did|would|could|never|also|died|"
    r"then|die|rule|reign|become|marry|abdicate|[(–—-]))"
)
_MEDICAL = re.compile(
    r"\s(?:fluids?|drips?|lines?|therapy|antibiotics?|injections?|treatments?|access|contrast|bags?|poles?|push|medications?|infusions?|drugs?|solutions?|"
    r"catheters?|needles?|tubes?|was|is|and|or)\b|[,.]"
)
_FIRST_NAMES = listed("""
    james john robert michael william david richard joseph thomas charles christopher daniel matthew
    anthony mark donald steven paul andrew joshua kenneth kevin brian george edward ronald timothy
    jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin
    samuel gregory frank alexander raymond patrick jack dennis jerry tyler aaron jose henry adam
    douglas nathan peter zachary kyle walter harold jeremy carl arthur gerald roger albert lawrence
    terry joe sean willie jesse bryan billy bruce jordan ralph roy noah dylan eugene wayne alan juan
    louis russell gabriel randy philip harry vincent bobby johnny logan hank davis fred ray sam tom
    jim bob bill ben max luke owen ken hugh earl clarence ernest martin leo oscar adrian loudon
    sammy danny tommy jimmy mike dave steve chris matt greg jeff tony joey ricky kenny eddie freddie
    teddy lou ted don ron dan dick rob rick alex nick pete phil walt wes cal jay joel leon lloyd
    norman perry reggie rex vernon victor warren herbert herman hubert hunter ivan karl kurt lewis
    lyle mario mason thurston griffin theodore edgar elliott cornelius winthrop marshall preston
    chester
""")


def read_roman(source: Source, at: int) -> Reading | None:
    """A Roman numeral: an ordinal behind a ruler ("henry the eighth") or a full name, a cardinal
    behind everything else ("chapter four").
    """
    text = source.text
    if not source.starts_token(at):
        return None
    found = _ROMAN.match(text, at)
    if dated := _read_date(text, at, found):
        return dated
    if source.character_before(at) not in (" ", "\u2013", "-"):
        return None
    name = source.word_before(at)
    if not name:
        return None
    if small := _SMALL.match(text, at):
        return _small(source, at, small, name)
    if found is None or source.character_before(at) != " ":
        return None
    numeral, possessive = found.group(1), found.group(2) or ""
    value = _value(numeral)
    if not value:
        return None
    if text[at - 2] in ".,":
        sure = len(numeral) > 1 or name.lower() in ("art", "vol", "ch", "pt", "sec", "bk")
        numbered = text[at - 2] == "." and name.lower() in _SHORT_HEADINGS and sure
        spoken = cardinal(str(value)) + possessive
        return Reading(spoken=spoken, end=found.end()) if numbered else None
    if numeral == "I" and text[at + 1 : at + 2] == "." and not source.ends_at(at + 2):
        return None  # the initial of "Albert I. Jones"
    first = Reading(spoken=f"the {ordinal(str(value))}{possessive}", end=found.end())
    if name.lower() in _RULERS and name[0].isupper() and not _is_surname(source, at, name):
        return first if len(numeral) > 1 or _is_ruler(source, at, numeral, name) else None
    if name.lower() in HEADINGS and (name[0].isupper() or len(numeral) > 1):
        return Reading(spoken=cardinal(str(value)) + possessive, end=found.end())
    if numeral in ("II", "III", "IV", "V") and name.istitle() and _is_surname(source, at, name):
        return first
    if numeral in ("V", "X") and name.lower() in _SEQUELS and name[0].isupper():
        return Reading(spoken=cardinal(str(value)) + possessive, end=found.end())
    if value <= _GREATEST_ANYWHERE and _numbers_name(text, found, numeral, name):
        return Reading(spoken=cardinal(str(value)) + possessive, end=found.end())
    return None


def _read_date(text: str, at: int, found: re.Match[str] | None) -> Reading | None:
    """A year, or a century: "MCMXCIX", "the XIXth century"."""
    if (dated := _YEAR.match(text, at)) and _value(dated.group(1)):
        return Reading(spoken=year(str(_value(dated.group(1)))), end=dated.end())
    if found and _CENTURY.match(text, found.end()) and (value := _value(found.group(1))):
        return Reading(spoken=ordinal(str(value)), end=found.end())
    return None


def _numbers_name(text: str, found: re.Match[str], numeral: str, name: str) -> bool:
    """Whether letters behind a word with a capital are its number: "Apollo XI", "Rocky II"."""
    sure = (
        numeral not in _DOUBTFUL
        or name.lower() in _SEQUELS
        or (
            numeral in ("IV", "VI", "IX", "XI")
            and name.istitle()
            and not _MEDICAL.match(text, found.end())
        )
    )
    named = len(name) > 1 and name[0].isupper() and not name.isupper()
    return sure and named and len(numeral) > 1 and name.lower() not in _NO_NAMES


def small_numeral_behind_stop(word: str, before: str) -> str:
    """The same behind an abbreviation with its full stop: "p. iv"."""
    value = (
        _value(word.upper())
        if before in SMALL_SHORT and len(word) > 1 and _SMALL.fullmatch(word)
        else 0
    )
    return cardinal(str(value)) if value else ""


def small_numeral(word: str, before: str) -> str:
    """The word of a numeral in small letters behind a word that has such numbers; "" for every
    other word.
    """
    if (
        before not in _SMALL_HEADINGS
        or not _SMALL.fullmatch(word)
        or (len(word) == 1 and (before not in _SMALL_ALONE or word == "l"))
    ):
        return ""
    value = _value(word.upper())
    return cardinal(str(value)) if value else ""


def _small(source: Source, at: int, found: re.Match[str], name: str) -> Reading | None:
    """A numeral in small letters, behind what has such numbers; "page v" but not "part i"."""
    value = _value(found.group(1).upper())
    stopped = source.text[at - 2] == "."
    heading = (
        name.lower() in (SMALL_SHORT if stopped else _SMALL_HEADINGS)
        and source.text[at - 2] != ","
        and source.character_before(at) == " "
    )
    if (
        not value
        or not heading
        or (
            len(found.group(1)) == 1 and (name.lower() not in _SMALL_ALONE or found.group(1) == "l")
        )
    ):
        return None
    last = re.compile(r"[-–]([ivxl]{1,7})(?!\w)").match(source.text, found.end())
    if last and _value(last.group(1).upper()):
        return Reading(
            spoken=f"{cardinal(str(value))} to {cardinal(str(_value(last.group(1).upper())))}",
            end=last.end(),
        )
    return Reading(spoken=cardinal(str(value)), end=found.end())


def _is_surname(source: Source, at: int, name: str) -> bool:
    """Whether a first name stands before the name: "Hank Williams III"; but not before a ruler's
    second one: "John Paul II".
    """
    first = source.word_before(at - 1 - len(name))
    between = source.text[at - 2 - len(name) : at - 1 - len(name)] == " "
    return (
        between
        and first[:1].isupper()
        and first.lower() in _FIRST_NAMES
        and not (first == "John" and name == "Paul")
    )


def _is_ruler(source: Source, at: int, numeral: str, name: str) -> bool:
    """Whether a single letter numbers a ruler. "I" is a word as well, so what follows must be said
    of a ruler.
    """
    if numeral != "I":
        return numeral in "VX" and name.lower() not in (
            "malcolm",
            "mary",
            "albert",
            "adrian",
            "joseph",
            "robert",
        )
    titled = source.word_before(at - 1 - len(name)).lower() in _TITLES
    behind = source.word_after(at + 1)
    if titled:
        return behind not in (
            "am",
            "think",
            "know",
            "have",
            "will",
            "can",
            "say",
            "said",
            "would",
            "mean",
            "love",
            "want",
        )
    return _BEHIND_NUMBER.match(source.text, at + 1) is not None


def _value(numeral: str) -> int:
    """The number that a numeral stands for, 0 if it is none."""
    if not _VALID.fullmatch(numeral):
        return 0
    values = [_VALUES[letter] for letter in numeral]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )
