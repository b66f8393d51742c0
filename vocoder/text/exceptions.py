"""Words and names that espeak-ng's American English says wrongly, and how they are said.

Found by comparing it with CMUdict over the 12,000 commonest words, and from reports. CMUdict 0.7b
(Carnegie Mellon University, BSD licence) was the judge, and is not copied. IPA in the phonemes of
the inventory, a stress mark before the vowel.
"""

from __future__ import annotations

from functools import cache

from vocoder.text.ipa import phones_of, possessive
from vocoder.text.phonemes import Phones

WORDS = {
    # Names of people.
    "lucas": "lˈuːkəs", "douglas": "dˈʌɡləs", "jonas": "dʒˈoʊnəs", "eli": "ˈiːlaɪ",
    "mccarthy": "məkˈɑːɹθi", "damon": "dˈeɪmən", "chopin": "ʃˈoʊpæn",
    "descartes": "deɪkˈɑːɹt", "goethe": "ɡˈɜːtə", "camus": "kæmˈuː", "proust": "pɹˈuːst",
    "joaquin": "wɑːkˈiːn", "hussein": "huːsˈeɪn", "loomis": "lˈuːmɪs",
    "faust": "fˈaʊst", "xu": "ʃˈuː", "wong": "wˈɔːŋ", "gabriel": "ɡˈeɪbɹiəl",
    "montgomery": "mɑːntɡˈʌmɚɹi", "moses": "mˈoʊzᵻz", "isaac": "ˈaɪzək",
    "ahmed": "ˈɑːmɛd", "muhammad": "muhˈɑːməd", "eleanor": "ˈɛlənɚ", "elena": "ˈɛlənə",
    "helena": "hˈɛlənə", "clara": "klˈɛɹə", "rosa": "ɹˈoʊzə",
    "monroe": "mənɹˈoʊ", "roberto": "ɹəbˈɛɹtoʊ", "jerome": "dʒɚɹˈoʊm", "perez": "pˈɛɹɛz",
    "kobe": "kˈoʊbi", "mae": "mˈeɪ", "kerr": "kˈɜː",
    "noel": "noʊˈɛl", "simone": "sɪmˈoʊn", "sofia": "soʊfˈiːə", "irene": "aɪɹˈiːn",
    "fraser": "fɹˈeɪzɚ", "ramsey": "ɹˈæmzi", "theresa": "təɹˈiːsə",
    "obamacare": "oʊbˈɑːməkˌɛɹ", "wenger": "wˈɛŋɚ", "jose": "hoʊzˈeɪ", "allah": "ˈɑːlə",
    "louise": "luːˈiːz",
    "ira": "ˈaɪɹə", "luther": "lˈuːθɚ", "hassan": "həsˈɑːn", "liu": "ljˈuː",
    "levi": "lˈiːvaɪ", "michel": "miːʃˈɛl", "niamh": "nˈiːv", "juan": "wˈɑːn",
    "guillermo": "ɡiːjˈɛɹmoʊ", "zhang": "dʒˈɑːŋ", "zhou": "dʒˈoʊ",
    "xiao": "ʃˈaʊ", "rousseau": "ɹuːsˈoʊ", "sartre": "sˈɑːɹtɹə", "dumas": "duːmˈɑː",
    "picasso": "pɪkˈɑːsoʊ", "matisse": "mætˈiːs", "manet": "mænˈeɪ",
    "degas": "deɪɡˈɑː", "cezanne": "seɪzˈæn", "debussy": "dˌɛbjuːsˈiː",
    "tchaikovsky": "tʃaɪkˈɔːfski",
    "rachmaninoff": "ɹɑːkmˈɑːnɪnˌɔf", "dostoevsky": "dˌɔstɔɪˈɛfski", "tolstoy": "tˈoʊlstɔɪ",
    "fourier": "fˈʊɹiˌeɪ", "laplace": "ləplˈɑːs",
    "lagrange": "ləɡɹˈɑːndʒ", "poincare": "pwˌæŋkɑːɹˈeɪ", "givenchy": "ʒiːvˈɑːnʃi",
    # Places, and what is named after them.
    "tucson": "tˈuːsɑːn", "poughkeepsie": "pəkˈɪpsi", "aston": "ˈæstən", "qin": "tʃˈɪn",
    "dubai": "duːbˈaɪ", "qing": "tʃˈɪŋ",
    "versailles": "vɛɹsˈaɪ", "louvre": "lˈuːvɹə", "oaxaca": "wəhˈɑːkə",
    "schenectady": "skənˈɛktədi", "mackinac": "mˈækɪnˌɔː", "windsor": "wˈɪnzɚ",
    "lisbon": "lˈɪzbən",
    "southampton": "saʊθhˈæmptən", "birmingham": "bˈɜːmɪŋhˌæm", "nottingham": "nˈɑːɾɪŋhˌæm",
    "johannesburg": "dʒoʊhˈænɪsbˌɜːɡ", "canberra": "kˈænbɛɹə",
    "jersey": "dʒˈɜːzi", "jerseys": "dʒˈɜːziz", "islamic": "ɪzlˈɑːmɪk", "hamas": "hɑːmˈɑːs",
    "singapore": "sˈɪŋəpˌɔːɹ", "queensland": "kwˈiːnzlænd",
    "bombay": "bɑːmbˈeɪ", "southeast": "sˌaʊθˈiːst", "northeast": "nˌɔːɹθˈiːst",
    "southeastern": "sˌaʊθˈiːstɚn", "northeastern": "nˌɔːɹθˈiːstɚn",
    # Makes.
    "nike": "nˈaɪki", "itunes": "ˈaɪtuːnz", "gmail": "dʒˈiːmeɪl", "fiat": "fˈiːɑːt",
    "playstation": "plˈeɪstˌeɪʃən", "yahoo": "jˈɑːhuː",
    "porsche": "pˈɔːɹʃə", "adidas": "ɐdˈiːdəs", "huawei": "wˈɑːweɪ", "xiaomi": "ʃˈaʊmi",
    "citroen": "sˈɪtɹoʊˌɛn", "vuitton": "vwiːtˈɑːn",
    "linkedin": "lˈɪŋktɪn",
    # Words.
    "genus": "dʒˈiːnəs", "analyses": "ənˈælɪsˌiːz", "biopsy": "bˈaɪɑːpsi", "biopsies": "bˈaɪɑːpsiz",
    "theses": "θˈiːsiːz", "diagnoses": "dˌaɪəɡnˈoʊsiːz", "alumni": "ɐlˈʌmnaɪ", "quinoa": "kˈiːnwɑː",
    "acai": "ˌɑːsaɪˈiː", "chalet": "ʃælˈeɪ",
    "foreboding": "fɔːɹbˈoʊdɪŋ", "coup": "kˈuː", "medieval": "mˌiːdɪˈiːvəl",
    "innings": "ˈɪnɪŋz", "resistance": "ɹᵻzˈɪstəns", "resistant": "ɹᵻzˈɪstənt",
    "dissolved": "dᵻzˈɑːlvd", "reside": "ɹᵻzˈaɪd",
    "resurrection": "ɹˌɛzɚɹˈɛkʃən", "trousers": "tɹˈaʊzɚz", "acquisition": "ˌækwɪzˈɪʃən",
    "acquisitions": "ˌækwɪzˈɪʃənz", "husband": "hˈʌzbənd",
    "husbands": "hˈʌzbəndz", "lesbian": "lˈɛzbiən", "luxury": "lˈʌɡʒɚɹi",
    "subsidiary": "səbsˈɪdiˌɛɹi", "protagonist": "pɹoʊtˈæɡənˌɪst",
    "distribute": "dᵻstɹˈɪbjuːt", "distributed": "dᵻstɹˈɪbjuːɾᵻd", "distributes": "dᵻstɹˈɪbjuːts",
    "distributing": "dᵻstɹˈɪbjuːɾɪŋ",
    "absorb": "əbzˈɔːɹb", "absorbed": "əbzˈɔːɹbd", "serum": "sˈɪɹəm", "cafe": "kæfˈeɪ",
    "mafia": "mˈɑːfiə", "nominee": "nˌɑːmɪnˈiː",
    "nominees": "nˌɑːmɪnˈiːz", "trustee": "tɹˌʌstˈiː", "trustees": "tɹˌʌstˈiːz",
    "thanksgiving": "θˌæŋksɡˈɪvɪŋ", "underwear": "ˈʌndɚwˌɛɹ",
    "frustrated": "fɹˈʌstɹeɪɾᵻd", "frustrating": "fɹˈʌstɹeɪɾɪŋ", "investigative": "ɪnvˈɛstɪɡˌeɪɾɪv",
    "fundraising": "fˈʌndɹeɪzɪŋ",
    "protesters": "pɹˈoʊtɛstɚz", "upcoming": "ˈʌpkˌʌmɪŋ", "auxiliary": "ɔːɡzˈɪljɚɹi",
    "partisan": "pˈɑːɹɾɪzən",
}  # fmt: skip
# These only where they are written with a capital.
NAMES = {
    "xi": "ʃˈiː",
    "ravel": "ɹəvˈɛl",
    "fe": "fˈeɪ",
    "nestle": "nˈɛsleɪ",
    "li": "lˈiː",
    "vi": "vˈiː",
}


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
