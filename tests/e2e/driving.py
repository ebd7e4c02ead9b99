"""What every browser test uses: how Chromium starts, how an application is served, what a page is."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as NotYetError

from fakes.page_app import LIBRARY

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WIDE, NARROW = (1440, 900), (360, 740)
PICTURE = next(LIBRARY.glob("pictures/*hamburger*"))
CARDS = "#grid .card"
READY = "html.ready"
SCROLLS, SCROLL_MS = 120, 500
OpenPage = Callable[..., AbstractContextManager[Page]]


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server ended before it began"
        thread.join(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def go(page: Page, address: str) -> None:
    """Open an address and wait until the page's script runs."""
    page.goto(address)
    page.wait_for_selector(READY)


def ids(page: Page) -> list[str]:
    return page.eval_on_selector_all(CARDS, "cards => cards.map(card => card.dataset.id)")


def places(page: Page) -> list[tuple[float, float]]:
    script = "cards => cards.map(card => [Math.round(card.getBoundingClientRect().top), card.offsetLeft])"
    return [(top, left) for top, left in page.eval_on_selector_all(CARDS, script)]


def wait_for_results(page: Page, text: str) -> None:
    expect(page.locator("#total")).to_contain_text(text)
    page.wait_for_function("() => !document.documentElement.classList.contains('busy')")


def search_for(page: Page, text: str) -> None:
    page.fill("#q", text)
    page.press("#q", "Enter")
    page.wait_for_url(re.compile(r"[?&]q="))


def scroll_until_cards(page: Page, count: int) -> None:
    """Turn the wheel until so many cards are there: one turn may come before the page is as long as it will be."""
    enough = f"() => document.querySelectorAll('{CARDS}').length >= {count}"
    for _ in range(SCROLLS):
        page.mouse.wheel(0, 2000)
        try:
            page.wait_for_function(enough, timeout=SCROLL_MS)
        except NotYetError:
            continue
        return
    raise AssertionError(f"there were never {count} cards: {page.locator(CARDS).count()}")


def paste(page: Page, event: str) -> None:
    """Hand the page a picture as the clipboard or the mouse would."""
    page.evaluate(
        """async ([event, bytes]) => {
            const file = new File([new Uint8Array(bytes)], "pasted.jpg", { type: "image/jpeg" });
            const carried = new DataTransfer();
            carried.items.add(file);
            const options = { bubbles: true, cancelable: true };
            if (event === "paste") {
                document.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: carried }));
                return;
            }
            for (const name of ["dragenter", "dragover", "drop"]) {
                document.body.dispatchEvent(new DragEvent(name, { ...options, dataTransfer: carried }));
            }
        }""",
        [event, list(PICTURE.read_bytes())],
    )
