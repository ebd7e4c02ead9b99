"""What is taught, suggested and ranked for a person is the same with and without assets that the person may not see."""

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.search_index_contract import SPACES
from damsight_encoders.decode import PillowDecoder
from damsight_schemas.concepts import ConceptDraft
from damsight_schemas.feedback import Feedback
from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest
from damsight_search.agreement import Agreement
from damsight_search.learning.concept_filters import ConceptFilters
from damsight_search.learning.concept_learning import Learning
from damsight_search.learning.concepts import ConceptKeeper
from damsight_search.learning.feedback import FeedbackKeeper
from damsight_search.learning.label_vectors import LabelVectors
from damsight_search.learning.personal import Personal
from damsight_search.learning.tag_suggesting import TagSuggesting
from damsight_search.learning.vocabularies import Vocabularies
from damsight_search.principal import signed_in
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.settings import FeedbackSettings
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.encoders import COLOURS, fake_encoders
from fakes.library import document, library
from fakes.own_records import FakeOwnRecords
from fakes.search_index import FakeIndex

WHO = signed_in("bert", ["press"])
SEEN = {asset_id: told for asset_id, told in library(80).items() if {*told["acl"]} & {*WHO}}
hidden = st.dictionaries(
    st.sampled_from([f"{place}hidden-{number}" for place in ("a", "z") for number in range(8)]),
    st.tuples(st.sampled_from(sorted(COLOURS)), st.sampled_from(["group:law", "user:anna"])),
    min_size=1,
)


def answers(documents: dict[str, dict[str, Any]], examples: list[str], text: str) -> list[Any]:
    """Return all that a person gets to see who teaches a concept, uses it, and has liked its examples."""
    index, records = FakeIndex(SPACES), FakeOwnRecords()
    index.documents = documents
    encoder = EncodersForQueries(fake_encoders(), PillowDecoder())
    learning = Learning(index, Agreement(index, encoder), "5s")
    keeper, personal = ConceptKeeper(records, learning), Personal(records, index, timeout="5s")
    service = SearchService(index, encoder, Cursors(b"s" * 32), concepts=ConceptFilters(keeper), personal=personal)
    feedback = FeedbackKeeper(records, index, FeedbackSettings())
    for asset_id in examples:
        feedback.keep(Feedback(asset_id=asset_id, action="downloaded"), WHO)
    told = keeper.create(ConceptDraft(name="mine", good=examples[:3], bad=examples[3:]), WHO)
    vocabularies = Vocabularies(index, Path("nowhere"), timeout="5s")
    tags = TagSuggesting(index, learning.agreement, keeper, vocabularies, LabelVectors(encoder), "5s")
    found: list[Any] = [told.model_dump(exclude={"id", "created_at", "modified_at"})]
    for op in ("is", "not"):
        mine = [Filter.model_validate({"field": "concept", "op": op, "value": "mine"})]
        for words in ("", text):
            request = SearchRequest(text=words, filters=mine, facets=["tags"], personal=True, explain=True, size=100)
            found.append(service.search(request, WHO).model_dump(exclude={"took_ms", "cursor"}))
    found.append(tags.of(examples[0], WHO, at_least=0.0, most=100).model_dump())
    return [*found, len(index.asked)]


@settings(max_examples=4, deadline=None)
@given(
    others=hidden,
    examples=st.lists(st.sampled_from(sorted(SEEN)), min_size=4, max_size=5, unique=True),
    text=st.sampled_from(["red", "blue market", "picture"]),
)
def test_nothing_hidden_changes_what_is_taught_suggested_or_ranked(
    others: dict[str, tuple[str, str]], examples: list[str], text: str
) -> None:
    """Neither the concept and its quality, nor what it finds, counts and suggests, nor the person's order."""
    hidden_assets = {
        asset_id: document(asset_id, colour, acl=(right,), title="Red market picture", tags=[colour, "law"])
        for asset_id, (colour, right) in others.items()
    }
    assert answers({**SEEN, **hidden_assets}, examples, text) == answers(dict(SEEN), examples, text)
