"""All commands, and the one place where errors become lines and exit codes.

0    done
1    failed: a damaged voice, an engine that does not run here, a full disk
2    bad input: an option, a text, a file
130  interrupted (Ctrl-C); 143 terminated; 141 whoever read the output has left
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import click

from vocoder.cli.bench import bench
from vocoder.cli.render import render
from vocoder.cli.say import say
from vocoder.cli.score import score
from vocoder.cli.serve import serve, wyoming
from vocoder.cli.vocode import vocode
from vocoder.cli.voices import voices
from vocoder.errors import InputError, SonantError

FAILED, BAD_INPUT = 1, 2
INTERRUPTED, BROKEN_PIPE, TERMINATED = (
    128 + number for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGTERM)
)


@click.group(context_settings={"show_default": True, "max_content_width": 100})
def app() -> None:
    """Speech from text, by a WaveNet."""


for command in (say, render, vocode, voices, score, bench, serve, wyoming):
    app.add_command(command)


def main() -> None:
    """Runs the command that `sys.argv` names, and exits with its code."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command.

    Args:
        arguments: without the program's name.

    Returns:
        the exit code; what there is to say about an error has been said on standard error, in one
        line.
    """
    try:
        # Not `app.main`, which makes exit codes of errors itself.
        with app.make_context("sonant", arguments) as context:
            code = app.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return BAD_INPUT
    except click.ClickException as error:
        return _fail(f"{error.format_message()} Try --help.", BAD_INPUT)
    except InputError as error:
        return _fail(str(error), BAD_INPUT)
    except SonantError as error:
        return _fail(str(error), FAILED)
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_left()
    except OSError as error:
        return _fail(f"{error.filename or 'output'}: {error.strerror}", FAILED)
    return code if isinstance(code, int) else 0


def _fail(message: str, code: int) -> int:
    line = " ".join(message.split())
    sys.stderr.write(f"sonant: {line}\n")
    return code


def _reader_left() -> int:
    """Python flushes standard output once more when it ends, and would complain: let it flush into
    nothing.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def _terminate(number: int, frame: FrameType | None) -> None:
    """As an exception, so that files half written are cleared away."""
    sys.exit(TERMINATED)
