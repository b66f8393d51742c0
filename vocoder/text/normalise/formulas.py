"""Functions of mathematics, and moves of chess."""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal

_FUNCTION = re.compile(r"([fghFGH])('{0,2})\(([a-z]|[0-9]{1,3})\)(?!\w)")
_PRIMES = ("", " prime", " double prime")
_PIECES = {"K": "king", "Q": "queen", "R": "rook", "B": "bishop", "N": "knight"}
_MOVE = re.compile(
    r"(?:(?P<piece>[KQRBN])(?P<from>[a-h]?[1-8]?)(?P<takes>x?)(?P<to>[a-h][1-8])|(?P<pawn>[a-h])x(?P<square>[a-h][1-8]))(?:=(?P<becomes>[QRBN]))?(?P<check>[+#]?)(?![\w+#])"
)
_CASTLES = re.compile(r"(?:O-O-O|0-0-0|O-O|0-0)([+#]?)(?![\w-])")


def read_formula(source: Source, at: int) -> Reading | None:
    """A function of one variable: "f'(x)" -> "f prime of x"."""
    found = _FUNCTION.match(source.text, at)
    if found is None or not source.starts_token(at):
        return None
    name, primes, variable = found.groups()
    return Reading(
        spoken=(
            f"{name}{_PRIMES[len(primes)]} of "
            f"{cardinal(variable) if variable.isdigit() else variable}"
        ),
        end=found.end(),
    )


def read_move(source: Source, at: int) -> Reading | None:
    """A move in algebraic notation: "Qxd5+" -> "queen takes D five check"."""
    if not source.starts_token(at) or source.character_before(at) in ("-", "/", "."):
        return None
    if castles := _CASTLES.match(source.text, at):
        if source.text[at] == "0" and not castles.group(1):
            return None  # as likely a score
        side = " queenside" if castles.group().count("-") > 1 else ""
        return Reading(spoken=f"castles{side}{_check(castles.group(1))}", end=castles.end())
    found = _MOVE.match(source.text, at)
    if found is None:
        return None
    to = found.group("to") or found.group("square")
    words = [_PIECES[found.group("piece")] if found.group("piece") else found.group("pawn").upper()]
    words += [_square(found.group("from"))] if found.group("from") else []
    words += ["takes"] if found.group("takes") or found.group("pawn") else []
    words.append(_square(to))
    words += [f"becomes {_PIECES[found.group('becomes')]}"] if found.group("becomes") else []
    return Reading(spoken=" ".join(words) + _check(found.group("check")), end=found.end())


def _square(written: str) -> str:
    return " ".join(cardinal(one) if one.isdigit() else one.upper() for one in written)


def _check(sign: str) -> str:
    return {"+": " check", "#": " checkmate"}.get(sign, "")
