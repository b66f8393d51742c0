"""The page speaks: what leaves for the loudspeaker is what the service says, sample by sample, and
what is seen follows it.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Page

from tests.service.page import until, until_heard

pytestmark = pytest.mark.browser

TEXT = "Good \U0001d11e day, my friend. It costs $5. How are you?"
SETTINGS = {
    "speed": "0.8",
    "pitch": "2",
    "volume": "0.5",
    "temperature": "0.7",
    "seed": "18446744073709551615",
}


def say(page: Page, text: str = TEXT, **settings: str) -> None:
    page.fill("#text", text)
    for name, value in settings.items():
        page.fill(f"#{name}", value)
    page.click("#speak")


def recorded(page: Page, index: int = -1) -> tuple[int, npt.NDArray[np.float64]]:
    """What left for the loudspeaker, and the frame of the clock at its first sample."""
    pieces: list[dict[str, Any]] = page.evaluate(f"recorded({index})")
    assert [piece["frame"] for piece in pieces] == list(
        range(pieces[0]["frame"], pieces[-1]["frame"] + 1, 128)
    )
    return pieces[0]["frame"], np.concatenate([piece["samples"] for piece in pieces])


def begins(sound: npt.NDArray[np.float64], expected: npt.NDArray[np.int16]) -> int:
    """Where in the recording the expected sound lies; it is silent around it."""
    first, wanted = int(np.flatnonzero(sound)[0]), int(np.flatnonzero(expected)[0])
    start = first - wanted
    padded = np.pad(sound, (0, len(expected)))
    np.testing.assert_array_equal(padded[start : start + len(expected)], expected)
    assert not padded[start + len(expected) :].any()
    return start


def said(address: str, **fields: object) -> bytes:
    answer = httpx.post(f"{address}/synthesize", json={"text": TEXT} | fields)
    assert answer.status_code == 200
    return answer.content


def as_numbers(settings: dict[str, str]) -> dict[str, object]:
    return {name: json.loads(value) for name, value in settings.items()}


def test_what_is_heard_is_what_the_service_says(page: Page, address: str) -> None:
    page.select_option("#speaker", "otto")
    say(page, **SETTINGS)
    until_heard(page)
    _, sound = recorded(page)
    expected = said(address, speaker="otto", format="pcm", **as_numbers(SETTINGS))
    begins(sound, np.frombuffer(expected, "<i2"))
    assert page.evaluate("clock.currentTime") > len(expected) / 2 / page.evaluate(
        "clock.sampleRate"
    )
    assert page.inner_text("#seed-told") == SETTINGS["seed"]
    assert page.inner_text("#length") == f"{len(expected) / 2 / 8_000:.2f} s"
    assert page.inner_text("#first").endswith(" ms")
    assert page.inner_text("#pace").endswith(" ×")
    assert page.inner_text("#note").startswith("Not spoken: \U0001d11e (")


def test_it_is_heard_again_and_from_any_place(page: Page, address: str) -> None:
    say(page, seed="7")
    until_heard(page)
    expected = np.frombuffer(said(address, seed=7, format="pcm"), "<i2")
    start = begins(recorded(page)[1], expected)
    page.click("#again")
    until(page, "document.getElementById('again').disabled")
    until_heard(page)
    begins(recorded(page)[1][start + len(expected) :], expected)
    page.evaluate(
        (
            "value => { const one = document.getElementById('position'); one.value = value; "
            "one.dispatchEvent(new Event('change')); }"
        ),
        3_000,
    )
    until_heard(page)
    rest = recorded(page)[1][start + len(expected) :]
    assert rest[np.flatnonzero(rest)[-1]] == expected[np.flatnonzero(expected)[-1]]
    assert np.count_nonzero(rest) == np.count_nonzero(expected) + np.count_nonzero(expected[3_000:])


def test_words_are_lit_while_they_are_heard(page: Page, address: str) -> None:
    say(page, seed="7")
    until_heard(page)
    frame, sound = recorded(page)
    lines = [json.loads(line) for line in said(address, seed=7, timestamps=True).splitlines()]
    begun = frame + begins(sound, np.frombuffer(said(address, seed=7, format="pcm"), "<i2"))
    words = {
        (one["text"], TEXT[one["start_char"] : one["end_char"]]): one
        for one in lines
        if one["type"] == "word" and "start_char" in one
    }
    lit = page.evaluate("lit")
    assert ("five", "$5") in words
    assert [
        (one["said"], one["written"]) for one in lit if one["said"] in {"friend", "five", "how"}
    ] == [("friend", "friend"), ("five", "$5"), ("how", "How")]
    slack = 2 * 128  # the clock moves by quanta, and the page asks it before it lights the word
    for one in lit:
        word = words[one["said"], one["written"]]
        assert word["start_sample"] - slack <= one["frame"] - begun <= word["end_sample"] + slack
    assert page.locator("#lit mark").count() == 0
    assert page.locator("#phonemes span").count() == sum(one["type"] == "phoneme" for one in lines)


def test_pictures_draw_themselves(page: Page) -> None:
    drawn = "Array.from(document.querySelectorAll('canvas'), (one) => one.toDataURL())"
    before = page.evaluate(drawn)
    say(page, TEXT * 3, seed="7")
    until(page, f"before => {drawn}.every((one, at) => one !== before[at])", before)
    until_heard(page)
    colours = page.evaluate(
        """Array.from(document.querySelectorAll('canvas'), (one) => {
            const context = one.getContext('2d'), half = one.width / 2;
            const pixels = context.getImageData(0, 0, one.width, one.height).data;
            const right = context.getImageData(half, 0, half, one.height).data;
            return [pixels, right].map((data) => new Set(new Uint32Array(data.buffer)).size);
        })"""
    )
    assert all(count >= 2 for count in colours[0])
    assert all(count > 50 for count in colours[1])
    full = page.evaluate(drawn)
    page.emulate_media(color_scheme="dark")
    until(page, f"before => {drawn}.every((one, at) => one !== before[at])", full)


def test_pictures_begin_before_the_sound_is_whole(page: Page) -> None:
    """The answer is held after its first half: half of the picture is there, and the rest is
    not.
    """

    def half(route: Any) -> None:
        lines = route.fetch().text().splitlines(keepends=True)
        route.fulfill(
            body="".join(lines[: len(lines) // 2]),
            content_type="application/x-ndjson",
            headers={"x-seed": "7"},
        )

    page.route("**/synthesize", half)
    say(page, seed="7")
    until(page, "document.getElementById('problem').textContent !== ''")
    assert page.inner_text("#problem") == "The answer broke off before its end."
    counts = page.evaluate(
        """(() => {
            const one = document.getElementById('spectrogram'), context = one.getContext('2d');
            const ink = (x) => {
                const picture = context.getImageData(x, 0, one.width / 4, one.height);
                return new Uint32Array(picture.data.buffer).filter((pixel) => pixel !== 0).length;
            };
            return [ink(0), ink(one.width * 3 / 4)]; })()"""
    )
    assert counts[0] > 1_000
    assert counts[1] == 0


def test_it_stops_and_the_service_with_it(page: Page, address: str) -> None:
    say(page, "Good day to you, my friend. " * 10)
    until(page, "document.getElementById('length').textContent !== '–'")
    page.click("#speak")
    assert page.inner_text("#speak") == "Speak"
    until(
        page,
        (
            "fetch('/readyz').then((answer) => answer.json()).then((status) => status.open_streams "
            "=== 0)"
        ),
    )
    length = page.evaluate("recorded(-1).then((pieces) => pieces.length)")
    page.wait_for_timeout(200)
    assert page.evaluate("recorded(-1).then((pieces) => pieces.length)") == length


def test_what_was_heard_can_be_had(page: Page, address: str) -> None:
    say(page, "It's me.", **SETTINGS)
    until_heard(page)
    page.fill("#pitch", "5")  # for the next one; what was heard is not changed by it
    for audio_format, suffix in (("wav", "wav"), ("mulaw", "ul")):
        page.select_option("#format", audio_format)
        with page.expect_download() as caught:
            page.click("#download")
        assert caught.value.suggested_filename == f"speech-{SETTINGS['seed']}.{suffix}"
        assert caught.value.path().read_bytes() == said(
            address, text="It's me.", format=audio_format, speaker="anna", **as_numbers(SETTINGS)
        )
    page.click("#copy")
    until(page, "document.getElementById('note').textContent === 'Copied.'")
    command = page.evaluate("navigator.clipboard.readText()")
    assert "It'\\''s me." in command
    assert f'"seed": {SETTINGS["seed"]}' in command
    page.click("#keep")
    assert page.input_value("#seed") == SETTINGS["seed"]
