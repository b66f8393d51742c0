"""The phonemes that Sonant knows, and how espeak-ng's IPA is spelled with them.

American English as espeak-ng's en-us produces it. Compounds are taken apart into what aligns well
with sound (a vowel and the r after it are two phones; a diphthong or an affricate is one), and
phones of other languages become the nearest of these.
"""

from __future__ import annotations

import re
import unicodedata

ABSENT = ""  # index 0: nothing is known of the phoneme
PAUSE = "sil"
VOWELS = (
    "ɪ", "iː", "i", "ə", "ɐ", "ʌ", "ɛ", "æ", "ɑː", "ɔː", "ɔ", "ʊ", "uː", "ɜː", "ɚ", "ᵻ", "aɪ", "eɪ",
    "oʊ", "aʊ", "ɔɪ",
)  # fmt: skip
CONSONANTS = (
    "n", "t", "d", "s", "l", "ɹ", "m", "ð", "z", "k", "w", "h", "f", "v", "p", "b", "ɡ", "ŋ", "ʃ",
    "j", "ɾ", "dʒ", "tʃ", "θ", "ʒ", "ʔ",
)  # fmt: skip
PHONEMES = (ABSENT, PAUSE, *VOWELS, *CONSONANTS)

# Stress marks as IPA writes them, before the vowel or its syllable.
PRIMARY, SECONDARY = "ˈ", "ˌ"

_SPELLING: dict[str, tuple[str, ...]] = {
    "a": ("æ", ), "aː": ("ɑː", ), "ɑ": ("ɑː", ), "ɒ": ("ɑː", ), "e": ("eɪ", ), "eː": ("eɪ", ),
    "ɛː": ("ɛ", ), "o": ("oʊ", ), "oː": ("oʊ", ),
    "u": ("uː", ), "y": ("uː", ), "yː": ("uː", ), "ʏ": ("ʊ", ), "ø": ("ɜː", ), "øː": ("ɜː", ),
    "œ": ("ɜː", ), "œː": ("ɜː", ), "ɜ": ("ɜː", ),
    "ɘ": ("ə", ), "ɵ": ("ə", ), "ɨ": ("ᵻ", ), "ɯ": ("uː", ), "ɤ": ("ʌ", ), "əː": ("ɜː", ),
    "ɐː": ("ɑː", ), "ʊː": ("uː", ), "ɪː": ("iː", ),
    "æː": ("æ", ), "ɝ": ("ɜː", ), "ɝː": ("ɜː", ), "g": ("ɡ", ), "r": ("ɹ", ), "ɻ": ("ɹ", ),
    "ʁ": ("ɹ", ), "ʀ": ("ɹ", ), "ɽ": ("ɾ", ), "x": ("k", ),
    "χ": ("k", ), "q": ("k", ), "c": ("k", ), "ç": ("h", ), "ɦ": ("h", ), "ħ": ("h", ), "ʕ": ("ʔ",
    ), "ɲ": ("n", "j"), "ɳ": ("n", ), "ɴ": ("ŋ", ),
    "ɱ": ("m", ), "ɬ": ("l", ), "ɫ": ("l", ), "ʎ": ("l", "j"), "ɭ": ("l", ), "ʟ": ("l", ),
    "β": ("v", ), "ʋ": ("v", ), "ɸ": ("f", ), "ɥ": ("w", ),
    "ʍ": ("w", ), "ɣ": ("ɡ", ), "ɟ": ("dʒ", ), "ɕ": ("ʃ", ), "ʂ": ("ʃ", ), "ʑ": ("ʒ", ), "ʐ": ("ʒ",
    ), "ʈ": ("t", ), "ɖ": ("d", ), "ts": ("t", "s"),
    "dz": ("d", "z"), "ʉ": ("uː",), "ε": ("ɛ",), "ɗ": ("d",), "ɓ": ("b",), "ɠ": ("ɡ",),
}  # fmt: skip
_SYMBOLS: dict[str, tuple[str, ...]] = {
    symbol: (symbol,) for symbol in (*VOWELS, *CONSONANTS)
} | _SPELLING
_LONGEST = max(len(symbol) for symbol in _SYMBOLS)
_TIE = re.compile("[\u0361\u035c]")  # above or below an affricate's two letters
_SYLLABIC = "\u0329"  # under n or l: a schwa is heard before it


def spell(ipa: str) -> tuple[tuple[str, ...], str]:
    """IPA without stress marks, in phonemes of the inventory.

    Args:
        ipa: the symbols of one phone or of several, in any Unicode normal form.

    Returns:
        the phonemes, and the characters that stand for none (diacritics are dropped and not
        reported).
    """
    text = _TIE.sub("", unicodedata.normalize("NFD", ipa)).replace("c\u0327", "ç")
    phonemes: list[str] = []
    unknown = ""
    at = 0
    while at < len(text):
        for length in range(min(_LONGEST, len(text) - at), 0, -1):
            found = _SYMBOLS.get(text[at : at + length])
            if found is not None:
                if text[at + length : at + length + 1] == _SYLLABIC:
                    phonemes.append("ə")
                phonemes.extend(found)
                at += length
                break
        else:
            if text[at] == "ː" or unicodedata.category(text[at]) in ("Mn", "Lm", "Sk"):
                pass  # a diacritic refines the phone before it; the inventory is coarser
            else:
                unknown += text[at]
            at += 1
    return tuple(phonemes), unknown
