"""The host's own check of rights, in front of everything that shows a document."""

from collections.abc import Collection, Sequence
from typing import Any

import pytest

from contract.search_index_contract import SPACES
from contract.search_service_contract import PRESS, everything, ids, service_over
from damsight_schemas.search import SearchRequest, Sort
from damsight_search.api.problems import describe
from damsight_search.authorizing import AuthorizedIndex, Authorizing, load_authorizer
from damsight_search.errors import AssetNotFoundError, AuthorizerDownError, SettingsError
from damsight_search.service import SearchService
from fakes.library import library
from fakes.search_index import FakeIndex

REFUSED = {f"asset-{number:03d}" for number in range(48) if number % 3 == 0}
SEEN = [one for one, told in library().items() if set(told["acl"]) & set(PRESS)]


class Host:
    """A host that refuses some, or answers otherwise."""

    def __init__(self, answer: Any = None) -> None:
        self.asked: list[tuple[Sequence[str], Sequence[str]]] = []
        self.answer = answer

    def authorize(self, principals: Sequence[str], ids: Sequence[str]) -> Collection[str]:
        """Note who asks, and refuse."""
        self.asked.append((principals, ids))
        if isinstance(self.answer, Exception):
            raise self.answer
        told: Collection[str] = [one for one in ids if one not in REFUSED] if self.answer is None else self.answer
        return told


def searched_through(host: Host) -> tuple[SearchService, FakeIndex]:
    index = FakeIndex(SPACES)
    index.documents = library()
    return service_over(AuthorizedIndex(index, Authorizing(host))), index


@pytest.mark.parametrize(
    "request_",
    [
        SearchRequest(text="picture", size=5),
        SearchRequest(like=["asset-001"], size=5),
        SearchRequest(size=5),
        SearchRequest(size=5, sort=Sort(by="title")),
        SearchRequest(text="picture", size=5, sort=Sort(by="created_at")),
        SearchRequest(text="picture", size=200, group_duplicates=True),
        SearchRequest(size=5, group_duplicates=True),
    ],
    ids=lambda one: str(one.model_dump(exclude_defaults=True)),
)
def test_what_the_host_refuses_is_left_out_and_the_page_filled(request_: SearchRequest) -> None:
    """Each page is full until the last, and in the end everything else was told once."""
    service, _ = searched_through(Host())
    expected = [one for one in SEEN if one not in REFUSED and one not in request_.like]
    first = service.search(request_, PRESS)
    assert len(first.hits) == min(request_.size, len(expected))
    assert sorted(everything(service, request_, PRESS)) == sorted(expected)


def test_it_is_asked_once_for_a_page() -> None:
    """Where nothing is refused, one question tells who asks and which assets the page shows."""
    host = Host(answer=set(library()))
    service, _ = searched_through(host)
    for asked in (SearchRequest(text="picture", size=5), SearchRequest(size=5)):
        host.asked.clear()
        shown = ids(service.search(asked, PRESS))
        ((principals, told),) = host.asked
        assert list(principals) == list(PRESS)
        assert set(shown) <= set(told)
        assert len(told) <= asked.size + 1


def test_a_refused_asset_is_not_there() -> None:
    """By its id, as an example, in an explanation and in a suggestion it is as one that never was."""
    service, _ = searched_through(Host())
    refused = "asset-003"
    for ask in (
        lambda: service.asset(refused, PRESS),
        lambda: service.media(refused, PRESS),
        lambda: service.similar(refused, PRESS),
        lambda: service.explain(refused, SearchRequest(text="red"), PRESS),
        lambda: service.search(SearchRequest(text="red", unlike=[refused]), PRESS),
        lambda: service.where(b"", PRESS, like=refused),
    ):
        with pytest.raises(AssetNotFoundError, match=f"There is no asset '{refused}' that you may see"):
            ask()
    assert "Red picture 3" not in [one.text for one in service.suggest("red pict", PRESS)]


def test_the_total_leaves_out_what_the_host_refused_of_the_page() -> None:
    """Where the page is the whole answer, the total is what is on it."""
    service, _ = searched_through(Host())
    for asked in (SearchRequest(text="picture", size=200), SearchRequest(size=200)):
        answer = service.search(asked, PRESS)
        assert answer.total.value == len(answer.hits)


@pytest.mark.parametrize("answer", [RuntimeError("asset-004 is secret"), "asset-001", b"asset-001", 7, None])
def test_where_it_fails_nothing_is_shown(answer: Any) -> None:
    """An error, whatever the host raises or returns, and none of the host's own words."""
    host = Host()
    host.answer = answer
    if answer is None:
        host.authorize = lambda *_given: None  # type: ignore[method-assign,assignment]  # what a wrong host does
    service, _ = searched_through(host)
    for ask in (
        lambda: service.search(SearchRequest(text="picture"), PRESS),
        lambda: service.search(SearchRequest(), PRESS),
        lambda: service.asset("asset-001", PRESS),
        lambda: service.suggest("red", PRESS),
    ):
        with pytest.raises(AuthorizerDownError) as failed:
            ask()
        told = describe(failed.value)
        assert (told.status, told.type) == (503, "urn:damsight:problem:authorizer-unavailable")
        assert "secret" not in told.model_dump_json()


def test_ids_that_nobody_asked_about_are_not_believed() -> None:
    """A host that returns more than it was asked about shows nothing more by it."""
    service, _ = searched_through(Host(answer=[*SEEN, "asset-005", "elsewhere"]))
    assert set(everything(service, SearchRequest(size=7), PRESS)) == set(SEEN)


def test_documents_that_nobody_asks_for_are_not_shown() -> None:
    """A body without a clause on rights brings none: to forget it hides, and never shows."""
    index = FakeIndex(SPACES)
    index.documents = library()
    asked = AuthorizedIndex(index, Authorizing(Host()))
    assert index.search({"size": 5, "query": {"bool": {"filter": []}}}).found
    assert asked.search({"size": 5, "query": {"bool": {"filter": []}}}).found == ()
    assert asked.spaces() == SPACES
    assert asked.freeze() in index.views


def everybody_sees(_principals: Sequence[str], ids: Sequence[str]) -> Sequence[str]:
    """A host's function, named by a setting."""
    return ids


def test_a_setting_names_it() -> None:
    """A module's function, or nothing at all."""
    assert load_authorizer("") is None
    loaded = load_authorizer(f"{__name__}:everybody_sees")
    assert loaded is not None
    assert Authorizing(loaded).allowed(PRESS, ["a", "b"]) == {"a", "b"}


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("no.such.module:name", "cannot be imported"),
        (f"{__name__}:no_such_function", "cannot be imported"),
        (f"{__name__}:REFUSED", "is a set"),
        ("unknown", "damsight.authorizers"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_takes(named: str, words: str) -> None:
    """The start stops: nobody searches without the check that was asked for."""
    with pytest.raises(SettingsError, match=r"DAMSIGHT_AUTH__AUTHORIZER=") as wrong:
        load_authorizer(named)
    assert words in str(wrong.value)
