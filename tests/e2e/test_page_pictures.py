"""Searching by a picture, in a real Chromium over a search in memory: chosen, pasted, dropped."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from e2e.driving import (
    PICTURE,
    OpenPage,
    go,
    paste,
    scroll_until_cards,
)
from fakes.page_search import FakePageSearch

pytestmark = pytest.mark.e2e


@pytest.fixture
def page(open_page: OpenPage) -> Iterator[Page]:
    with open_page() as page:
        yield page


def sent_with_first_page(search: FakePageSearch) -> int:
    """The size of the picture that the last new search came with; further pages come without."""
    return [size for request, size in search.asked if request.cursor is None][-1]


@pytest.mark.parametrize("way", ["choose", "paste", "drop"])
def test_a_picture_is_searched_by(page: Page, fake_site: str, shared_fake: FakePageSearch, way: str) -> None:
    """Chosen, pasted or dropped: the search gets it, a chip shows it, paging and filters keep it, x drops it."""
    go(page, fake_site)
    if way == "choose":
        page.set_input_files("#picture", PICTURE)
    else:
        paste(page, way)
    chip = page.locator(".picture-chip")
    expect(chip).to_contain_text("not kept in the address")
    expect(chip.locator("img")).to_be_visible()
    assert sent_with_first_page(shared_fake) == PICTURE.stat().st_size
    scroll_until_cards(page, 31)
    assert shared_fake.asked[-1][0].sort.by == "relevance"
    page.evaluate("scrollTo(0, 0)")
    page.locator(".facet-link").first.click()
    expect(page.locator(".chip")).to_have_count(2)
    assert sent_with_first_page(shared_fake) == PICTURE.stat().st_size
    page.go_back()
    expect(page.locator(".chip")).to_have_count(1)
    chip.get_by_role("link").click()
    expect(page.locator(".chip")).to_have_count(0)
    assert sent_with_first_page(shared_fake) == 0


def test_a_large_picture_is_made_small_before_it_travels(
    page: Page, fake_site: str, shared_fake: FakePageSearch
) -> None:
    """A camera's megabytes become a copy of at most 1,024 pixels a side."""
    go(page, fake_site)
    page.evaluate(
        """async () => {
            const canvas = document.createElement("canvas");
            canvas.width = 2400; canvas.height = 1600;
            const pen = canvas.getContext("2d");
            const noise = pen.createImageData(2400, 1600);
            for (let i = 0; i < noise.data.length; i++) noise.data[i] = i % 4 === 3 ? 255 : (i * 7919) % 251;
            pen.putImageData(noise, 0, 0);
            const blob = await new Promise(done => canvas.toBlob(done, "image/png"));
            const carried = new DataTransfer();
            carried.items.add(new File([blob], "large.png", { type: "image/png" }));
            window.sent = blob.size;
            document.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, clipboardData: carried }));
        }"""
    )
    expect(page.locator(".picture-chip")).to_be_visible()
    assert page.evaluate("window.sent") > 400_000
    assert page.evaluate("document.querySelector('#picture-preview').naturalWidth") == 1024
    assert 0 < sent_with_first_page(shared_fake) < page.evaluate("window.sent")


def test_what_is_no_picture_is_refused_kindly(page: Page, fake_site: str) -> None:
    """A text file is not sent; the page says what it takes."""
    go(page, fake_site)
    page.set_input_files("#picture", {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"})
    expect(page.locator("#problem")).to_contain_text("notes.txt is no picture")
