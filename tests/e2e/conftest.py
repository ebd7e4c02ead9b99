"""A real Chromium, and the page that it drives."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from damsight_devstack import Stack
from e2e.driving import ARGUMENTS, WIDE, OpenPage, served
from e2e.real_library import real_app
from fakes.page_app import library_documents, page_app
from fakes.page_search import FakePageSearch

# Of busy machines, on which a page may take long to come.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


# Playwright keeps an event loop running in the main thread: what comes after these modules may want its own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program, "Chromium is not installed: run scripts/system-packages.sh chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> OpenPage:
    """Open a page that must not complain: no error on the console, no exception, no breach of the policy."""

    @contextmanager
    def opened(size: tuple[int, int] = WIDE, *, complaints_expected: bool = False, **options: object) -> Iterator[Page]:
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        context.close()
        assert complaints_expected or complaints == []

    return opened


@pytest.fixture(scope="session")
def shared_fake() -> FakePageSearch:
    return FakePageSearch(library_documents(140))


@pytest.fixture(scope="session")
def fake_site(shared_fake: FakePageSearch) -> Iterator[str]:
    """The page over a search in memory: what the page itself does, without the search's own doings."""
    with served(page_app(shared_fake)) as address:
        yield address


@pytest.fixture(scope="session")
def real_site(stack: Stack) -> Iterator[str]:
    """The page over the real search: Elasticsearch, models, API."""
    with real_app(stack.elasticsearch_url) as app, served(app) as address:
        yield address
