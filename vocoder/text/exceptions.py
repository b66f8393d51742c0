"""Words and names that espeak-ng's American English says wrongly, and how they are said.

Found by comparing it with CMUdict over the 12,000 commonest words, and from reports. IPA in the phonemes of the inventory, a stress mark before the vowel.
"""

from __future__ import annotations

from functools import cache

from vocoder.text.ipa import phones_of, possessive
from vocoder.text.phonemes import Phones

WORDS = {
    "lucas": "lˈuːkəs", "douglas": "dˈʌɡləs", "eli": "ˈiːlaɪ", "mccarthy": "məkˈɑːɹθi", "damon": "dˈeɪmən", "nike": "nˈaɪki", "chopin": "ʃˈoʊpæn",
    "descartes": "deɪkˈɑːɹt", "goethe": "ɡˈɜːtə", "camus": "kæmˈuː", "proust": "pɹˈuːst", "joaquin": "wɑːkˈiːn", "tucson": "tˈuːsɑːn",
    "poughkeepsie": "pəkˈɪpsi", "genus": "dʒˈiːnəs", "itunes": "ˈaɪtuːnz", "analyses": "ənˈælɪsˌiːz", "biopsy": "bˈaɪɑːpsi", "hussein": "huːsˈeɪn",
    "qin": "tʃˈɪn", "xu": "ʃˈuː", "aston": "ˈæstən", "foreboding": "fɔːɹbˈoʊdɪŋ", "loomis": "lˈuːmɪs", "gmail": "dʒˈiːmeɪl", "faust": "fˈaʊst", "coup": "kˈuː",
}  # fmt: skip
# These only where they are written with a capital.
NAMES = {"xi": "ʃˈiː", "li": "lˈiː", "vi": "vˈiː"}


@cache
def exception_of(word: str, *, capital: bool) -> Phones:
    """How an exception, or its possessive, is said; () for every other word.

    Args:
        word: in lower case.
        capital: whether it was written with one.
    """
    stem = word.removesuffix("'s")
    ipa = WORDS.get(stem) or (NAMES.get(stem) if capital else None)
    if ipa is None:
        return ()
    return phones_of(ipa) if stem == word else possessive(phones_of(ipa))
