"""The command that speech-dispatcher runs for each message, from `docs/speech-dispatcher`."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from service.frontend.supervisor import Supervisor
from service.settings import ServiceSettings
from tests.service.listening import listening
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.voice import Voice

CONFIG = Path(__file__).parents[3] / "docs" / "speech-dispatcher" / "sonant.conf"
TEXT = 'It\'s a "good" day, $HOME & `all`.'


@pytest.mark.parametrize(("rate", "length_scale"), [(0, 1.0), (50, 0.5), (-50, 2.0)])
def test_the_command_speaks(
    settings: ServiceSettings, worker: Supervisor, voice: Voice, rate: int, length_scale: float
) -> None:
    found = re.search(r'^GenericExecuteSynth \\\n"(.*)"$', CONFIG.read_text("utf-8"), re.MULTILINE)
    assert found is not None
    # What the generic module does: its escapes, then its variables; a ' in a message is '\''.
    command = re.sub(r"\\(.)", r"\1", found[1])
    command = command.replace("$DATA", TEXT.replace("'", "'\\''")).replace("$RATE", str(rate))
    command = command.replace("$PLAY_COMMAND", "cat")
    with listening(settings, worker) as address:
        command = command.replace("http://127.0.0.1:8000/?", f"{address}/?seed=7&")
        done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, check=True)
    spoken = voice.synthesize(TEXT, seed=7, length_scale=round(length_scale, 3))
    assert abs(len(done.stdout) - 44 - len(to_bytes(spoken))) < 0.01 * len(done.stdout)
