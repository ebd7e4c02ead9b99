"""Where in the picture: the large view's button, in a real Chromium over a search in memory."""

import re

import pytest
from playwright.sync_api import expect

from e2e.driving import NARROW, WIDE, OpenPage, go

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "dark"), (NARROW, "light")])
def test_it_shows_where_and_the_picture_again(
    open_page: OpenPage, fake_site: str, size: tuple[int, int], scheme: str
) -> None:
    """By keyboard alone: the heat map, with a legend and its own words, takes the picture's place and gives it back."""
    with open_page(size, color_scheme=scheme) as page:
        go(page, f"{fake_site}/?q=face")
        page.locator("#grid .card .open").first.click()
        picture, legend = page.locator(".stage img"), page.locator(".legend")
        button = page.get_by_role("button", name="Show where")
        expect(button).to_have_attribute("aria-pressed", "false")
        expect(legend).to_be_hidden()
        words = picture.get_attribute("alt")
        button.focus()
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(picture).to_have_attribute("src", re.compile("^blob:"))
        expect(picture).to_have_attribute("alt", re.compile(f"^Heat map: .*{re.escape(words or '')}$"))
        expect(legend).to_be_visible()
        page.wait_for_function("() => document.querySelector('.stage img').naturalWidth > 0")
        page.keyboard.press("Space")
        expect(picture).to_have_attribute("src", re.compile("/picture$"))
        expect(picture).to_have_attribute("alt", words or "")
        expect(legend).to_be_hidden()


def test_what_cannot_be_told_says_what_to_do(open_page: OpenPage, fake_site: str) -> None:
    """A refusal is told beside the button, in the server's words; the picture stays."""
    with open_page(complaints_expected=True) as page:
        go(page, f"{fake_site}/?q=face")
        page.locator("#grid .card .open").first.click()
        button = page.get_by_role("button", name="Show where")
        button.evaluate("button => { button.dataset.where = button.dataset.where.replace('face', 'unexplainable'); }")
        button.click()
        expect(page.get_by_role("status").filter(has_text="Set DAMSIGHT_MODELS__JOINT.")).to_be_visible()
        expect(button).to_have_attribute("aria-pressed", "false")
        expect(page.locator(".stage img")).to_have_attribute("src", re.compile("/picture$"))


def test_browsing_has_nothing_to_explain(open_page: OpenPage, fake_site: str) -> None:
    """Where nothing was looked for there is no such button."""
    with open_page() as page:
        go(page, fake_site)
        page.locator("#grid .card .open").first.click()
        expect(page.locator(".viewer-columns")).to_be_visible()
        expect(page.get_by_role("button", name="Show where")).to_have_count(0)
