"""A lexicon from a document in either form: what begins with a tag is PLS, and everything else is
taken for JSON.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from vocoder.errors import InputError
from vocoder.text.lexicon.lexicon import Lexicon
from vocoder.text.lexicon.plain_json import from_json
from vocoder.text.lexicon.pls import from_pls
from vocoder.text.xml import decode_xml

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_lexicon(document: bytes, *, language: str | None = None) -> Lexicon:
    """The lexicon in a document, JSON (in UTF-8) or PLS.

    Args:
        document: the contents of a file, or of a body.
        language: of the voice that will say the words, as espeak-ng names it; PLS must be for it.
            None: for any.

    Raises:
        InputError: field "lexicon"; it is neither, or as `from_json` and `from_pls`.
    """
    if document.startswith(_UTF_16) or document.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<":
        return from_pls(
            decode_xml(document, what="the lexicon", field="lexicon"), language=language
        )
    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"the lexicon is not UTF-8: {error.reason} at byte {error.start}", field="lexicon"
        ) from error
    return from_json(text)


def read_lexicon_file(path: Path, *, language: str | None = None) -> Lexicon:
    """The lexicon in a file, as `read_lexicon`.

    Raises:
        InputError: field "lexicon"; it names the file.
    """
    try:
        return read_lexicon(path.read_bytes(), language=language)
    except OSError as error:
        raise InputError(f"the lexicon {path} cannot be read: {error}", field="lexicon") from error
    except InputError as error:
        raise InputError(f"{path}: {error}", field="lexicon") from error
