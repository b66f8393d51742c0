"""The page for its readers: errors where they belong, the keyboard alone, names for everything,
narrow windows, keys.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.service.page import until, until_heard

pytestmark = pytest.mark.browser

# What is typed, and what is said below it.
WRONG = {
    "text": (" ", "The text is empty"),
    "speed": ("9", "Must lie in 0.25..4, not 9"),
    "pitch": ("13", "Must lie in -12..12, not 13"),
    "volume": ("loud", "Must be a number"),
    "temperature": ("-1", "Must lie in 0..2, not -1"),
    "seed": ("1.5", "Input should be a valid integer"),
}
PLACES = """
Array.from(document.querySelectorAll('button, input, select, canvas, dd'), (one) => {
  const { left, top, width, height } = one.getBoundingClientRect();
  return [left + scrollX, top + scrollY, width, height].map(Math.round);
})
"""
# What a screen reader would say of each control that can be seen; the accessible name by the rules
# for what the page uses.
NAMES = """
Array.from(document.querySelectorAll('button, input, select, textarea, canvas, pre'), (one) => {
  const own = one.tagName === 'BUTTON' ? one.textContent : '';
  const labelled = one.labels?.length ? one.labels[0].textContent : own;
  const name = one.getAttribute('aria-label') ?? labelled;
  return [one.id || one.dataset.of, name.trim()];
})
"""


@pytest.mark.parametrize("field", WRONG)
def test_what_is_wrong_is_told_once_at_its_field(page: Page, field: str) -> None:
    typed, said = WRONG[field]
    page.fill(f"#{field}", typed)
    before = page.evaluate(PLACES)
    page.click("#speak")
    until(
        page, "name => document.getElementById(name).getAttribute('aria-invalid') === 'true'", field
    )
    assert page.inner_text(f"#{field}-error") == said
    assert page.inner_text("#problem") == ""
    assert page.evaluate(PLACES) == before  # nothing moves
    assert page.evaluate("document.activeElement.id") == field
    assert page.get_attribute(f"#{field}", "aria-describedby") == f"{field}-error"
    assert page.locator("[aria-invalid]").count() == 1
    assert page.inner_text("#speak") == "Speak"
    page.fill(f"#{field}", "Yes." if field == "text" else "1")
    page.click("#speak")
    until_heard(page)
    assert page.locator("[aria-invalid]").count() == 0
    assert page.inner_text(f"#{field}-error") == ""


@pytest.mark.parametrize(("field", "sentence"), [("voice", "nobody"), ("speaker", "nobody")])
def test_a_choice_that_is_gone_is_told_as_well(page: Page, field: str, sentence: str) -> None:
    page.evaluate(
        (
            "name => { const one = document.getElementById(name); one.append(new "
            "Option('nobody')); one.value = 'nobody'; }"
        ),
        field,
    )
    page.click("#speak")
    until(
        page, "name => document.getElementById(name).getAttribute('aria-invalid') === 'true'", field
    )
    assert sentence in page.inner_text(f"#{field}-error")


def test_a_format_that_is_refused_is_told_at_the_format(page: Page) -> None:
    page.fill("#text", "Yes.")
    page.click("#speak")
    until_heard(page)
    page.evaluate(
        "() => { const one = document.getElementById('format'); one.append(new Option('tape')); "
        "one.value = 'tape'; }"
    )
    page.click("#download")
    until(page, "document.getElementById('format').getAttribute('aria-invalid') === 'true'")
    assert page.inner_text("#format-error").startswith("Input should be")


def test_what_is_too_long_for_the_page_is_told_at_the_text(page: Page) -> None:
    """It would be spoken: but its length, and so the place of anything in the pictures, is not
    known beforehand.
    """
    page.fill("#text", "Yes. " * 59)
    page.click("#speak")
    until(page, "document.getElementById('text').getAttribute('aria-invalid') === 'true'")
    assert page.inner_text("#text-error").startswith("This is too long to be drawn")
    assert page.inner_text("#speak") == "Speak"
    page.fill("#text", "Yes.")
    page.click("#speak")
    until_heard(page)
    assert page.inner_text("#text-error") == ""


def test_a_service_that_is_gone_is_told(page: Page) -> None:
    page.route("**/synthesize", lambda route: route.abort())
    page.click("#speak")
    until(page, "document.getElementById('problem').textContent !== ''")
    assert page.inner_text("#problem") == "The service cannot be reached."


def test_the_keyboard_is_enough(page: Page) -> None:
    """From the text on, Tab reaches everything that can be used, and what has the focus can be seen
    to have it.
    """
    page.focus("#text")
    page.keyboard.press("Control+A")
    page.keyboard.type("Yes.")
    page.keyboard.press("Control+Enter")
    until_heard(page)
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name, outlined = page.evaluate(
            "() => { const one = document.activeElement; return [one.id || one.dataset.of, "
            "getComputedStyle(one).outlineStyle !== 'none']; }"
        )
        if name is None:
            break
        assert outlined, name
        reached.append(name)
    can_be_used = (
        "Array.from(document.querySelectorAll('button, input, select'), (one) => "
        "one.checkVisibility() && !one.disabled ? one.id || one.dataset.of : null)"
    )
    assert set(reached) == set(filter(None, page.evaluate(can_be_used)))
    page.focus("[data-of=pitch]")
    page.keyboard.press("ArrowRight")
    assert page.input_value("#pitch") == "0.5"
    page.focus("#again")
    page.keyboard.press("Space")
    until(page, "document.getElementById('again').disabled")
    page.keyboard.press("Escape")
    until(page, "document.getElementById('speak').textContent === 'Speak'")


def test_everything_has_a_name_and_what_happens_is_told(page: Page) -> None:
    named = page.evaluate(NAMES)
    assert len(named) > 20
    assert not [one for one, name in named if not name]
    names = [name for _, name in named]
    assert len(names) == len(set(names))
    assert page.get_attribute("html", "lang") == "en"
    assert page.locator("h1").count() == page.locator("main").count() == 1
    page.fill("#text", "Yes.")
    page.click("#speak")
    until_heard(page)
    assert "Seed" in page.inner_text("[role=status][aria-live=polite]")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_from_their_paper(page: Page, scheme: str) -> None:
    """WCAG's contrast of at least 4.5 for every colour that words are written in."""
    page.emulate_media(color_scheme=scheme)
    names = ["paper", "ink", "quiet", "accent", "wrong", "on-accent", "glow"]
    colours = [
        page.evaluate(
            (
                "name => "
                "getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()"
            ),
            name,
        )
        for name in names
    ]
    paper, ink, quiet, accent, wrong, on_accent, glow = map(luminance, colours)
    for letters, ground in (
        (ink, paper),
        (quiet, paper),
        (accent, paper),
        (wrong, paper),
        (on_accent, accent),
        (ink, glow),
    ):
        assert (max(letters, ground) + 0.05) / (min(letters, ground) + 0.05) >= 4.5


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    ]
    return sum(
        weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_sticks_out_of_a_narrow_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.fill("#text", "Donaudampfschifffahrtsgesellschaft" * 3)
    page.click("#speak")
    until_heard(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(
        "document.getElementById('text').scrollHeight <= "
        "document.getElementById('text').clientHeight + 1"
    ), "the text is cut off"


def test_who_wants_less_motion_gets_less(page: Page) -> None:
    motion = "getComputedStyle(document.getElementById('phonemes')).transitionDuration"
    assert page.evaluate(motion) != "0s"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(motion) == "0s"


def test_a_key_is_asked_for_where_the_service_asks_for_one(
    browser: Browser, locked: tuple[str, str]
) -> None:
    address, key = locked
    page = browser.new_page()
    page.goto(address)
    until(page, "document.getElementById('key').checkVisibility()")
    assert page.inner_text("#key-error") == ""
    page.fill("#key", "wrong")
    page.click("#speak")
    until(page, "document.getElementById('key').getAttribute('aria-invalid') === 'true'")
    assert page.inner_text("#key-error") == "This API key is not good"
    page.fill("#key", key)
    page.fill("#text", "Yes.")
    page.click("#speak")
    until_heard(page)
    page.click("#copy")
    until(page, "document.getElementById('command').textContent !== ''")
    assert "$SONANT_KEY" in page.inner_text("#command")
    assert key not in page.inner_text("#command")
    page.close()


def test_what_is_said_of_a_very_long_text_is_in_sight(page: Page) -> None:
    page.fill("#text", "Yes, it was a long day. " * 500)
    page.click("#speak")
    until(page, "document.getElementById('text').getAttribute('aria-invalid') === 'true'")
    place = page.locator("#text-error").bounding_box()
    size = page.viewport_size
    assert place is not None
    assert size is not None
    assert 0 <= place["y"] < size["height"] - place["height"]


def test_the_longest_seed_stands_on_one_line(page: Page) -> None:
    page.fill("#text", "Yes.")
    page.fill("#seed", "9007199254740991")
    page.click("#speak")
    until_heard(page)
    heights = {
        name: page.evaluate(f"document.getElementById('{name}').getBoundingClientRect().height")
        for name in ("seed-told", "pace")
    }
    assert page.inner_text("#seed-told") == "9007199254740991"
    assert heights["seed-told"] == heights["pace"]
