"""`python -m service`: serves a voice. `sonant serve` is the same with more comfort."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from service.server import serve
from vocoder.errors import SonantError


def main() -> int:
    """Reads the arguments and serves; 0 after a regular stop, 1 where the service cannot start."""
    parser = argparse.ArgumentParser(
        prog="python -m service", description="Serve a voice over HTTP."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (%(default)s)")
    parser.add_argument("--voice", help="name or folder of a voice (the default voice)")
    parser.add_argument("--engine", default="auto", choices=("auto", "native", "reference", "cuda"))
    parser.add_argument("--precision", default="auto", choices=("auto", "fp32", "bf16", "int8"))
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count() or 1, help="that speak (%(default)s)"
    )
    parser.add_argument("--max-streams", type=int, help="streams that may be open at once")
    parser.add_argument(
        "--capacity", type=float, help="streams that can be made in real time (measured)"
    )
    parser.add_argument(
        "--standby",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="keep a second worker that takes over (yes)",
    )
    parser.add_argument(
        "--address-streams", type=int, help="streams that one address may have open (no limit)"
    )
    parser.add_argument("--address-requests-per-minute", type=int, help="of one address (no limit)")
    parser.add_argument(
        "--key-file",
        type=Path,
        help="API keys, one of which requests must show (none is asked for)",
    )
    parser.add_argument(
        "--shutdown-seconds",
        type=float,
        help="that open streams may go on after the signal to stop (5)",
    )
    options = parser.parse_args()
    try:
        serve(
            options.host,
            options.port,
            options.voice,
            engine=options.engine,
            precision=options.precision,
            threads=options.threads,
            max_streams=options.max_streams,
            capacity=options.capacity,
            standby=options.standby,
            address_streams=options.address_streams,
            address_requests_per_minute=options.address_requests_per_minute,
            key_file=options.key_file,
            shutdown_seconds=options.shutdown_seconds,
        )
    except (SonantError, OSError) as error:
        print(f"cannot serve: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
