"""Where voices are looked for: the folders of `$SONANT_VOICES`, then `voices/` of the checkout,
then those installed with the package.

A name is found in the first of these folders that has it, and is never a path: a server may look up
whatever a client sends.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from vocoder.errors import InputError

DEFAULT_VOICE = "kathleen"
MANIFEST = "voice.json"  # the file that makes a folder a voice
VARIABLE = "SONANT_VOICES"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # of a voice
_CHECKOUT = Path(__file__).resolve().parents[2]
_INSTALLED = Path(__file__).resolve().parent / "installed"


def voice_folders() -> tuple[Path, ...]:
    """Folders of voice packs, the first to be asked first; some may not exist."""
    named = [Path(folder) for folder in os.environ.get(VARIABLE, "").split(os.pathsep) if folder]
    return (*named, _CHECKOUT / "voices", _INSTALLED)


def find_voices() -> dict[str, Path]:
    """Every voice there is: name to folder, in alphabetical order."""
    found: dict[str, Path] = {}
    for folder in voice_folders():
        for manifest in sorted(folder.glob(f"*/{MANIFEST}")):
            found.setdefault(manifest.parent.name, manifest.parent)
    return dict(sorted(found.items()))


def find_voice(name: str) -> Path:
    """The folder of the voice of this name.

    Raises:
        InputError: there is none; `field` is "voice" and the message lists those that there are.
    """
    if NAME.fullmatch(name):
        for folder in voice_folders():
            if (folder / name / MANIFEST).is_file():
                return folder / name
    known = ", ".join(find_voices()) or "none; set $SONANT_VOICES to a folder of voices"
    raise InputError(f"there is no voice {name!r} (known: {known})", field="voice")
