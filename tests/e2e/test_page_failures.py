"""What the page says when something fails, in a real Chromium over a search in memory."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from damsight_search.errors import SearchUnavailableError
from e2e.driving import (
    OpenPage,
    go,
    ids,
    wait_for_results,
)
from fakes.page_search import FakePageSearch

pytestmark = pytest.mark.e2e


@pytest.fixture
def page(open_page: OpenPage) -> Iterator[Page]:
    with open_page() as page:
        yield page


def test_a_lost_server_is_said_and_tried_again(open_page: OpenPage, fake_site: str) -> None:
    """The results stay, a bar says what happened, and its button brings the search."""
    with open_page(complaints_expected=True) as page:
        go(page, fake_site)
        page.route("**/?q=*", lambda route: route.abort())
        search = page.locator("#q")
        search.fill("face")
        search.press("Enter")
        expect(page.locator("#problem")).to_contain_text("did not get through")
        assert len(ids(page)) >= 30
        page.unroute("**/?q=*")
        page.get_by_role("button", name="Try again").click()
        wait_for_results(page, "result")
        expect(page.locator("#problem")).not_to_be_visible()
        assert page.url == f"{fake_site}/?q=face"


def test_a_strangers_error_page_is_not_taken_for_results(open_page: OpenPage, fake_site: str) -> None:
    """What a proxy answers in our stead is not put into the page."""
    with open_page(complaints_expected=True) as page:
        go(page, fake_site)
        page.route("**/?q=*", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
        search = page.locator("#q")
        search.fill("face")
        search.press("Enter")
        expect(page.locator("#problem")).to_be_visible()
        assert "Bad gateway" not in page.content()


def test_a_failed_search_says_so_in_the_page(open_page: OpenPage, fake_site: str, shared_fake: FakePageSearch) -> None:
    """The search's own error is told in plain words, with a way to try again."""
    with open_page(complaints_expected=True) as page:
        go(page, fake_site)
        shared_fake.fails = [SearchUnavailableError("down")]
        page.fill("#q", "face")
        page.press("#q", "Enter")
        expect(page.get_by_role("heading", name="The search does not answer")).to_be_visible()
        page.get_by_role("link", name="Try again").click()
        wait_for_results(page, "result")
