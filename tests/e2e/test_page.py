"""The search page in a real Chromium, over the real API, real models and a real Elasticsearch."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from e2e.driving import CARDS, NARROW, PICTURE, SCROLLS, OpenPage, go, ids, paste, places, search_for, wait_for_results
from e2e.real_library import COUNT, EXAMPLES, entries

pytestmark = pytest.mark.e2e
CONTRAST = Path(__file__).with_name("contrast.js")


@pytest.fixture
def page(open_page: OpenPage) -> Iterator[Page]:
    with open_page() as page:
        yield page


def public() -> list[dict[str, object]]:
    return [entry for entry in entries() if "public" in entry["acl"]]


def test_a_stranger_sees_what_is_public(page: Page, real_site: str) -> None:
    """The first visit counts the public assets alone, shows their pictures, and offers the configured searches."""
    assert len(public()) < COUNT, "the library must hold something that is not public"
    go(page, real_site)
    expect(page.locator("#total")).to_have_text(f"{len(public())} assets in the library")
    expect(page.locator(".intro .examples a")).to_have_text(EXAMPLES)
    page.wait_for_load_state("networkidle")
    assert page.locator(".missing").count() == 0


def test_scrolling_brings_the_whole_library_once(page: Page, real_site: str) -> None:
    """Page after page by cursor, without repeats, in an order that reads by rows."""
    go(page, real_site)
    for _ in range(SCROLLS):
        page.mouse.wheel(0, 5000)
        page.wait_for_timeout(150)
        if page.get_by_text("You have seen them all.").count():
            break
    found = ids(page)
    assert sorted(found) == sorted(str(entry["asset_id"]) for entry in public())
    assert places(page) == sorted(places(page))


def test_words_find_narrow_and_explain(page: Page, real_site: str) -> None:
    """A search, a filter that narrows it, the large view with its reasons, and the way back."""
    wanted = next(entry for entry in public() if len(entry["metadata"]["title"].split()) == 1)  # type: ignore[index]  # a line of the library
    title = wanted["metadata"]["title"]  # type: ignore[index]  # as above
    go(page, real_site)
    search_for(page, title)
    wait_for_results(page, "result")
    assert ids(page)[0] == wanted["asset_id"], "what is called so comes first"
    expect(page.locator(f"{CARDS} .title mark").first).to_be_visible()
    before = len(ids(page))
    page.locator(".facet-link").first.click()
    expect(page.locator(".chip")).to_have_count(1)
    assert len(ids(page)) <= before
    page.go_back()
    expect(page.locator(".chip")).to_have_count(0)
    page.locator(f"{CARDS} .open").first.click()
    why = page.locator("#viewer .why-room")
    expect(why).to_contain_text("Its name")
    expect(why).to_contain_text("Its words")
    expect(page.locator("#viewer dl")).to_contain_text("Noto Emoji")
    page.wait_for_function("() => document.querySelector('.stage img').naturalWidth > 0")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).not_to_be_visible()
    expect(page.locator(f"{CARDS} .open").first).to_be_focused()


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_picture_finds_pictures_like_it(page: Page, real_site: str, way: str) -> None:
    """An uploaded picture is encoded and compared; the chip says that the address does not hold it."""
    go(page, real_site)
    paste(page, way)
    expect(page.locator(".picture-chip")).to_contain_text("not kept in the address")
    expect(page.locator("#total")).to_contain_text("result")
    assert ids(page)
    page.locator(f"{CARDS} .open").first.click()
    expect(page.locator("#viewer .why-room")).to_contain_text("What it shows")


def test_a_pictures_results_go_on(page: Page, real_site: str) -> None:
    """Further pages of a search by picture need no second upload, and repeat nothing."""
    go(page, f"{real_site}/?sort=newest")
    page.set_input_files("#picture", PICTURE)
    expect(page.locator(".picture-chip")).to_be_visible()
    uploads: list[Request] = []
    page.on(
        "request", lambda request: uploads.append(request) if b"JFIF" in (request.post_data_buffer or b"") else None
    )
    for _ in range(6):
        page.mouse.wheel(0, 5000)
        page.wait_for_timeout(150)
    assert len(ids(page)) == len(set(ids(page)))
    assert uploads == []


def test_more_like_this_names_what_it_compares_with(page: Page, real_site: str) -> None:
    """The nearest to a picture in its own space are found, and the chip names it."""
    go(page, real_site)
    card = page.locator(CARDS).nth(2)
    title = card.locator(".title").inner_text()
    card.hover()
    card.locator(".similar").click()
    page.wait_for_url(re.compile("like="))
    expect(page.locator(".chip")).to_contain_text(title)
    assert ids(page)


def test_suggestions_come_from_titles_and_tags(page: Page, real_site: str) -> None:
    """Typing brings what begins so; choosing one searches for it."""
    go(page, real_site)
    page.locator("#q").press_sequentially("fac", delay=40)
    option = page.locator('#suggestions [role="option"]').first
    expect(option).to_be_visible()
    text = str(option.get_attribute("data-text"))
    option.click()
    wait_for_results(page, "result")
    expect(page.locator("#q")).to_have_value(text)


@pytest.mark.parametrize("path", ["/", "/?q=face", "/?q=face&asset={id}"])
def test_each_part_has_a_name(page: Page, real_site: str, path: str) -> None:
    """Every image has a text alternative or says it has none; every control has a name; ids are unique."""
    go(page, real_site + path.format(id=public()[0]["asset_id"]))
    assert page.locator("img:not([alt])").count() == 0
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("input:not([type=hidden]), select, button, a[href], [role=option]")]
            .filter(each => each.checkVisibility())
            .filter(each => !(each.labels?.length || each.getAttribute("aria-label") || each.textContent.trim()))
            .map(each => each.outerHTML)"""
    )
    assert unnamed == []
    repeated = page.evaluate(
        """() => { const all = [...document.querySelectorAll("[id]")].map(each => each.id);
                   return all.filter((id, index) => all.indexOf(id) !== index); }"""
    )
    assert repeated == []
    assert page.locator("h1, h2").count() > 0
    assert page.locator("main").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(open_page: OpenPage, real_site: str, scheme: str) -> None:
    """Text reaches WCAG's contrast of 4.5 to 1 in both colour schemes."""
    with open_page(color_scheme=scheme) as page:
        go(page, f"{real_site}/?q=face&filter=tags:face")
        poor = page.evaluate(CONTRAST.read_text(encoding="utf-8"))
        assert poor == []


def test_a_small_telephone_shows_it_all(open_page: OpenPage, real_site: str) -> None:
    """At 360 pixels the search, the filters and the large view fit."""
    with open_page(NARROW, has_touch=True, is_mobile=True) as page:
        go(page, real_site)
        search_for(page, "face")
        wait_for_results(page, "result")
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        page.locator(f"{CARDS} .open").first.click()
        expect(page.locator("#viewer .about h2")).to_be_visible()
