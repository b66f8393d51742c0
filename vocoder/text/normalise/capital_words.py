"""Which capitals are words: the words of CMUdict whose spelling does not tell (`could_be_word`),
and how English syllables look.

`data/cmudict_words.txt.xz` lists, one a line, the words of CMUdict with four letters or more that
`could_be_word` takes for none: against, lincoln.
CMUdict is free under the licence in `data/LICENSE-CMUDICT.txt`.
"""

from __future__ import annotations

import lzma
import re
from functools import cache
from importlib.resources import files

from vocoder.text.normalise.word_lists import listed

_LONGEST_DOUBTFUL = 40  # letters that are looked at
# How English syllables begin and end.
_ONSETS = "|".join(
    sorted(
        listed("""
    b bl br c ch chr cl cr d dr dw f fl fr g gh gl gr gu h j k kn kl kr l m n p ph pl pr qu r rh s
    sc sch scr sh shr sk sl sm sn sp spl spr squ st str sw t th thr tr tw v w wh wr y z
""")
    )
)
_CODAS = "|".join(
    sorted(
        listed("""
    b bs c ch ck cks cs ct cts d ds f ff ffs fs ft fts g gh ght ghts gn gs h hn k ks l lb lbs ld lds
    lf lk lks ll lls lm lms lp lps ls lt lth lts m mb mbs mn mp mps mpt ms n nc nch nct nd nds ng
    ngs ngth nk nks ns nt nth nts p ph phs ps pt pts r rb rbs rc rch rd rds rf rfs rg rk rks rl rld
    rls rm rms rmth rn rns rp rps rs rsh rst rt rth rts s sh sk sks sm sms sp sps ss st sts t tch th
    ths ts tt v w wd wk wl wls wn wns wt x xt xts y z zz
""")
    )
)
_SYLLABLES = re.compile(
    rf"(?:{_ONSETS})?[aeiouy]+(?:[b-df-hj-np-tv-xz]{{1,4}}[aeiouy]+){{0,20}}(?:{_CODAS})?"
)


def could_be_word(low: str) -> bool:
    """Whether English could have such a word: a vowel, between consonants that begin and end a
    syllable.
    """
    return _SYLLABLES.fullmatch(low[:_LONGEST_DOUBTFUL]) is not None


def is_known(low: str) -> bool:
    """Whether a word of four letters or more, in lower case, is in CMUdict or could be an English
    word.
    """
    return could_be_word(low) or low in _odd_words()


@cache
def _odd_words() -> frozenset[str]:
    """Read when the first word in capitals asks for it."""
    packed = files("vocoder.text.normalise").joinpath("data/cmudict_words.txt.xz").read_bytes()
    return frozenset(lzma.decompress(packed).decode("ascii").split())
