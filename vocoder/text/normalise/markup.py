"""What is written for the eye alone: lines of symbols, tags, emoticons, the stars and hashes of
plain-text formatting.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelled_codes import speak_code
from vocoder.text.normalise.symbols import shown

_LINE = re.compile(r"([-=*_~#+<>|^$@&%/\\])\1{3,}")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]{0,15}(?:\s[^<>]{0,200})?/?>|<!--[^<>]{0,200}-->")
_EMOTICON = re.compile(r"(?<!\S)[:;=8][-o']?[()DPpOo/\\|*](?!\S)|(?<!\S)(?:<3|\^_?\^|:'\()(?!\S)")
_SCHEME = re.compile(r"^(?:https?://|ftp://|mailto:)", re.IGNORECASE)
_HEADING = re.compile(r"#{1,6}(?=\s)")
_EMPHASIS = re.compile(r"[*_]{1,3}|~~")
# Links of Markdown: of "[the guide](https://example.com)" the text is read.
_LINK = re.compile(
    r"!?\[(?=[^\[\]]{1,200}\](?:\([^\s()]{1,500}(?:\s\"[^\"]{0,100}\")?\)|\[[^\[\]]{0,60}\]))"
)
_LINK_END = re.compile(
    r"\](?:\((?=[^\s()]*[/.#@])[^\s()]{1,500}(?:\s\"[^\"]{0,100}\")?\)|\[[^\[\]]{0,60}\])"
)
_AUTOLINK = re.compile(r"<((?:https?://|ftp://|mailto:|[\w.+-]{1,64}@)[^\s<>]{1,500})>")
_NOTE = re.compile(r"\[(?:[0-9]{1,3}|[a-z]|note [0-9]{1,3}|citation needed)\]")
_NOTE_BEFORE = re.compile(r"[^\W_]\Z|[.,;:!?'\")\]]\Z")
_DIGIT_BEFORE = re.compile(r"[0-9)]\s?\Z")


def read_markup(source: Source, at: int) -> Reading | None:
    """Silence for formatting; what had a meaning that is lost is reported."""
    text = source.text
    for pattern, reason in (
        (_LINE, "is a line of symbols"),
        (_TAG, "is a tag"),
        (_EMOTICON, "is an emoticon"),
    ):
        if found := pattern.match(text, at):
            return Reading(spoken="", end=found.end(), skipped=((shown(found.group()), reason),))
    if link := _AUTOLINK.match(text, at):
        return Reading(
            spoken=speak_code(_SCHEME.sub("", link.group(1)).rstrip("/")), end=link.end()
        )
    note = _NOTE.match(text, at)
    if note and _NOTE_BEFORE.search(text[max(0, at - 1) : at]):
        return Reading(
            spoken="", end=note.end(), skipped=((note.group(), "is the number of a note"),)
        )
    if link := _LINK.match(text, at):
        return Reading(spoken="", end=link.end())
    if (link := _LINK_END.match(text, at)) and "[" in text[max(0, at - 200) : at]:
        return Reading(spoken="", end=link.end())
    heading = _HEADING.match(text, at)
    if heading and (at == 0 or source.character_before(at) == "\n"):
        return Reading(spoken="", end=heading.end())
    emphasis = _EMPHASIS.match(text, at)
    if emphasis and not _DIGIT_BEFORE.search(text[max(0, at - 2) : at]):
        # Around words it is emphasis, before a space a list's bullet.
        return Reading(
            spoken=""
            if source.character_after(emphasis.end()).strip() or source.character_before(at).strip()
            else ",",
            end=emphasis.end(),
        )
    return None
