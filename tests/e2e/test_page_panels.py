"""Groups and the map, saved searches, alerts and feedback: in a real Chromium over the real API and index."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from e2e.driving import CARDS, NARROW, OpenPage, go, wait_for_results
from fakes.search_app import token

pytestmark = pytest.mark.e2e


@pytest.fixture
def signed_in(open_page: OpenPage) -> Iterator[Page]:
    """A page of somebody whom the DAM's proxy signs in."""
    with open_page(extra_http_headers={"Authorization": f"Bearer {token('bert', ('press',))}"}) as page:
        yield page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_results_are_seen_in_groups_and_on_a_map(open_page: OpenPage, real_site: str, scheme: str) -> None:
    """Each group is named and can be seen whole; on the map every candidate has a place; the grid comes back."""
    with open_page(NARROW if scheme == "dark" else (1440, 900), color_scheme=scheme) as page:
        go(page, f"{real_site}/?q=face")
        button = page.get_by_role("button", name="Groups")
        button.click()
        expect(page.locator(".group").nth(1)).to_be_visible()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#grid")).to_be_hidden()
        told = page.locator(".group h3 .aside").all_inner_texts()
        page.get_by_role("button", name="Map").click()
        expect(page.locator(".group").first).to_be_hidden()
        assert page.locator(".spot").count() == sum(map(int, told))
        page.get_by_role("button", name="Groups").click()
        expect(page.locator(CARDS).first).to_be_visible()


def test_a_search_is_saved_listed_and_removed(signed_in: Page, real_site: str) -> None:
    """The dialog keeps the search that is shown under a name, leads back to it, and forgets it."""
    page = signed_in
    go(page, f"{real_site}/?q=apple")
    page.get_by_role("button", name="Saved searches and alerts").click()
    page.get_by_label("Save this search as").fill("<b>Apples</b>")
    page.get_by_role("button", name="Save", exact=True).click()
    link = page.locator("#saved-list a")
    expect(link).to_have_text("<b>Apples</b>")
    expect(page.locator("#alerts .none")).to_contain_text("Nothing new")
    link.click()
    page.wait_for_url(re.compile(r"\?q=apple$"))
    wait_for_results(page, "result")
    page.get_by_role("button", name="Saved searches and alerts").click()
    page.get_by_role("button", name="Remove <b>Apples</b>").click()
    expect(page.locator("#saved-list .none")).to_be_visible()


def test_a_stranger_is_told_to_sign_in(open_page: OpenPage, real_site: str) -> None:
    """What belongs to people needs one: the dialog says so in the server's words."""
    with open_page(complaints_expected=True) as page:
        go(page, f"{real_site}/?q=apple")
        page.get_by_role("button", name="Saved searches and alerts").click()
        expect(page.locator("#saved [role=alert]")).to_be_visible()
        expect(page.locator("#saved [role=alert]")).not_to_be_empty()
        page.keyboard.press("Escape")
        expect(page.locator("#saved")).to_be_hidden()


def test_a_hit_is_marked(signed_in: Page, real_site: str) -> None:
    """Whether a hit fits is asked of who looks for something, noted once chosen, and not asked while browsing."""
    page = signed_in
    go(page, f"{real_site}/?q=apple")
    page.locator(f"{CARDS} .open").first.click()
    no = page.locator("[data-mark='marked-wrong']")
    no.click()
    expect(no).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".thanks")).to_contain_text("noted")
    go(page, real_site)
    page.locator(f"{CARDS} .open").first.click()
    expect(page.locator(".viewer-columns")).to_be_visible()
    expect(page.locator(".judge")).to_have_count(0)


def test_a_part_of_a_picture_is_searched_by(open_page: OpenPage, real_site: str) -> None:
    """By keys the part is moved and sized, by the mouse it is drawn; what is found is like it, and the chip says so."""
    with open_page() as page:
        go(page, f"{real_site}/?q=apple")
        page.locator(f"{CARDS} .open").first.click()
        button = page.get_by_role("button", name="Find a part")
        button.click()
        expect(page.locator(".part-frame")).to_be_focused()
        page.keyboard.press("Escape")
        expect(button).to_be_focused()
        expect(page.locator("#viewer")).to_be_visible()
        button.click()
        for key in ("ArrowRight", "ArrowUp", "Shift+ArrowLeft"):
            page.keyboard.press(key)
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"like=[^&]+&part=0\.29%2C0\.21%2C0\.46%2C0\.5$"))
        wait_for_results(page, "result")
        expect(page.locator(".chip")).to_contain_text("Like a part of")
        page.locator(f"{CARDS} .open").first.click()
        page.get_by_role("button", name="Find a part").click()
        picture = page.locator(".stage img").bounding_box()
        assert picture is not None
        page.mouse.move(picture["x"] + 5, picture["y"] + 5)
        page.mouse.down()
        page.mouse.move(picture["x"] + picture["width"] / 2, picture["y"] + picture["height"] / 2)
        page.mouse.up()
        page.wait_for_url(re.compile(r"part=0\.0\d+%2C0\.0\d+%2C0\.[45]\d*%2C0\.[45]"))
        wait_for_results(page, "result")


def test_the_best_match_for_oneself_is_an_order(signed_in: Page, real_site: str) -> None:
    """It is offered where likes are kept, and stays in the address."""
    page = signed_in
    go(page, f"{real_site}/?q=apple")
    page.select_option("#sort", "mine")
    page.wait_for_url(re.compile("sort=mine"))
    wait_for_results(page, "result")
    expect(page.locator("#sort")).to_have_value("mine")


def test_a_concept_is_taught_and_searched_with(signed_in: Page, real_site: str) -> None:
    """Marked pictures stay marked over searches, become a concept by a name, and that narrows what is shown."""
    page = signed_in
    for words, kind in (("face", "Good example"), ("apple", "Bad example")):
        go(page, f"{real_site}/?q={words}")
        for place in (0, 1):
            page.locator(f"{CARDS} .open").nth(place).click()
            page.get_by_role("button", name=kind).click()
            expect(page.get_by_role("button", name=kind)).to_have_attribute("aria-pressed", "true")
            page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("button", name="Concepts").click()
    expect(page.locator(".tray[data-kind='good'] a")).to_have_count(2)
    page.get_by_label("Name", exact=True).fill("Faces & such")
    page.get_by_role("button", name="Teach it").click()
    link = page.locator("#concept-list a")
    expect(link).to_have_text("Faces & such")
    expect(page.locator(".tray a")).to_have_count(0)
    link.click()
    page.wait_for_url(re.compile("filter=concept"))
    expect(page.locator(".chip")).to_contain_text("Concept Faces & such")
    expect(page.locator(CARDS).first).to_be_visible()
    page.get_by_role("button", name="Concepts").click()
    page.get_by_role("button", name="Remove Faces & such").click()
    expect(page.locator("#concept-list .none")).to_be_visible()
