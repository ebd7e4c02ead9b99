"""Words are understood alike in memory, on an Elasticsearch that analyses languages, and on one that does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from contract.search_index_contract import SPACES
from contract.search_service_contract import Shelf, service_over
from contract.words_contract import WORDS_ALONE, WordsContract, ids, shelf_of_words
from damsight_devstack import Stack
from damsight_index import capabilities
from damsight_schemas.search import SearchRequest
from damsight_search.principal import stranger
from damsight_search.service import SearchService
from fakes.library import document
from fakes.real_index import real_index
from fakes.search_index import FakeIndex


@dataclass(frozen=True)
class _InMemory:
    index: FakeIndex

    def store(self, documents: dict[str, dict[str, Any]]) -> None:
        self.index.documents |= documents


class TestInMemory(WordsContract):
    @pytest.fixture
    def shelf(self) -> Shelf:
        shelf = _InMemory(FakeIndex(SPACES))
        shelf.store(shelf_of_words())
        return shelf


@pytest.fixture(scope="module")
def plain(stack: Stack) -> Iterator[Shelf]:
    with real_index(stack.elasticsearch_url, SPACES, languages=()) as real:
        real.store(shelf_of_words())
        yield real


@pytest.fixture(scope="module")
def analysed(stack: Stack) -> Iterator[Shelf]:
    with real_index(stack.elasticsearch_url, SPACES, languages=("en", "de", "fr", "zh")) as real:
        real.store(shelf_of_words())
        yield real


@pytest.mark.integration
class TestWithoutLanguages(WordsContract):
    @pytest.fixture
    def shelf(self, plain: Shelf) -> Shelf:
        return plain


@pytest.mark.integration
class TestWithLanguages(WordsContract):
    @pytest.fixture
    def shelf(self, analysed: Shelf) -> Shelf:
        return analysed


FORMS = {
    "run": document("run", None, title="A run", caption="someone runs"),
    "haus": document("haus", None, title="Das Haus am See"),
    "maison": document("maison", None, title="Une maison"),
    "cafe": document("cafe", None, title="Café"),
    "wide": document("wide", None, title="ﾊﾝｶｸ"),
}


@pytest.fixture(scope="module")
def forms(stack: Stack) -> Iterator[SearchService]:
    with real_index(stack.elasticsearch_url, SPACES, languages=("en", "de", "fr", "ja")) as real:
        real.store(FORMS)
        yield service_over(real.index)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("running", None, "run"), ("running", "en", "run"), ("Häuser", None, "haus"), ("haeuser", "de", "haus"),
        ("maisons", "fr", "maison"), ("cafe", None, "cafe"), ("CAFÉ", None, "cafe"), ("ハンカク", "ja", "wide"),
    ],
)  # fmt: skip
def test_other_forms_of_a_word_are_found_and_marked(
    forms: SearchService, text: str, language: str | None, expected: str
) -> None:
    """In the language that was told, and for a short text in each that the index is made for."""
    request = SearchRequest(text=text, language=language, weights=WORDS_ALONE, min_relevance=0)
    (hit, *_) = forms.search(request, stranger()).hits
    assert hit.asset_id == expected
    assert "<mark>" in hit.highlights["title"][0]


@pytest.mark.integration
def test_a_form_of_the_word_is_worth_less_than_the_word(forms: SearchService) -> None:
    """What was typed comes first."""
    request = SearchRequest(text="runs", language="en", weights=WORDS_ALONE, min_relevance=0, explain=True)
    (hit,) = forms.search(request, stranger()).hits
    assert ids(forms.search(request, stranger())) == ["run"]
    assert [leg.score for leg in hit.legs if leg.leg == "keyword"] == pytest.approx([0.8])


@pytest.mark.integration
def test_only_the_languages_that_the_server_has_are_used(stack: Stack) -> None:
    """It is asked for each; nothing is assumed of its version."""
    with real_index(stack.elasticsearch_url, SPACES, languages=()) as real:
        offered = capabilities.ask(real.client, ("en", "zh", "th"))
    assert offered.languages == ("en", "zh")
    assert offered.folding
