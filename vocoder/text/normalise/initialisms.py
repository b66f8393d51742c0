"""Words in capitals: read as a word (NASA), letter by letter (FBI), or a mixture (CEOs, PhD).

Known ones are listed. For the rest: three letters or fewer are spelled; longer ones are words if English could have them, that is, if they have a vowel and
their consonants begin and end a syllable as English ones do.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.spelling import letters
from vocoder.text.normalise.word_lists import listed

_ACRONYMS = listed("""
    nasa nato unesco unicef opec aids laser radar scuba nafta fema swat pin sim ram rom gif covid nasdaq nascar osha midi lan wan yolo fomo captcha yaml
    wysiwyg peta hamas asean interpol nimby ikea lego dos bios cad sars mers basic cobol fortran gan bert elmo pisa gatt potus scotus sonar imax epcot
    hazmat
""")
# Short words that are often written in capitals for emphasis; what is not here and has three letters or fewer is spelled.
_WORDS = listed("""
    a i am an as at be by do go he hi if in is it me my no of oh on or ox so to up we and all any are ask bad big boy but buy can car cat cut day did die
    dog eat end eye far few fix fly for fun get god got gun had has her hey him his hot how its job joy key kid law lay let lie lot love low mad man map may
    men met mom dad near new nor not now odd off oil old one our out own pay per put ran red run sad sat saw say sea see set sex she shy sin sir sit six sky
    son sun ten the tie tip too top try two use war was way wet who why win won yes yet you bed bit box cry due ear egg era fat fit gas hit ice ill jet joe
    leg let lip net nut pan pet pig pop pot raw rid row rub sum tax tea toe ton toy van wow add age ago aid aim air arm art bag ball bar
""")
# Read letter by letter although English could have them as words.
_SPELLED = listed("""
    us usa uk un eu uae ai id ip os ceo coo cio cia irs nsa epa era gop usb api ira eta esa iso uav vip lax jfk mit uva apa ups gui pbs esp iq eq oj
    ac hiv dui dea icu er iv obe po pr hr ad bc tv pc dj md va la ma pa asap aarp ucla aclu imdb iou ufo ussr usda uefa usaf usmc iaea oecd unhcr nypd
    lapd iupac ieee uaw usps ioc csis uci usc eula fyi diy imo iirc eod aoc aka
""")
# Words of a normal sentence when written small, initialisms when written large.
_WORDS_TOO = listed("it who am pm")
_AS_SPOKEN = {
    "wwii": "world war two", "wwi": "world war one", "jpeg": "jay peg", "jpg": "jay peg", "ascii": "askey", "json": "jason", "wifi": "wi-fi",
    "naacp": "N double A C P", "aaa": "triple A", "ok": "okay", "ieee": "I triple E", "phd": "P H D", "phds": "P H D's", "scsi": "scuzzy",
    "iphone": "I phone", "ipad": "I pad", "ipod": "I pod", "imac": "I mac", "ios": "I O S", "ebay": "E bay", "macos": "mac O S", "sqlite": "S Q lite",
    "mysql": "my S Q L", "iot": "I O T", "bsc": "B S C", "msc": "M S C", "ncaa": "N C double A",
}  # fmt: skip
# Those of them that are written with small letters as well.
_MIXED = listed("phd phds wifi iphone ipad ipod imac ios ebay macos sqlite mysql iot bsc msc ok")

# How English syllables begin and end.
_ONSETS = "|".join(
    sorted(
        listed("""
    b bl br c ch chr cl cr d dr dw f fl fr g gh gl gr gu h j k kn kl kr l m n p ph pl pr qu r rh s sc sch scr sh shr sk sl sm sn sp spl spr squ st str sw t
    th thr tr tw v w wh wr y z
""")
    )
)
_CODAS = "|".join(
    sorted(
        listed("""
    b bs c ch ck cks cs ct cts d ds f ff ffs fs ft fts g gh ght ghts gn gs h hn k ks l lb lbs ld lds lf lk lks ll lls lm lms lp lps ls lt lth lts m mb mbs
    mn mp mps mpt ms n nc nch nct nd nds ng ngs ngth nk nks ns nt nth nts p ph phs ps pt pts r rb rbs rc rch rd rds rf rfs rg rk rks rl rld rls rm rms rmth
    rn rns rp rps rs rsh rst rt rth rts s sh sk sks sm sms sp sps ss st sts t tch th ths ts tt v w wd wk wl wls wn wns wt x xt xts y z zz
""")
    )
)
_SYLLABLES = re.compile(rf"(?:{_ONSETS})?[aeiouy]+(?:[b-df-hj-np-tv-xz]{{1,4}}[aeiouy]+){{0,20}}(?:{_CODAS})?")
_LONGEST_SPELLED = 3  # letters up to which an unknown word in capitals is spelled
_LONGEST_DOUBTFUL = 40  # letters from which on nothing is spelled: it would take a minute


def spell_capitals(word: str, ending: str, *, shouted: bool = False) -> str:
    """How a word is read that is not all lower case.

    Args:
        word: ASCII letters.
        ending: what follows it with an apostrophe ("'s"), or "".
        shouted: whether all words around it are in capitals too, so that it is a word unless it is known to be spelled.

    Returns:
        "F B I", "nasa", "C E O's", "hello".
    """
    low = word.lower()
    if len(word) == 1:  # a letter, or a contraction of a pronoun ("I'm")
        return word + ending if ending in ("", "'s") else low + ending
    if (word.isupper() or low in _MIXED) and low in _AS_SPOKEN:
        return _AS_SPOKEN[low] + ending
    if word.isupper():
        contracted = ending not in ("", "'s", "'S")  # only words are: DON'T
        return low + ending if contracted or is_word(low, shouted=shouted) else letters(word) + ending.lower()
    if word[:-1].isupper() and word[-1] == "s" and len(word) > 2:  # CEOs; but "As" and "Is" are words
        return low + ending if low[:-1] in _ACRONYMS else letters(word[:-1]) + "'s"
    return low + ending


def is_word(low: str, *, shouted: bool = False) -> bool:
    """Whether what is written in capitals is read as a word.

    Args:
        low: the word in lower case.
        shouted: as for `spell_capitals`.
    """
    if low in _WORDS_TOO:
        return shouted
    if low in _ACRONYMS or low in _WORDS or len(low) > _LONGEST_DOUBTFUL:
        return True
    if low in _SPELLED or (len(low) <= _LONGEST_SPELLED and not shouted):
        return False
    return could_be_word(low)


def could_be_word(low: str) -> bool:
    """Whether English could have such a word: a vowel, between consonants that begin and end a syllable."""
    return _SYLLABLES.fullmatch(low[:_LONGEST_DOUBTFUL]) is not None
