"""Words in capitals: read as a word (NASA), letter by letter (FBI), or a mixture (CEOs, PhD).

Known ones are listed. For the rest: three letters or fewer are spelled; longer ones are words if
CMUdict has them or English could. Among other words in capitals (a headline, the opening of a
chapter) short words are words as well, unless they are known to be spelled.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.capital_words import is_known
from vocoder.text.normalise.source import Source
from vocoder.text.normalise.spelling import letters
from vocoder.text.normalise.word_lists import listed

_ACRONYMS = listed("""
    nasa nato unesco unicef opec aids laser radar scuba nafta fema swat pin sim ram rom gif covid
    nasdaq nascar osha midi lan wan yolo fomo captcha yaml wysiwyg peta hamas asean interpol nimby
    ikea lego dos bios cad sars mers basic cobol fortran gan bert elmo pisa gatt potus scotus sonar
    imax epcot hazmat
""")
# Short words that are often written in capitals for emphasis; what is not here and has three
# letters or fewer is spelled.
_WORDS = listed("""
    a i am an as at be by do go he hi if in is it me my no of oh on or ox so to up we and all any
    are ask bad big boy but buy can car cat cut day did die dog eat end eye far few fix fly for fun
    get god got gun had has her hey him his hot how its job joy key kid law lay let lie lot love low
    mad man map may men met mom dad near new nor not now odd off oil old one our out own pay per put
    ran red run sad sat saw say sea see set sex she shy sin sir sit six sky son sun ten the tie tip
    too top try two use war was way wet who why win won yes yet you bed bit box cry due ear egg era
    fat fit gas hit ice ill jet joe leg let lip net nut pan pet pig pop pot raw rid row rub sum tax
    tea toe ton toy van wow add age ago aid aim air arm art bag ball bar zip max via non hat gym bus
    cup hug kiss gum mud nap nod oak pen pit rat rot sob spy tap tin tub web wig zoo ate bug fed fan
    dry fry gap hop hug jar jaw lap led lid log mix mud owe owl pie pin pit pray ray rib rip sew tag
    tan tow ugly vow wax
""")
# Words among other words in capitals alone.
_SHORT = listed("""
    us ad ads cub hid ave bay bet bid bob bow bra bun bye cab cap cop cow dam dan deb den dig dim
    dip don dot dub dug ego elf elk eve ex fax fed fee fig fin fir flu fog fox fur gal gay gem gig
    gin guy ham hay hen hid hip hog hub hum ink inn ion ivy jam jan jay jim jog jon jug ken kim kin
    kit lad lag lee leo les lit liz lug mac mat meg mia mob mop mum nan ned nun oat opt orb ore ours
    pad pal pam par pat paw pea peg pep pod pub pun pup rag ram rap rev rex rig rob rod ron roy rug
    rum rye sac sam sap shed sid ski slim sly soy spa sub sue tab tad tar ted tee tex tim tom tug
    val vet vic von wan wed wee wes wit woe yak yell yen zen ali amy ana ann art asa ben bud cal cam
    coy dee des eli eva fay gil gus hal ian ida ike ira jed jen jeb joy kay kit lea lou lyn mae moe
    nat pia ray rae roe sal tess una vin yard wrap ah aw ha ho uh um ya yo ye nah yep yup thy thee
    hath alas amen los san las der von del
""")
# Read letter by letter although English could have them as words.
_SPELLED = listed("""
    usa uk un eu uae ai id ip os ceo coo cio cia irs nsa epa gop usb api ira eta esa iso uav vip lax
    jfk mit uva apa ups gui pbs esp iq eq oj ac hiv dui dea icu er iv obe po pr hr bc tv pc dj md va
    la ma pa asap aarp ucla aclu imdb iou ufo ussr usda uefa usaf usmc iaea oecd unhcr nypd lapd
    iupac uaw usps ioc csis uci usc eula fyi diy imo iirc eod aoc aka nyse ucsf ucsd eeoc aapl ecmo
    pm uiuc ieds usgs isps atvs suvs
""")
# Words of a normal sentence when written small, initialisms when written large: as initialisms they
# stand behind or before such words.
_WORDS_TOO = {
    "it": (
        frozenset(),
        listed(
            "department dept support team staff manager managers director services sector "
            "industry professional professionals security"
        ),
    ),
    "us": (
        listed("the a across entire former"),
        listed("""
            army navy government president senate congress dollar dollars troops military economy
            stocks markets market forces court supreme embassy citizen citizens open marines border
            state states open officials official election bank steel treasury mail census soldiers
            ambassador house
        """),
    ),
    "who": (frozenset(), listed("guidelines report director officials")),
    "am": (frozenset(), listed("radio")),
}
# Initialisms where they are something that one has or takes, words otherwise: "the SAT".
_NAMES_TOO = listed("sat act")
_TAKEN_BEFORE = listed("the my your his her our their an a lsat took take retake pass passed")
_TAKEN_BEHIND = listed("score scores exam exams test tests prep math")
_AS_SPOKEN = {
    "wwii": "world war two", "wwi": "world war one", "jpeg": "jay peg", "jpg": "jay peg",
    "ascii": "askey", "json": "jason", "wifi": "wi-fi",
    "naacp": "N double A C P", "aaa": "triple A", "ok": "okay", "ieee": "I triple E",
    "phd": "P H D", "phds": "P H D's", "scsi": "scuzzy",
    "iphone": "I phone", "ipad": "I pad", "ipod": "I pod", "imac": "I mac", "ios": "I O S",
    "ebay": "E bay", "macos": "mac O S", "sqlite": "S Q lite",
    "mysql": "my S Q L", "iot": "I O T", "bsc": "B S C", "msc": "M S C", "ncaa": "N C double A",
    "noaa": "noah", "hipaa": "hippa", "nyu": "N Y U",
    "usaid": "U S aid", "aaas": "triple A S",
}  # fmt: skip
# Those of them that are written with small letters as well.
MIXED_CASE = listed(
    "phd phds wifi iphone ipad ipod imac ios ebay macos sqlite mysql iot bsc msc ok"
)

_NEAR = 24  # characters in which a neighbour is looked for
_CAPITALS_BEFORE = re.compile(r"(?<![\w.&'/-])([A-Z]{2,24})(?:'[A-Z]{1,2})?[,;:!]?\s[\"'(]?\Z")
_CAPITALS_BEHIND = re.compile(r"(?:'[A-Z]{1,2})?[,;:!]?\s[\"'(]?([A-Z]{2,24})(?![\w&/])")
_OPENING = re.compile(
    r"IT (?:was|had|seemed|happened|took|came|began|would|must|may|might|could|is "
    r"(?:a|an|the|not|now|one|said|true))\b"
    r"|WHO (?:is|are|was|did|does|do|would|can|will|has|said)\b"
)
_LONGEST_SPELLED = 3  # letters up to which an unknown word in capitals is spelled
_LONGEST_DOUBTFUL = 40  # letters from which on nothing is spelled: it would take a minute


def spell_capitals(word: str, ending: str, *, shouted: bool = False) -> str:
    """How a word is read that is not all lower case.

    Args:
        word: ASCII letters.
        ending: what follows it with an apostrophe ("'s"), or "".
        shouted: whether words around it are in capitals too (`among_capitals`), so that it is a
            word unless it is known to be spelled.

    Returns:
        "F B I", "nasa", "C E O's", "hello".
    """
    low = word.lower()
    if len(word) == 1:  # a letter, or a contraction of a pronoun ("I'm")
        return word + ending if ending in ("", "'s") else low + ending
    if (word.isupper() or low in MIXED_CASE) and low in _AS_SPOKEN:
        return _AS_SPOKEN[low] + ending
    if word.isupper():
        contracted = ending not in ("", "'s", "'S")  # only words are: DON'T
        return (
            low + ending
            if contracted or is_word(low, shouted=shouted)
            else letters(word) + ending.lower()
        )
    # CEOs; but "As" and "Is" are words
    if word[:-1].isupper() and word[-1] == "s" and len(word) > 2:
        return low + ending if low[:-1] in _ACRONYMS else letters(word[:-1]) + "'s"
    return low + ending


def is_word(low: str, *, shouted: bool = False) -> bool:
    """Whether what is written in capitals is read as a word.

    Args:
        low: the word in lower case.
        shouted: as for `spell_capitals`.
    """
    if low in _WORDS_TOO or low in _NAMES_TOO:
        return shouted
    if low in _ACRONYMS or low in _WORDS or len(low) > _LONGEST_DOUBTFUL:
        return True
    if low in _SPELLED:
        return False
    return (shouted and low in _SHORT) if len(low) <= _LONGEST_SPELLED else is_known(low)


def is_short_word(low: str) -> bool:
    """Whether three letters or fewer are a word or a name."""
    return low in _WORDS or low in _SHORT


def among_capitals(source: Source, start: int, end: int) -> bool:
    """Whether the word source.text[start:end], in capitals, stands among ordinary words in
    capitals, and is one of them.
    """
    low = source.text[start:end].lower()
    before, behind = (
        _CAPITALS_BEFORE.search(source.text[max(0, start - _NEAR) : start]),
        _CAPITALS_BEHIND.match(source.text, end, end + _NEAR),
    )
    if low in _NAMES_TOO:
        taken = (
            source.word_before(start) in _TAKEN_BEFORE
            or source.word_after(end).lower() in _TAKEN_BEHIND
        )
        return not taken
    neighbours = [found.group(1).lower() for found in (before, behind) if found]
    if not (source.shouted or any(map(_is_ordinary, neighbours)) or _opens(source, start, end)):
        return False
    goes_before, goes_behind = _WORDS_TOO.get(low, (frozenset(), frozenset()))
    if (
        source.word_before(start).lower() in goes_before
        or source.word_after(end).lower() in goes_behind
    ):
        return False
    return low != "us" or start > 0  # "US TO LEAVE PACT"


def _is_ordinary(low: str) -> bool:
    return low not in _ACRONYMS and (
        is_short_word(low) or (len(low) > _LONGEST_SPELLED and is_word(low))
    )


def _opens(source: Source, start: int, end: int) -> bool:
    """Whether capitals open a chapter: "IT was a dark night", or a question is asked with stress:
    "WHO did it?".
    """
    if start > 0 and source.text[:start].strip("\"' "):
        return False
    return _OPENING.match(source.text, start) is not None
