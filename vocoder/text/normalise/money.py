"""Money: the currency is said behind the amount that it is written in front of."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vocoder.text.normalise.amounts import number
from vocoder.text.normalise.numbers import NUMBER, SIGN, SIGNS, may_be_signed
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal
from vocoder.text.normalise.unit_names import PER


@dataclass(frozen=True, kw_only=True)
class Currency:
    """What one and several of a currency, and of its hundredth, are called."""

    one: str
    several: str
    part: str = ""
    parts: str = ""


_DOLLAR = Currency(one="dollar", several="dollars", part="cent", parts="cents")
_EURO = Currency(one="euro", several="euros", part="cent", parts="cents")
_POUND = Currency(one="pound", several="pounds", part="penny", parts="pence")
_YEN = Currency(one="yen", several="yen")
_SYMBOLS = {
    "$": _DOLLAR, "€": _EURO, "£": _POUND, "¥": _YEN, "₹": Currency(one="rupee", several="rupees",
    part="paisa", parts="paise"),
    "₩": Currency(one="won", several="won"), "₽": Currency(one="ruble", several="rubles"),
    "₺": Currency(one="lira", several="lira"),
    "₿": Currency(one="bitcoin", several="bitcoins"), "₪": Currency(one="shekel",
    several="shekels"), "₱": Currency(one="peso", several="pesos"),
    "¢": Currency(one="cent", several="cents"), "₦": Currency(one="naira", several="naira"),
    "฿": Currency(one="baht", several="baht"),
    "₫": Currency(one="dong", several="dong"), "₴": Currency(one="hryvnia", several="hryvnias"),
    "₵": Currency(one="cedi", several="cedis"),
    "₸": Currency(one="tenge", several="tenge"), "₡": Currency(one="colon", several="colones"),
    "₲": Currency(one="guarani", several="guaranis"),
    "₾": Currency(one="lari", several="lari"), "₼": Currency(one="manat", several="manats"),
    "₭": Currency(one="kip", several="kip"),
    "₮": Currency(one="tugrik", several="tugriks"), "៛": Currency(one="riel", several="riels"),
    "৳": Currency(one="taka", several="taka"),
    "Rs.": Currency(one="rupee", several="rupees", part="paisa", parts="paise"),
    "kr": Currency(one="krone", several="kroner"),
    "kr.": Currency(one="krone", several="kroner"),
}  # fmt: skip
_COUNTRIES = {
    "US": "U S", "USD": "U S", "CA": "canadian", "CAD": "canadian", "C": "canadian",
    "CDN": "canadian", "Can": "canadian",
    "AU": "australian", "AUD": "australian",
    "A": "australian", "NZ": "new zealand", "NZD": "new zealand", "HK": "hong kong",
    "HKD": "hong kong", "R": "brazilian", "NT": "new taiwan", "S": "singapore",
    "SG": "singapore", "SGD": "singapore", "MX": "mexican", "J": "jamaican", "TT": "trinidad",
    "BZ": "belize", "BRL": "brazilian", "MXN": "mexican",
}  # fmt: skip
_PESOS, _REAIS = Currency(one="peso", several="pesos"), Currency(one="real", several="reais")
_NOT_DOLLARS = {"MX": _PESOS, "MXN": _PESOS, "R": _REAIS, "BRL": _REAIS}
_KRONE = Currency(one="krone", several="kroner")
_CODES = {
    "USD": ("U S", _DOLLAR), "EUR": ("", _EURO), "GBP": ("british", _POUND), "JPY": ("japanese",
    _YEN), "CAD": ("canadian", _DOLLAR),
    "AUD": ("australian", _DOLLAR), "CHF": ("swiss", Currency(one="franc", several="francs",
    part="centime", parts="centimes")),
    "CNY": ("chinese", Currency(one="yuan", several="yuan")), "INR": ("indian", _SYMBOLS["₹"]),
    "MXN": ("mexican", _SYMBOLS["₱"]),
    "BTC": ("", _SYMBOLS["₿"]), "SEK": ("swedish", Currency(one="krona", several="kronor")),
    "NOK": ("norwegian", _KRONE), "DKK": ("danish", _KRONE),
    "ISK": ("icelandic", Currency(one="krona", several="kronur")), "PLN": ("polish",
    Currency(one="zloty", several="zlotys")),
    "CZK": ("czech", Currency(one="crown", several="crowns")), "HUF": ("hungarian",
    Currency(one="forint", several="forints")),
    "RUB": ("", _SYMBOLS["₽"]), "TRY": ("turkish", _SYMBOLS["₺"]), "UAH": ("", _SYMBOLS["₴"]),
    "BRL": ("brazilian", _REAIS),
    "ZAR": ("south african", Currency(one="rand", several="rand")), "KRW": ("korean",
    _SYMBOLS["₩"]), "RMB": ("", Currency(one="yuan", several="yuan")),
    "SGD": ("singapore", _DOLLAR), "HKD": ("hong kong", _DOLLAR), "NZD": ("new zealand", _DOLLAR),
    "TWD": ("new taiwan", _DOLLAR), "THB": ("", _SYMBOLS["฿"]),
    "PHP": ("philippine", _PESOS), "IDR": ("", Currency(one="rupiah", several="rupiah")),
    "MYR": ("", Currency(one="ringgit", several="ringgit")),
    "VND": ("", _SYMBOLS["₫"]), "ILS": ("", _SYMBOLS["₪"]), "AED": ("", Currency(one="dirham",
    several="dirhams")),
    "SAR": ("saudi", Currency(one="riyal", several="riyals")), "NGN": ("", _SYMBOLS["₦"]),
    "KES": ("kenyan", Currency(one="shilling", several="shillings")),
    "EGP": ("egyptian", _POUND), "PKR": ("pakistani", _SYMBOLS["₹"]), "ARS": ("argentine", _PESOS),
    "CLP": ("chilean", _PESOS), "COP": ("colombian", _PESOS),
    "ETH": ("", Currency(one="ether", several="ether")),
}  # fmt: skip
_SCALES = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million",
    "mm": "million", "MM": "million", "mil": "million", "b": "billion",
    "B": "billion", "bn": "billion", "Bn": "billion", "t": "trillion", "T": "trillion",
    "tn": "trillion", "trn": "trillion",
}  # fmt: skip
_SCALE_WORDS = "hundred|thousand|million|billion|trillion|quadrillion|lakhs?|crores?"
_SCALE = (
    rf"(?:(?:[ -]|(?=lakh|crore))(?P<word>(?i:{_SCALE_WORDS}))|[ "
    rf"]?(?P<short>trn|tn|bn|Bn|mn|mm|MM|mil|[kKmMbBtT]))?(?![^\W_])"
)
_SYMBOL = (
    "(?:["
    + "".join(symbol for symbol in _SYMBOLS if len(symbol) == 1)
    + r"]|(?<![A-Za-z])Rs\.?(?=\s?[0-9]))"
)
_PENCE = re.compile(r"([1-9][0-9]?)p(?![\w-])")
_EURO_COMMA = re.compile(r"([0-9]{1,6}),([0-9]{2})(\s?€)(?![^\W_])")
_IN_FRONT = re.compile(
    rf"(?P<sign>{SIGN})(?P<country>{'|'.join(sorted(_COUNTRIES, key=len, reverse=True))})?"
    rf"(?P<symbol>{_SYMBOL})\s?(?P<amount>{NUMBER}|\.[0-9]++)"
    rf"(?:\s?[-–]\s?{_SYMBOL}?(?P<upper>{NUMBER}))?{_SCALE}"
)
_BEHIND = re.compile(
    rf"(?P<sign>{SIGN})(?P<amount>{NUMBER})(?P<upper>)(?:{_SCALE}\s)?\s?(?:(?P<symbol>[€£¥₹₩₽₺₪₱¢₦฿₫₴₵₸₡₲₾₼₭₮៛৳]|kr\b\.?(?!\s?[0-9]))|(?P<code>{'|'.join(_CODES)})(?![^\W_]))"
)
_CODE_IN_FRONT = re.compile(
    rf"(?P<sign>)(?:(?P<code>{'|'.join(_CODES)})|(?P<symbol>(?<!\w)kr\.?(?=\s?[0-9])))\s?(?P<amount>{NUMBER})(?P<upper>){_SCALE}"
)
_PER = re.compile(r"/([A-Za-z]{1,9})(?![^\W_])(?:\.(?=[,;)]))?")
_UPPER = re.compile(rf"\s?[-–]\s?(?={_SYMBOL}[0-9])")
_NOUN_NEXT = re.compile(r"[ -][a-z]")


def read_money(source: Source, at: int) -> Reading | None:
    """Money written with a symbol or a code, on either side of the amount."""
    if source.text[at].isalpha() and not source.starts_token(at):
        return None
    if (euros := _EURO_COMMA.match(source.text, at)) and source.starts_token(at):
        cents = (
            ""
            if euros.group(2) == "00"
            else (
                f" and {cardinal(str(int(euros.group(2))))} "
                f"cent{'' if euros.group(2) == '01' else 's'}"
            )
        )
        return Reading(
            spoken=f"{number(euros.group(1))} euro{'' if euros.group(1) == '1' else 's'}{cents}",
            end=euros.end(),
        )
    if (pence := _PENCE.match(source.text, at)) and source.starts_token(at):
        return Reading(
            spoken=f"{cardinal(pence.group(1))} {'penny' if pence.group(1) == '1' else 'pence'}",
            end=pence.end(),
        )
    for pattern in (_IN_FRONT, _BEHIND, _CODE_IN_FRONT):
        found = pattern.match(source.text, at)
        if found and (not found.group("sign") or may_be_signed(source, at)):
            first = _say(source, at, found)
            upper = _UPPER.match(source.text, first.end)
            second = _IN_FRONT.match(source.text, upper.end()) if upper else None
            if second is None:
                return first
            last = _say(source, at, second)
            return Reading(spoken=f"{first.spoken} to {last.spoken}", end=last.end)
    return None


def _say(source: Source, at: int, found: re.Match[str]) -> Reading:
    groups = found.groupdict()
    if groups.get("symbol"):
        symbol = "Rs." if groups["symbol"].startswith("Rs") else groups["symbol"]
        currency = (
            _NOT_DOLLARS.get(groups.get("country") or "", _SYMBOLS[symbol])
            if symbol == "$"
            else _SYMBOLS[symbol]
        )
        country = _COUNTRIES[groups["country"]] + " " if groups.get("country") else ""
    else:
        name, currency = _CODES[groups["code"]]
        country = name + " " if name else ""
    short, word = groups.get("short"), groups.get("word")
    scale = f" {word.lower()}" if word else f" {_SCALES[short]}" if short else ""
    describes = (
        source.word_before(at).lower() in ("a", "an")
        and _NOUN_NEXT.match(source.text, found.end()) is not None
    )
    spoken = SIGNS[groups["sign"].strip()] + _amount(
        groups["amount"], groups["upper"] or "", scale, country, currency, describes=describes
    )
    end = found.end()
    if source.text[end - 1] == "." and source.ends_at(end):
        spoken += "."
    if source.text.startswith("/-", end):
        end += 2  # "Rs. 500/-": and nothing more
    per = _PER.match(source.text, end)
    if per and per.group(1) == "ea":
        return Reading(spoken=f"{spoken} each", end=per.end())
    if per and per.group(1) in PER:
        return Reading(spoken=f"{spoken} per {PER[per.group(1)]}", end=per.end())
    return Reading(spoken=spoken, end=end)


def _to_hundredths(amount: str) -> str:
    """An amount with two decimals where it has one, or zeros behind two."""
    whole, point, decimals = amount.partition(".")
    if not point or len(decimals) == 2:
        return amount
    decimals = (
        decimals.ljust(2, "0") if len(decimals) == 1 else decimals[:2] + decimals[2:].rstrip("0")
    )
    return f"{whole}.{decimals}"


def _amount(
    amount: str, upper: str, scale: str, country: str, currency: Currency, *, describes: bool
) -> str:
    """The amount and its currency; `describes` is whether a noun follows that both belong to ("a
    five dollar bill").
    """
    if upper and not scale and ("." in amount or "." in upper):
        return (
            f"{_amount(amount, '', '', country, currency, describes=False)} to "
            f"{_amount(upper, '', '', country, currency, describes=False)}"
        )
    if not scale and not upper and not describes and currency.part:
        amount = _to_hundredths(amount)
    whole, point, hundredths = (
        amount.removesuffix(".00") if scale or describes else amount
    ).partition(".")
    if upper or scale or describes or not currency.part or len(hundredths) != 2:
        is_one = (amount == "1" and not upper and not scale) or describes
        words = (
            number(whole + point + hundredths) + (f" to {number(upper)}" if upper else "") + scale
        )
        return f"{words} {country}{currency.one if is_one else currency.several}"
    parts = (
        (
            f"{cardinal(str(int(hundredths)))} "
            f"{currency.part if hundredths == '01' else currency.parts}"
        )
        if int(hundredths)
        else ""
    )
    units = (
        f"{number(whole)} {country}{currency.one if whole == '1' else currency.several}"
        if whole.strip("0,") or not parts
        else ""
    )
    assert point, "hundredths stand behind a point"
    return " and ".join(filter(None, (units, parts)))
