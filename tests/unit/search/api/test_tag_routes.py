"""Concepts and tag suggestions over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contract.search_index_contract import SPACES
from damsight_encoders.decode import PillowDecoder
from damsight_search.agreement import Agreement
from damsight_search.features import Features
from damsight_search.learning.concept_learning import Learning
from damsight_search.learning.concepts import ConceptKeeper
from damsight_search.learning.label_vectors import LabelVectors
from damsight_search.learning.tag_suggesting import TagSuggesting
from damsight_search.learning.vocabularies import Vocabularies
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.encoders import COLOURS, FakeJointEncoder, fake_encoders
from fakes.library import document, library
from fakes.own_records import FakeOwnRecords
from fakes.search_app import api, bearer
from fakes.search_index import FakeIndex

ANNA = bearer("anna", ("press",))
REDS = [asset_id for asset_id, told in library(120).items() if told["tags"][0] == "red"]


class Desk:
    def __init__(self, folder: Path) -> None:
        self.index = FakeIndex(SPACES)
        self.index.documents = library(120)
        # Red, and nobody has said so.
        self.index.documents["new"] = document("new", "red", tags=["unsorted"])
        self.index.documents["secret"] = document("secret", "red", acl=("group:law",))
        self.index.documents["sound"] = document("sound", None)
        encoder = EncodersForQueries(fake_encoders(), PillowDecoder())
        learning = Learning(self.index, Agreement(self.index, encoder), "5s")
        self.keeper = ConceptKeeper(FakeOwnRecords(), learning)
        vocabularies = Vocabularies(self.index, folder, timeout="5s")
        self.tags = TagSuggesting(
            self.index, learning.agreement, self.keeper, vocabularies, LabelVectors(encoder), "5s"
        )
        self.client = api(self.index, features=Features(concepts=self.keeper, tags=self.tags))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "colours.txt").write_text("\n".join(COLOURS), encoding="utf-8")
    made = Desk(tmp_path)
    with made.client:
        yield made


def suggested(desk: Desk, asset_id: str, **asked: str) -> dict[str, float]:
    answer = desk.client.get(f"/api/v1/assets/{asset_id}/tags", params=asked, headers=ANNA)
    assert answer.status_code == 200, answer.text
    return {one["label"]: one["confidence"] for one in answer.json()["suggestions"]}


def test_labels_that_fit_are_suggested_and_never_one_that_is_there(desk: Desk) -> None:
    """From the tags that permitted assets have, and from a named vocabulary."""
    assert list(suggested(desk, "new")) == ["red"]
    assert list(suggested(desk, "new", vocabulary="colours")) == ["red"]
    assert "red" not in suggested(desk, REDS[0], at_least="0")
    assert len(suggested(desk, "new", vocabulary="colours", at_least="0", size="200")) == len(COLOURS)


def test_a_concept_is_suggested_where_it_is_met(desk: Desk) -> None:
    """It has a life: taught, used, changed and forgotten over HTTP; its owner alone sees its examples."""
    draft = {"name": "Alarm", "good": REDS[:4], "shared": True}
    made = desk.client.post("/api/v1/concepts", json=draft, headers=ANNA)
    assert made.status_code == 201, made.text
    assert suggested(desk, "new")["Alarm"] >= 0.5
    blue = next(asset_id for asset_id, told in library(120).items() if told["tags"][0] == "blue")
    assert "Alarm" not in suggested(desk, blue)
    address = f"/api/v1/concepts/{made.json()['id']}"
    assert desk.client.get(address, headers=ANNA).json()["good"] == REDS[:4]
    assert desk.client.get("/api/v1/concepts", headers=bearer("carla")).json()["concepts"][0]["good"] == []
    assert desk.client.put(address, json={**draft, "name": "Fire"}, headers=bearer("carla")).status_code == 404
    assert desk.client.put(address, json={**draft, "name": "Fire"}, headers=ANNA).json()["name"] == "Fire"
    assert "Fire" in suggested(desk, "new")
    assert desk.client.delete(address, headers=ANNA).status_code == 204
    assert desk.client.get(address, headers=ANNA).json()["type"].endswith("concept-not-found")


@pytest.mark.parametrize("asset_id", ["secret", "nowhere"])
def test_what_is_hidden_has_no_tags(desk: Desk, asset_id: str) -> None:
    """It is not there, and it changes no answer about others."""
    assert desk.client.get(f"/api/v1/assets/{asset_id}/tags", headers=ANNA).status_code == 404
    before = suggested(desk, "new", at_least="0", size="500")
    for number in range(40):
        desk.index.documents[f"hidden-{number}"] = document(
            f"hidden-{number}", "red", acl=("group:law",), tags=["Mars"]
        )
    fresh = replace(desk.tags, _samples=type(desk.tags._samples)(1.0, most=1))
    told = fresh.of("new", ["public", "user:anna", "group:press"], at_least=0, most=500)
    assert {one.label: one.confidence for one in told.suggestions} == before


def test_what_cannot_be_compared_is_said(desk: Desk) -> None:
    """No picture, no such vocabulary, another model's space: never a suggestion that means nothing."""
    answer = desk.client.get("/api/v1/assets/sound/tags", headers=ANNA).json()
    assert answer["suggestions"] == []
    assert "no image vector" in answer["degraded"][0]
    refused = desk.client.get("/api/v1/assets/new/tags", params={"vocabulary": "x"}, headers=ANNA)
    assert (refused.status_code, refused.json()["fields"][0]["field"]) == (422, "vocabulary")
    assert "tags, colours" in refused.json()["detail"]


def test_a_concept_is_learnt_anew_in_another_models_space(desk: Desk) -> None:
    """Its probe never meets another model's vectors; its examples do, under its owner's rights."""
    made = desk.client.post("/api/v1/concepts", json={"name": "Alarm", "good": REDS[:4], "shared": True}, headers=ANNA)
    assert "fake-joint@" in made.json()["space"]
    other = FakeJointEncoder("other-joint").space
    desk.index.indexed_spaces = SPACES.model_copy(update={"image_vector": other})
    desk.index.generation = "assets-000002"
    told = desk.client.get("/api/v1/assets/new/tags", headers=bearer("carla")).json()
    assert [one["label"] for one in told["suggestions"]] == ["Alarm"]
    assert "No labels were compared" in told["degraded"][0]
    again = desk.client.get(f"/api/v1/concepts/{made.json()['id']}", headers=ANNA).json()
    assert "other-joint@" in again["space"]
