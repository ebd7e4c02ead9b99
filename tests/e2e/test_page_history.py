"""The address and the history, in a real Chromium over a search in memory: back, forward, reload, bookmarks."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from e2e.driving import (
    CARDS,
    READY,
    OpenPage,
    go,
    ids,
    scroll_until_cards,
    search_for,
    wait_for_results,
)

pytestmark = pytest.mark.e2e


@pytest.fixture
def page(open_page: OpenPage) -> Iterator[Page]:
    with open_page() as page:
        yield page


def test_back_and_forward_restore_each_search(page: Page, fake_site: str) -> None:
    """Words, filters, order and open picture come back by the browser's own buttons, and by reloading."""
    go(page, fake_site)
    search_for(page, "face")
    wait_for_results(page, "result")
    first = ids(page)
    page.locator(".facet-link").nth(1).click()
    page.wait_for_url(re.compile("filter="))
    page.select_option("#sort", "title")
    page.wait_for_url(re.compile("sort=title"))
    wait_for_results(page, "result")
    last, address = ids(page), page.url
    assert last != first
    page.locator(f"{CARDS} .open").first.click()
    page.wait_for_url(re.compile("asset="))
    expect(page.locator("#viewer .about")).to_be_visible()
    page.go_back()
    expect(page.locator("#viewer")).not_to_be_visible()
    assert page.url == address
    page.go_back()
    page.go_back()
    page.wait_for_function("expected => document.querySelectorAll('#grid .card').length === expected", arg=len(first))
    assert ids(page) == first
    expect(page.locator(".chip")).to_have_count(0)
    page.go_back()
    expect(page.locator("#q")).to_have_value("")
    expect(page.locator(".intro")).to_be_visible()
    for _ in range(3):
        page.go_forward()
    page.wait_for_function("address => location.href === address", arg=address)
    wait_for_results(page, "result")
    page.wait_for_function("count => document.querySelectorAll('#grid .card').length === count", arg=len(last))
    assert ids(page) == last
    page.reload()
    page.wait_for_selector(READY)
    assert ids(page) == last
    expect(page.locator("#q")).to_have_value("face")
    expect(page.locator("#sort")).to_have_value("title")


def test_a_bookmark_opens_the_large_view(page: Page, fake_site: str) -> None:
    """An address with an open asset shows its picture at once; closing it leaves the search."""
    go(page, fake_site)
    wanted = ids(page)[3]
    go(page, f"{fake_site}/?sort=newest&asset={wanted}")
    expect(page.locator("#viewer .about h2")).to_be_visible()
    assert page.evaluate("document.querySelector('#viewer').matches(':modal')")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).not_to_be_visible()
    assert page.url == f"{fake_site}/?sort=newest"


def test_more_like_this_from_the_card_and_from_the_large_view(page: Page, fake_site: str) -> None:
    """Both lead to the same search, with the asset as a chip; back returns to the large view."""
    go(page, f"{fake_site}/?q=face")
    card = page.locator(CARDS).nth(1)
    wanted = str(card.get_attribute("data-id"))
    card.hover()
    card.locator(".similar").click()
    page.wait_for_url(re.compile(f"like={wanted}$"))
    expect(page.locator(".chip")).to_contain_text("Like")
    page.go_back()
    page.wait_for_url(re.compile("q=face$"))
    wait_for_results(page, "result")
    page.locator(f"{CARDS} .open").nth(1).click()
    expect(page.locator("#viewer .why-room")).to_contain_text("Why this result")
    page.locator("#viewer .primary").click()
    page.wait_for_url(re.compile(f"like={wanted}$"))
    expect(page.locator("#viewer")).not_to_be_visible()
    page.go_back()
    expect(page.locator(f"#viewer [data-id='{wanted}']")).to_be_visible()


def test_back_finds_the_place_that_was_left(page: Page, fake_site: str) -> None:
    """Every page that was loaded is still there, at the same height, with the order it was asked in."""
    go(page, fake_site)
    scroll_until_cards(page, 90)
    page.evaluate("scrollTo(0, 2500)")
    page.wait_for_load_state("networkidle")
    before = ids(page)
    page.locator(CARDS).nth(60).locator(".similar").dispatch_event("click")
    page.wait_for_url(re.compile("like="))
    assert page.evaluate("scrollY") == 0
    page.go_back()
    expect(page.locator(".chip")).to_have_count(0)
    assert ids(page) == before
    assert page.evaluate("scrollY") == 2500
    page.evaluate("scrollTo(0, 0)")
    page.select_option("#sort", "title")
    page.wait_for_url(re.compile("sort=title"))
    page.go_back()
    expect(page.locator("#sort")).to_have_value("")
    scroll_until_cards(page, len(before) + 1)
