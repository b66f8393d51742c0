"""Words in capitals: read as a word (NASA), letter by letter (FBI), or a mixture (CEOs, PhD).

Known ones are listed. For the rest: three letters or fewer are spelled; longer ones are words if English could have them, that is, if they have a vowel and
their consonants begin and end a syllable as English ones do.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.spelling import letters

# Acronyms that are said as words, and words that are often written in capitals for emphasis.
_ACRONYMS = frozenset(
    "nasa nato unesco unicef opec aids laser radar scuba nafta fema swat pin sim ram rom gif covid nasdaq nascar osha midi lan wan yolo fomo captcha yaml "
    "wysiwyg peta hamas opec asean interpol nimby ikea lego hiv-aids dos bios cad sars mers basic cobol fortran gan gans bert elmo pisa gatt caricom "
    "potus scotus sonar nimbys imax epcot hazmat".split()
)
_WORDS = frozenset(
    "a i am an as at be by do go he hi if in is it me my no of oh ok on or ox so to up we and all any are ask bad big boy but buy can car cat cut day did die dog "
    "don't eat end eye far few fix fly for fun get god got gun had has her hey him his hot how its job joy key kid law lay let lie lot love low mad man map may men met "
    "mom dad near new nor not now odd off oil old one our out own pay per put ran red run sad sat saw say sea see set sex she shy sin sir sit six sky son sun ten the tie "
    "tip too top try two use war was way wet who why win won yes yet you your free stop open help warning danger only must this that with from have been will what "
    "when where here there never always very much more most less best good live news".split()
) - {"us"}
# Read letter by letter although English could have them as words.
_SPELLED = frozenset(
    "us usa uk eu un uae ai it tv pc id ip os asap aarp ucla aclu ebay imdb iou ufo ussr usda uefa usaf usmc ioc iaea oecd espn unhcr nypd lapd ncaa hiv url uri "
    "irs imf who gui sos diy eta esa epa era ira ioi api cpu gpu usb led lcd dvd ceo cfo cto coo vip faq atm dna rna gps mri html http https css sql".split()
) - {"who", "it", "era"}
_AS_SPOKEN = {
    "jpeg": "jay peg", "jpg": "jay peg", "png": "P N G", "ascii": "askey", "json": "jason", "wifi": "wi-fi", "naacp": "N double A C P", "aaa": "triple A",
    "ok": "okay", "ieee": "I triple E", "phd": "P H D", "tv": "T V", "gif": "gif", "scsi": "scuzzy", "phds": "P H D's", "iphone": "I phone", "ipad": "I pad",
    "ipod": "I pod", "ios": "I O S", "ebay": "E bay", "macos": "mac O S", "latex": "latex", "sqlite": "S Q lite", "mysql": "my S Q L", "covid": "covid",
    "youtube": "youtube", "iot": "I O T", "bsc": "B S C", "msc": "M S C", "mba": "M B A", "llc": "L L C",
}  # fmt: skip
_MIXED = frozenset(("phd", "phds", "wifi", "iphone", "ipad", "ipod", "ios", "ebay", "macos", "sqlite", "mysql", "iot", "bsc", "msc"))

_ONSETS = (
    "|b|bl|br|c|ch|chr|cl|cr|d|dr|dw|f|fl|fr|g|gh|gl|gr|gu|h|j|k|kn|kl|kr|l|m|n|p|ph|pl|pr|qu|r|rh|s|sc|sch|scr|sh|shr|sk|sl|sm|sn|sp|spl|spr|squ|st|str|sw|t|th|thr|tr|tw|v|w|wh|wr|y|z"
)
_CODAS = (
    "|b|c|ch|ck|ct|d|dge|f|ff|ft|g|gh|ght|h|k|ks|l|lb|ld|lf|lk|ll|lm|lp|ls|lt|lth|m|mb|mn|mp|mps|ms|n|nc|nch|nd|nds|ng|ngs|nk|nks|ns|nt|nth|nts|p|ph|pt|pts|r|rb|rc|rch|rd|rds|rf|rg|rk|rks|rl|rm|rms|"
    "rn|rns|rp|rs|rst|rt|rth|rts|s|sh|sk|sm|sp|ss|st|sts|t|tch|th|ths|ts|tt|v|w|wl|wn|x|xt|y|z|zz"
)
_SYLLABLES = re.compile(rf"(?:{_ONSETS})[aeiouy]+(?:[b-df-hj-np-tv-z]{{1,4}}[aeiouy]+){{0,10}}(?:{_CODAS})")
_LONGEST_SPELLED = 3  # letters up to which an unknown word in capitals is spelled
_LONGEST_DOUBTFUL = 40  # letters from which on nothing is spelled: it would take a minute


def spell_capitals(word: str, ending: str) -> str:
    """How a word is read that is not all lower case.

    Args:
        word: ASCII letters.
        ending: what follows it with an apostrophe ("'s"), or "".

    Returns:
        "F B I", "nasa", "C E O's", "hello".
    """
    low = word.lower()
    if len(word) == 1:
        return word + ending if ending == "'s" else word.lower() + ending if ending else word
    if (word.isupper() or low in _MIXED) and low in _AS_SPOKEN:
        return _AS_SPOKEN[low] + ending
    if word.isupper():
        return low + ending if is_word(low) or ending and not ending == "'s" else letters(word) + ending
    if word[:-1].isupper() and word[-1] == "s" and len(word) > 2:  # CEOs; but "As" and "Is" are words
        return low + ending if low[:-1] in _ACRONYMS else letters(word[:-1]) + "'s"
    return low + ending


def is_word(low: str) -> bool:
    """Whether what is written in capitals is read as a word.

    Args:
        low: the word in lower case.
    """
    if low in _ACRONYMS or low in _WORDS or len(low) > _LONGEST_DOUBTFUL:
        return True
    if low in _SPELLED or len(low) <= _LONGEST_SPELLED:
        return False
    return _SYLLABLES.fullmatch(low) is not None
