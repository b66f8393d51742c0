"""File names and paths."""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelled_codes import speak_code

_SUFFIXES = (
    "txt|pdf|docx?|xlsx?|pptx?|csv|tsv|json|ya?ml|toml|xml|html?|css|jsx?|tsx?|py|rb|go|rs|java|cpp|cc|hpp|sh|bat|exe|dll|so|zip|gz|tar|rar|7z|png|jpe?g|gif|svg|bmp|tiff?|mp3|mp4|"
    "wav|flac|ogg|opus|mov|avi|mkv|md|rst|log|cfg|ini|conf|sql|db|bin|iso|apk|dmg|deb|rpm|h|c"
)
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_-]{0,80}"
_FILE = re.compile(rf"{_NAME}(?:\.{_NAME}){{0,4}}\.(?:{_SUFFIXES})(?![A-Za-z0-9_-]|\.[A-Za-z0-9])")
_UNIX = re.compile(
    r"(?:~|\.{1,2})?(?:/[A-Za-z0-9_.@+-]{1,100}){2,20}/?|(?:~|\.{1,2})/[A-Za-z0-9_.@+-]{1,100}/?"
)
_WINDOWS = re.compile(r"[A-Za-z]:\\(?:[A-Za-z0-9_.~-]{1,100}\\?){0,20}")
_TRAILING = ".,;:!?"


def read_path(source: Source, at: int) -> Reading | None:
    """A path from the root, from home or from here; a file name with a suffix that is known."""
    text = source.text
    before = source.character_before(at)
    if before and (before.isalnum() or before in "/\\_."):
        return None
    for pattern in (_WINDOWS, _UNIX, _FILE):
        if found := pattern.match(text, at):
            said = found.group().rstrip(_TRAILING)
            if said and any(character.isalpha() for character in said):
                return Reading(spoken=speak_code(said), end=at + len(said))
    return None
