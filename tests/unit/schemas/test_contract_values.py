"""Versions, spaces, the index body, documents and search requests keep their own rules."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from damsight_schemas.asset import MAX_REVISION, kind_of
from damsight_schemas.connections import IndexSettings
from damsight_schemas.document import AssetDocument
from damsight_schemas.errors import RequestError, SpaceMismatchError
from damsight_schemas.languages import ANALYSED
from damsight_schemas.mapping import AnalysisCapabilities, index_body, spaces_of
from damsight_schemas.search import parse_search_request
from damsight_schemas.space import IndexSpaces, Space, require_same_space
from damsight_schemas.version import LAST_EPOCH, document_version, is_complete, revision_of

JOINT = Space(model="starter", revision="abc", dimensions=256, modalities=("image", "text"))
CAPTION = Space(model="minilm", revision="def", dimensions=384, modalities=("text",))
REVISIONS = st.integers(1, MAX_REVISION)


EPOCHS = st.integers(0, LAST_EPOCH)
ATTEMPTS = st.none() | st.integers(0, 6)


@given(REVISIONS, REVISIONS, st.booleans(), st.booleans(), EPOCHS, EPOCHS, ATTEMPTS, ATTEMPTS)
def test_a_newer_revision_always_wins(
    a: int, b: int, gone_a: bool, gone_b: bool, epoch_a: int, epoch_b: int, try_a: int | None, try_b: int | None
) -> None:
    """Versions order by revision, then deletion, then pipeline epoch, then how whole; and fit in 63 bits."""
    first = document_version(a, deleted=gone_a, pipeline_epoch=epoch_a, attempt=try_a)
    second = document_version(b, deleted=gone_b, pipeline_epoch=epoch_b, attempt=try_b)
    whole_a, whole_b = (7 if each is None else each for each in (try_a, try_b))
    assert (first < second) == ((a, gone_a, epoch_a, whole_a) < (b, gone_b, epoch_b, whole_b))
    assert max(first, second) < 2**63
    assert (revision_of(first), is_complete(first)) == (a, try_a is None)


def test_any_number_of_tries_stays_below_a_whole_document() -> None:
    """However often a document was tried in vain, the whole one of the same revision still replaces it."""
    tried = document_version(5, deleted=False, attempt=1000)
    assert (
        tried
        < document_version(5, deleted=False)
        < document_version(5, deleted=True)
        < document_version(6, deleted=False, attempt=0)
    )


@pytest.mark.parametrize(("revision", "epoch"), [(0, 0), (-1, 0), (MAX_REVISION + 1, 0), (1, -1), (1, LAST_EPOCH + 1)])
def test_a_version_out_of_range_is_refused(revision: int, epoch: int) -> None:
    """One bad version would fail a whole bulk, so none is made."""
    with pytest.raises(ValueError, match="takes"):
        document_version(revision, deleted=False, pipeline_epoch=epoch)


def test_spaces_come_back_from_the_mapping() -> None:
    """What is written in _meta is what is read from it."""
    spaces = IndexSpaces(image_vector=JOINT, caption_vector=CAPTION)
    body = index_body(spaces, AnalysisCapabilities())
    assert spaces_of(body["mappings"]["_meta"]) == spaces
    assert body["mappings"]["properties"]["image_vector"]["dims"] == 256
    assert body["mappings"]["dynamic"] == "strict"


def test_a_field_without_a_space_is_not_mapped() -> None:
    """An unmapped vector field would silently find nothing, so it is not there to be asked."""
    body = index_body(IndexSpaces(caption_vector=CAPTION), AnalysisCapabilities())
    assert "image_vector" not in body["mappings"]["properties"]


def test_analysis_follows_the_server() -> None:
    """Folding is used where the server offers it, and only there."""
    plain = index_body(IndexSpaces(), AnalysisCapabilities())["settings"]["analysis"]
    rich = index_body(IndexSpaces(), AnalysisCapabilities(folding=True))["settings"]["analysis"]
    assert plain["analyzer"]["words"]["filter"] == ["lowercase"]
    assert rich["normalizer"]["fold"]["filter"] == ["lowercase", "asciifolding"]


def test_words_are_held_once_more_for_each_language_that_the_server_has() -> None:
    """Other forms of a word are found where the server offers it; the rest is the same on every server."""
    plain = index_body(IndexSpaces(), AnalysisCapabilities())["mappings"]["properties"]
    rich = index_body(IndexSpaces(), AnalysisCapabilities(languages=("en", "zh")))["mappings"]["properties"]
    assert rich["title"]["fields"]["en"]["analyzer"] == "english"
    assert rich["tags"]["fields"]["cjk"]["analyzer"] == "cjk"
    assert plain["title"]["fields"].keys() == {"folded"}
    assert plain["all"] == rich["all"]


def test_no_text_field_scores_by_the_indexs_statistics() -> None:
    """BM25's rarity and average length would tell of assets that the asker may not see."""
    properties = index_body(IndexSpaces(), AnalysisCapabilities(languages=("en",)))["mappings"]["properties"]
    fields = [told for field in properties.values() for told in [field, *field.get("fields", {}).values()]]
    texts = [told for told in fields if told.get("type") == "text"]
    assert len(texts) > len(ANALYSED)
    assert all(told["similarity"] == "boolean" and told["norms"] is False for told in texts)


def test_an_unknown_language_is_refused_by_its_name() -> None:
    """The setting's error lists what it takes."""
    with pytest.raises(ValidationError, match="not xx"):
        IndexSettings(languages=("en", "xx"))


def test_two_models_never_meet() -> None:
    """A mismatch names both spaces and the command that resolves it."""
    require_same_space("image_vector", JOINT, JOINT, index="assets")
    with pytest.raises(SpaceMismatchError) as caught:
        require_same_space("image_vector", JOINT, CAPTION, index="assets")
    assert "starter@abc" in str(caught.value)
    assert "minilm@def" in str(caught.value)
    assert "damsight index create --generation" in str(caught.value)


def test_a_document_leaves_absent_fields_out() -> None:
    """A tombstone holds its id, revision and nothing of the asset."""
    tombstone = AssetDocument(asset_id="a", revision=3, deleted=True)
    assert tombstone.body() == {"asset_id": "a", "revision": 3, "deleted": True, "acl": []}


@pytest.mark.parametrize(
    ("mime_type", "kind"),
    [
        ("image/jpeg", "image"),
        ("video/mp4", "video"),
        ("audio/flac", "audio"),
        ("application/pdf", "document"),
        ("text/plain", "document"),
        ("application/vnd.oasis.opendocument.text", "document"),
        ("application/zip", "other"),
    ],
)
def test_the_sort_of_asset_follows_its_mime_type(mime_type: str, kind: str) -> None:
    """Each family of MIME types is one sort of asset."""
    assert kind_of(mime_type) == kind


BAD_REQUESTS: list[tuple[dict[str, Any], str]] = [
    ({"txet": "typo"}, "txet"),
    ({"text": "x" * 2001}, "text"),
    ({"size": 0}, "size"),
    ({"size": 201}, "size"),
    ({"size": "10"}, "size"),
    ({"weights": {"image": float("inf")}}, "weights.image"),
    ({"weights": {"smell": 1}}, "weights.smell.[key]"),
    ({"weights": {"image": -1}}, "weights.image"),
    ({"min_relevance": 1.5}, "min_relevance"),
    ({"filters": [{"field": "tags", "op": "like", "value": "x"}]}, "filters.0.op"),
    ({"filters": [{"field": "tags", "op": "in", "value": "x"}]}, "filters.0"),
    ({"filters": [{"field": "tags", "op": "in", "value": []}]}, "filters.0"),
    ({"filters": [{"field": "created_at", "op": "range", "value": {}}]}, "filters.0"),
    ({"filters": [{"field": "created_at", "op": "range", "value": {"over": 1}}]}, "filters.0.value"),
    ({"filters": [{"field": "tags", "op": "exists", "value": "yes"}]}, "filters.0"),
    ({"filters": [{"field": "_source", "value": 1, "boost": 3}]}, "filters.0.boost"),
    ({"facets": ["Tags!"]}, "facets.0"),
    ({"like": [""]}, "like.0"),
    ({"sort": {"by": "random"}}, "sort.by"),
    ([], "(whole)"),  # type: ignore[list-item]  # a body of the wrong JSON type is one of the cases
]


@pytest.mark.parametrize(("body", "field"), BAD_REQUESTS)
def test_a_bad_request_names_the_field(body: dict[str, Any], field: str) -> None:
    """Each wrong field of a search request is named."""
    with pytest.raises(RequestError) as caught:
        parse_search_request(body)
    assert any(problem.field.startswith(field) for problem in caught.value.problems), caught.value


def test_a_space_needs_a_name_and_a_size() -> None:
    """A nameless or sizeless space is refused."""
    for wrong in ({"model": ""}, {"revision": ""}, {"dimensions": 0}, {"dimensions": 5000}, {"modalities": ()}):
        with pytest.raises(ValidationError):
            Space.model_validate({**JOINT.model_dump(), **wrong})
