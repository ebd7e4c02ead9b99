"""Layout, keys, colours and small screens, in a real Chromium over a search in memory."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from e2e.driving import (
    CARDS,
    NARROW,
    PICTURE,
    READY,
    SCROLLS,
    OpenPage,
    go,
    ids,
    places,
    scroll_until_cards,
    wait_for_results,
)

pytestmark = pytest.mark.e2e


@pytest.fixture
def page(open_page: OpenPage) -> Iterator[Page]:
    with open_page() as page:
        yield page


def test_reading_by_rows_is_reading_by_rank(page: Page, fake_site: str) -> None:
    """Sorted by top, then left, the cards stand in the order of the answer, at several widths."""
    go(page, fake_site)
    for width in (1440, 1000, 700):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(120)
        found = places(page)
        assert found == sorted(found)
        assert len(set(found)) == len(found) >= 30


def test_nothing_moves_after_it_is_shown(page: Page, fake_site: str) -> None:
    """The layout's cumulative shift stays below 0.02 while pictures arrive and more are loaded (good: 0.1)."""
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver(list => {
            for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    go(page, fake_site)
    page.wait_for_load_state("networkidle")
    scroll_until_cards(page, 60)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shift") < 0.02


def test_scrolling_brings_everything_once(page: Page, fake_site: str) -> None:
    """The end of the grid loads the next page until there is none; no asset comes twice."""
    go(page, fake_site)
    total = int(re.sub(r"\D", "", page.locator("#total").inner_text()))
    for _ in range(SCROLLS):
        page.mouse.wheel(0, 6000)
        page.wait_for_timeout(150)
        if page.get_by_text("You have seen them all.").count():
            break
    found = ids(page)
    assert len(found) == len(set(found)) == total
    assert places(page) == sorted(places(page))


def test_the_keyboard_alone_is_enough(page: Page, fake_site: str) -> None:
    """Slash, words, Enter; Tab to the grid, arrows within it, Enter to open, arrows on, Esc back to the card."""
    go(page, fake_site)
    page.locator("#total").focus()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("face")
    page.keyboard.press("Enter")
    wait_for_results(page, "result")
    page.locator(f"{CARDS} .open").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(f"{CARDS} .open").nth(2)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(f"{CARDS} .open").nth(1)).to_be_focused()
    before = page.evaluate("document.activeElement.parentElement.offsetLeft")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.parentElement.offsetLeft") == before
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer .about h2")).to_be_focused()
    third = ids(page)[2]
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(f"asset={third}"))
    expect(page.locator(f"#viewer [data-id='{third}']")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).not_to_be_visible()
    expect(page.locator(f"{CARDS} .open").nth(2)).to_be_focused()
    assert page.locator(f'{CARDS} .open[tabindex="0"]').count() == 1


def test_the_first_tab_skips_to_the_results(page: Page, fake_site: str) -> None:
    """The skip link is the first stop and visible when it is."""
    go(page, f"{fake_site}/?q=face")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    expect(skip).to_be_focused()
    page.wait_for_function("() => document.querySelector('.skip').getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_suggestions_are_chosen_with_the_arrows(page: Page, fake_site: str) -> None:
    """Typing opens the list, the arrows fill the box, Esc gives back what was typed, Enter searches."""
    go(page, fake_site)
    box = page.locator("#q")
    box.press_sequentially("fac", delay=30)
    options = page.locator('#suggestions [role="option"]')
    expect(options.first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    chosen = options.first.get_attribute("data-text")
    expect(box).to_have_value(str(chosen))
    expect(box).to_have_attribute("aria-activedescendant", "suggestion-1")
    page.keyboard.press("Escape")
    expect(box).to_have_value("fac")
    expect(page.locator("#suggestions")).not_to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_for_results(page, "result")
    expect(page.locator("#suggestions")).not_to_be_visible()
    expect(box).to_have_value(str(chosen))


def test_colours_follow_the_system_and_the_button(open_page: OpenPage, fake_site: str) -> None:
    """Dark where the system is dark; the button changes it, and the choice outlives a reload."""
    ground = "getComputedStyle(document.body).backgroundColor"
    with open_page(color_scheme="dark") as page:
        go(page, fake_site)
        dark = page.evaluate(ground)
        expect(page.locator("#theme")).to_have_attribute("aria-pressed", "true")
        page.click("#theme")
        light = page.evaluate(ground)
        assert light != dark
        page.reload()
        page.wait_for_selector(READY)
        assert page.evaluate(ground) == light


@pytest.mark.parametrize("path", ["/", "/?q=face", "/?q=zzzz", "/?q=face&filter=tags:face&like=pictogram-1f600"])
def test_a_small_telephone_scrolls_one_way_only(open_page: OpenPage, fake_site: str, path: str) -> None:
    """At 360 pixels nothing is wider than the screen, with the filters open too, and in the large view."""
    wider = "document.documentElement.scrollWidth > innerWidth"
    with open_page(NARROW, has_touch=True, is_mobile=True) as page:
        go(page, fake_site + path)
        assert not page.evaluate(wider)
        page.locator("#filters-button").click()
        expect(page.locator("#filters")).to_be_visible()
        assert not page.evaluate(wider)
        if page.locator(CARDS).count():
            page.locator(f"{CARDS} .open").first.click()
            expect(page.locator("#viewer .about h2")).to_be_visible()
            assert not page.evaluate("document.querySelector('#viewer-body').scrollWidth > innerWidth")


def test_reduced_motion_is_respected(open_page: OpenPage, fake_site: str) -> None:
    """Nothing is animated for those who asked for that."""
    with open_page(reduced_motion="reduce") as page:
        go(page, f"{fake_site}/?q=face")
        page.locator(f"{CARDS} .open").first.click()
        expect(page.locator("#viewer .about h2")).to_be_visible()
        assert page.evaluate("getComputedStyle(document.querySelector('#viewer')).animationName") == "none"


def test_without_scripts_the_search_works(open_page: OpenPage, fake_site: str) -> None:
    """Form, filter links, more, large view and search by picture are plain links and forms underneath."""
    with open_page(java_script_enabled=False) as page:
        page.goto(fake_site)
        page.fill("#q", "face")
        page.press("#q", "Enter")
        page.wait_for_url(re.compile("q=face"))
        expect(page.locator(CARDS).first).to_be_visible()
        page.locator(".facet-link").first.click()
        expect(page.locator(".chip")).to_have_count(1)
        page.goto(fake_site)
        page.get_by_role("button", name="Show more").click()
        expect(page.locator(CARDS)).to_have_count(30)
        page.locator(f"{CARDS} .open").first.click()
        expect(page.locator("#viewer .about h2")).to_be_visible()
        page.locator("#viewer .close").click()
        expect(page.locator("#viewer")).not_to_be_visible()
        page.set_input_files("#picture", PICTURE)
        page.get_by_role("button", name="Search by this picture").click()
        expect(page.locator(".picture-chip")).to_be_visible()
