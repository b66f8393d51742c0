"""Where lines of the log go: one line of JSON for each request to standard output, everything else,
as text, to standard error.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from starlette.requests import HTTPConnection

REQUESTS = "sonant.requests"


def log_text(connection: HTTPConnection, text: str) -> None:
    """A line with what a request asks to have spoken or read; where the settings want it, and
    nowhere else is any text logged.
    """
    log_text_of(connection.scope["state"].get("request_id"), text)


def log_text_of(request_id: str | None, text: str) -> None:
    """The same, of a request that is no HTTP."""
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "request_id": request_id,
        "text": text,
    }
    logging.getLogger(REQUESTS).info("%s", json.dumps(line, ensure_ascii=True))


def set_up_logs() -> None:
    """For a process that does nothing but serve; uvicorn sets up its own beside it."""
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s: %(message)s", level=logging.INFO)
    requests = logging.getLogger(REQUESTS)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    requests.handlers, requests.propagate = [handler], False
    requests.setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").addFilter(ClientErrorFilter())


class ClientErrorFilter(logging.Filter):
    """Makes a line of the tracebacks that uvicorn gives where a client has sent text over a
    WebSocket that is none: nothing here is broken.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets everything through."""
        if record.exc_info is not None and isinstance(record.exc_info[1], UnicodeDecodeError):
            record.exc_info, record.levelno, record.levelname = None, logging.INFO, "INFO"
        return True
