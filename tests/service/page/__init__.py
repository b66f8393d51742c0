"""The page in a real browser. What leaves for the loudspeaker is recorded sample by sample, so
tests compare sound.
"""

from __future__ import annotations

import time

from playwright.sync_api import Page

# Runs in the browser's audio thread, behind the page's own node.
RECORDER = """
class Recorder extends AudioWorkletProcessor {
  constructor() {
    super();
    this.pieces = [];
    this.port.onmessage = () => this.port.postMessage(this.pieces);
  }
  process([[input]]) {
    if (input) {
      const samples = Array.from(input, (value) => value * 32768);
      this.pieces.push({ frame: currentFrame, samples });
    }
    return true;
  }
}
registerProcessor("recorder", Recorder);
"""


def until(page: Page, holds: str, argument: object = None, *, seconds: float = 20.0) -> None:
    """Waits until this JavaScript is true. By asking again and again: the page's policy does not
    let Playwright's own waiting in.
    """
    deadline = time.monotonic() + seconds
    while not page.evaluate(holds, argument):
        assert time.monotonic() < deadline, f"{holds} has not become true"
        page.wait_for_timeout(20)


def until_heard(page: Page) -> None:
    """Waits for the end of the sound."""
    until(page, "!document.getElementById('again').disabled")
