"""Addresses of the net: e-mail, web, @names, #tags; and file names and paths. Read part by part,
with their marks said by name.

Lengths are bounded as the standards bound them (RFC 5321: 64 and 255 characters), which also bounds
how far a rule looks.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelled_codes import speak_code
from vocoder.text.normalise.word_lists import listed

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAINS = (
    "com|org|net|edu|gov|mil|int|io|ai|co|uk|us|ca|de|fr|nl|eu|au|jp|cn|in|ru|ch|at|be|it|es|se|no|dk|fi|pl|br|mx|nz|ie|za|info|biz|dev|app|me|tv|fm|ly|xyz|blog|news|tech|online|"
    "site|shop|store|cloud|wiki|museum|example|test|localhost|local"
)
_NEVER_ALONE = listed("in it at be no me us es se is int test local news store site shop example")
_HOST = rf"(?:{_LABEL}\.){{1,8}}(?:{_DOMAINS})(?![A-Za-z0-9-]|\.[A-Za-z])"
_TAIL = r"(?::[0-9]{1,5})?(?:[/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%-]{0,1000})?"
_EMAIL = re.compile(
    rf"(?:mailto:)?([A-Za-z0-9][A-Za-z0-9._%+-]{{0,63}}@(?:{_LABEL}\.){{1,8}}[A-Za-z]{{2,24}})(?![A-Za-z0-9-])",
    re.IGNORECASE,
)
_URL = re.compile(
    rf"(?:https?://|ftp://|file:///?)((?:[A-Za-z0-9-]{{1,63}}\.){{0,8}}[A-Za-z0-9-]{{1,63}}{_TAIL})",
    re.IGNORECASE,
)
_BARE = re.compile(rf"(?:www\.(?:{_LABEL}\.){{1,8}}[A-Za-z]{{2,24}}|{_HOST}){_TAIL}", re.IGNORECASE)
_HANDLE = re.compile(r"@([A-Za-z0-9_]{1,40}(?:\.[A-Za-z0-9_]{1,40})?)")
_TAG = re.compile(
    r"#([A-Za-z_][A-Za-z0-9_]{0,100}|[0-9]{1,12}[A-Za-z_][A-Za-z0-9_]{1,100})(?![^\W_])"
)
_PORT = re.compile(
    r"(?:localhost|(?:[0-9]{1,3}\.){3}[0-9]{1,3}):[0-9]{1,5}(?:/[A-Za-z0-9._~/-]{0,200})?(?![\w:])",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"\.([A-Za-z][A-Za-z0-9]{1,8})(?![\w.]*[\w@])")
_TRAILING = ".,;:!?'\")]}*"


def read_address(source: Source, at: int) -> Reading | None:
    """An e-mail or web address."""
    text = source.text
    if not source.starts_token(at):
        return None
    if email := _EMAIL.match(text, at):
        return Reading(spoken=speak_code(email.group(1)), end=email.end())
    if port := _PORT.match(text, at):
        return Reading(
            spoken=speak_code(port.group().rstrip(_TRAILING).rstrip("/")), end=port.end()
        )
    found = _URL.match(text, at)
    if found is None:
        found = _BARE.match(text, at)
        if found is None or not _is_host(found.group()):
            return None
    said = (found.group(1) if found.lastindex else found.group()).rstrip(_TRAILING)
    end = found.end() - (len(found.group()) - len(found.group().rstrip(_TRAILING)))
    return Reading(spoken=speak_code(said.rstrip("/")), end=end) if said else None


def _is_host(written: str) -> bool:
    """Whether what looks like a host is one, and not two sentences without a space between them
    ("done.It was").
    """
    host = re.split("[:/?#]", written, maxsplit=1)[0]
    last = host.rpartition(".")[2]
    if host.lower().startswith("www."):
        return True
    if last.lower() in _NEVER_ALONE and len(host) == len(written) and host.count(".") == 1:
        return False
    return not (last[0].isupper() and host[0].islower()) and not host.replace(".", "").isdigit()


def read_handle(source: Source, at: int) -> Reading | None:
    """A name with @, a tag with #."""
    text = source.text
    before = source.character_before(at)
    if before and (before.isalnum() or before in "/_@#"):
        return None
    if handle := _HANDLE.match(text, at):
        return Reading(spoken="at " + speak_code(handle.group(1)), end=handle.end())
    if tag := _TAG.match(text, at):
        return Reading(spoken="hashtag " + speak_code(tag.group(1)), end=tag.end())
    return None


def read_suffix(source: Source, at: int) -> Reading | None:
    """A name that begins with a full stop: ".NET", ".com", ".txt"."""
    found = _SUFFIX.match(source.text, at)
    before = source.character_before(at)
    if found is None or (before and not before.isspace() and before not in "\"'(["):
        return None
    return Reading(spoken=speak_code(found.group()), end=found.end())
