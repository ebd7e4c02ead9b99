"""The page's answers, as a browser without scripts and as the page's own script get them."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from damsight_search.errors import (
    CursorError,
    EncoderDownError,
    IndexRefusedError,
    NoPrincipalError,
    NothingToCompareError,
    PictureRefusedError,
    SearchError,
    SearchTimeoutError,
    SearchUnavailableError,
)
from fakes.page_app import page_app
from fakes.page_search import FakePageSearch

FRAGMENT = {"HX-Request": "true"}
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"


def document(title: str, **changed: Any) -> dict[str, Any]:
    return {
        "acl": ["public"],
        "title": title,
        "description": "",
        "caption": "",
        "tags": ["fruit"],
        "collections": ["Food"],
        "creator": "Anna",
        "language": "en",
        "kind": "image",
        "created_at": "2024-03-07T10:00:00Z",
        "width": 300,
        "height": 200,
        **changed,
    }


@pytest.fixture
def search() -> FakePageSearch:
    return FakePageSearch({f"asset-{n}": document(f"red apple {n}") for n in range(70)})


@pytest.fixture
def browser(search: FakePageSearch) -> TestClient:
    return TestClient(page_app(search))


def ids(html: str) -> list[str]:
    return re.findall(r'data-id="([^"]*)"', html)


def test_the_page_answers_without_scripts(browser: TestClient) -> None:
    """A plain form with GET, results, links for filters, and a button for more: no script is needed."""
    html = browser.get("/?q=apple").text
    assert '<form id="search"' in html
    assert 'method="get"' in html
    assert len(ids(html)) == 30
    assert 'href="./?q=apple&amp;filter=tags%3Afruit' not in html, "a facet of one value offers no choice"
    assert re.search(r'<form action="\./\?q=apple" method="post"[^>]*>', html)


@pytest.mark.parametrize(
    "address", ["/", "/?q=apple", "/?q=zzz", "/?asset=asset-1", "/?asset=none", "/ui/asset?asset=asset-1"]
)
def test_every_answer_keeps_a_strict_policy(browser: TestClient, address: str) -> None:
    """No inline script, style or handler; and the policy that would stop one."""
    answer = browser.get(address)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\ssrc=)", answer.text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", answer.text)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_hostile_metadata_is_shown_as_text(search: FakePageSearch, browser: TestClient) -> None:
    """Markup in any field of an asset, in its id, or in the words typed, is never markup of the page."""
    fields = ("title", "description", "caption", "creator", "language", "kind", "filename", "rights", "mime_type")
    search.documents = {
        HOSTILE: document(**dict.fromkeys(fields, HOSTILE), tags=[HOSTILE, "b"], collections=[HOSTILE, "c"]),
        "other": document(HOSTILE, attributes={HOSTILE: [HOSTILE]}, problem={"message": HOSTILE}),
    }
    for address in (
        "/",
        "/?q=script",
        f"/?q={HOSTILE}",
        "/?q=script&asset=other",
        "/ui/asset?asset=other",
        "/ui/suggest?q=alert",
    ):
        html = browser.get(address).text
        assert "<script>" not in html, address
        assert "<img src=x" not in html, address
        assert "alert(1)" in html, address


def test_highlights_mark_the_words_in_a_title(browser: TestClient) -> None:
    """The word that was looked for stands marked in the title."""
    assert "red <mark>apple</mark> 1" in browser.get("/?q=apple").text


def test_the_first_visit_shows_three_searches_and_the_library(browser: TestClient) -> None:
    """Three searches to try, and the library's newest below; a search shows no introduction."""
    html = browser.get("/").text
    assert html.count('class="examples"') == 1
    assert all(example in html for example in ("red fruit", "someone dancing", "snow"))
    assert '70 assets<span class="aside"> in the library</span>' in html
    assert 'class="intro"' not in browser.get("/?q=apple").text


def test_the_script_gets_a_fragment(browser: TestClient) -> None:
    """What htmx asks for is the results alone, marked as ours."""
    answer = browser.get("/?q=apple", headers=FRAGMENT)
    assert answer.text.lstrip().startswith('<div id="results"')
    assert answer.headers["X-Damsight-Fragment"] == "1"
    assert "HX-Request" in answer.headers["Vary"]


def test_pages_follow_without_repeats(browser: TestClient) -> None:
    """The cursors bring every asset once, as fragments and as whole pages; the last page has none."""
    seen = ids(browser.get("/").text)
    html = browser.get("/", headers=FRAGMENT).text
    whole = html
    while cursor := re.search(r'name="cursor" value="([^"]+)"', html):
        html = browser.post("/", data={"cursor": cursor[1]}, headers=FRAGMENT).text
        whole = browser.post("/", data={"cursor": cursor[1]}).text
        assert ids(whole) == ids(html)
        seen += ids(html)
    assert len(seen) == len(set(seen)) == 70
    assert "You have seen them all." in html
    assert "<!doctype html>" in whole


def test_a_failed_further_page_can_be_tried_again(search: FakePageSearch, browser: TestClient) -> None:
    """The button keeps its cursor and says what went wrong; it no longer fires by itself."""
    search.fails = [SearchUnavailableError("down")]
    answer = browser.post("/?q=apple", data={"cursor": "30"}, headers=FRAGMENT)
    assert answer.status_code == 503
    assert 'name="cursor" value="30"' in answer.text
    assert "Try again" in answer.text
    assert "intersect" not in answer.text


def test_a_picture_is_searched_by_and_paged_without_sending_it_again(
    search: FakePageSearch, browser: TestClient
) -> None:
    """The upload goes to the search as bytes; the next page carries the cursor and the order alone."""
    html = browser.post("/?q=apple", files={"picture": ("a.jpg", b"picture", "image/jpeg")}, headers=FRAGMENT).text
    assert search.asked[-1][1] == len(b"picture")
    assert "not kept in the address" in html
    browser.post("/?q=apple", data={"cursor": "30", "by_picture": "true"}, headers=FRAGMENT)
    request, picture_bytes = search.asked[-1]
    assert (request.sort.by, picture_bytes) == ("relevance", 0)


def test_a_picture_that_is_too_large_is_refused(search: FakePageSearch, browser: TestClient) -> None:
    """One byte above the limit is said in plain words, and never reaches the search."""
    answer = browser.post("/", files={"picture": ("a.jpg", b"0" * 2_000_001, "image/jpeg")})
    assert answer.status_code == 422
    assert "The file is too large." in answer.text
    assert search.asked == []


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (SearchUnavailableError("x"), 503, "does not answer"),
        (SearchTimeoutError("x"), 504, "took too long"),
        (EncoderDownError("x"), 503, "Search by words"),
        (NothingToCompareError("x"), 422, "cannot be compared"),
        (IndexRefusedError("secret body"), 500, "The search failed"),
        (CursorError("is damaged"), 409, "no longer current"),
        (PictureRefusedError("empty", "the file is empty"), 422, "The file is empty."),
        (NoPrincipalError("x"), 401, "Please sign in"),
    ],
)
def test_errors_are_told_in_plain_words(
    search: FakePageSearch, browser: TestClient, error: SearchError, status: int, said: str
) -> None:
    """Each error has its status, a sentence for people, and a way on; nothing internal is told."""
    search.fails = [error]
    answer = browser.get("/?q=apple")
    assert answer.status_code == status
    assert said in answer.text
    assert "Start over" in answer.text
    assert "secret body" not in answer.text
    assert "DAMSIGHT_" not in answer.text


def test_too_long_a_search_is_told(browser: TestClient) -> None:
    """The field and its bound are named."""
    answer = browser.get("/", params={"q": "a" * 2001})
    assert answer.status_code == 422
    assert "text" in answer.text


def test_an_empty_answer_says_what_to_try(browser: TestClient) -> None:
    """With filters it offers to search without them; without, other words and the examples."""
    html = browser.get("/?q=zzz&filter=tags:fruit").text
    assert "Nothing found with these filters" in html
    assert 'href="./?q=zzz"' in html
    html = browser.get("/?q=zzz").text
    assert "Nothing found that fits well enough" in html
    assert "red fruit" in html


def test_degraded_answers_say_so(search: FakePageSearch, browser: TestClient) -> None:
    """What could not be done is told above the results, and to screen readers."""
    search.degraded = ["The picture encoder is down: words alone were searched."]
    html = browser.get("/?q=apple").text
    assert html.count("words alone were searched") == 2


def test_filters_in_force_stay_and_can_be_removed(search: FakePageSearch, browser: TestClient) -> None:
    """A chosen value keeps its place in the facet and as a chip, both of which take it away."""
    search.documents["pear"] = document("green pear", tags=["fruit", "green"])
    html = browser.get("/?filter=tags:green&from=2020").text
    assert ids(html) == ["pear"]
    assert 'aria-current="true"' in html
    assert 'aria-label="Remove Tag: green"' in html
    assert 'aria-label="Remove Year: since 2020"' in html
    assert '<input type="hidden" name="filter" value="tags:green" form="search">' in html


def test_the_large_view_tells_the_asset(search: FakePageSearch, browser: TestClient) -> None:
    """Metadata, ways on, and why it came; what the viewer may not see is not found."""
    search.documents["asset-1"] |= {"byte_size": 25_000, "rights": "CC0", "attributes": {"shot_on": ["film", 6]}}
    search.documents["secret"] = document("secret", acl=["group:press"])
    html = browser.get("/ui/asset?q=apple&asset=asset-1").text
    for said in ("red apple 1", "7 March 2024", "25 kB", "300 by 200 pixels", "CC0", "Shot on", "film, 6", "Its words"):
        assert said in html
    assert 'href="./?like=asset-1"' in html
    assert "<dialog" in browser.get("/?asset=asset-1").text
    hidden = browser.get("/ui/asset?asset=secret")
    assert hidden.status_code == 404
    assert "There is no such picture" in hidden.text


def test_more_like_this_is_a_chip_with_the_assets_title(browser: TestClient) -> None:
    """What the hits should look like is named, shown and removable."""
    html = browser.get("/?like=asset-1").text
    assert 'aria-label="Remove Like: red apple 1"' in html
    assert 'src="api/v1/assets/asset-1/thumbnail"' in html


def test_right_to_left_titles_set_their_own_direction(search: FakePageSearch, browser: TestClient) -> None:
    """Text of assets takes its direction from its own letters."""
    search.documents = {"1": document("برتقالة", language="ar")}
    assert '<span class="title" dir="auto" lang="ar">برتقالة</span>' in browser.get("/").text


def test_suggestions_are_a_courtesy(search: FakePageSearch, browser: TestClient) -> None:
    """Two letters bring options; one brings none; a failing search brings none and no error."""
    assert browser.get("/ui/suggest?q=app").text.count('role="option"') == 6
    assert "option" not in browser.get("/ui/suggest?q=a").text
    search.suggesting_fails = [SearchUnavailableError("down")]
    answer = browser.get("/ui/suggest?q=app")
    assert (answer.status_code, answer.text.strip()) == (200, "")


def test_static_files_are_kept_for_good_only_by_their_hash(browser: TestClient) -> None:
    """An address with a hash may be cached for ever; a module imported by name is asked after each time."""
    addresses = re.findall(r'(?:src|href)="(static/[^"]+)"', browser.get("/").text)
    assert len(addresses) >= 8
    for address in addresses:
        answer = browser.get(f"/{address}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    assert browser.get("/static/masonry.js").headers["Cache-Control"] == "no-cache"
