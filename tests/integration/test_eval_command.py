"""damsight eval on a real index: a slice of the sample library, the starter checkpoint, and CLDR's own judgements."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
import typer
from elasticsearch.helpers import pack_dense_vector
from typer.testing import CliRunner

from damsight_cli import eval as evaluating
from damsight_cli.demonstration.models import offline_models
from damsight_cli.demonstration.samples import find_samples
from damsight_cli.main import log_to_stderr
from damsight_devstack import Stack
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.load import load_encoders, spaces_of_encoders
from damsight_encoders.ports import Encoders
from fakes.real_index import RealIndex, real_index

SLICE = 96
RUNNER = CliRunner()
command = typer.Typer()
command.command()(evaluating.command)


def documents(encoders: Encoders) -> dict[str, dict[str, Any]]:
    """The first assets of the library, as the consumer would store them."""
    library = find_samples().library
    joint, caption = encoders.joint, encoders.caption
    assert joint is not None
    assert caption is not None
    assets = [json.loads(line) for line in library.read_text(encoding="utf-8").splitlines()[:SLICE]]
    decoder = PillowDecoder()
    pictures = [decoder.decode((library.parent / one["media"]["uri"]).read_bytes(), at_least=128) for one in assets]
    looks = joint.encode_images([joint.prepare(picture) for picture in pictures])
    meanings = caption.encode_texts([one["metadata"]["title"] for one in assets])
    return {
        one["asset_id"]: {
            "asset_id": one["asset_id"],
            "revision": 1,
            "deleted": False,
            "acl": one["acl"],
            "kind": "image",
            "title": one["metadata"]["title"],
            "description": one["metadata"]["description"],
            "tags": one["metadata"]["tags"],
            "image_vector": pack_dense_vector(look.tolist()),
            "caption_vector": pack_dense_vector(meaning.tolist()),
        }
        for one, look, meaning in zip(assets, looks, meanings, strict=True)
    }


@pytest.fixture(scope="module")
def shelf(stack: Stack) -> Iterator[RealIndex]:
    """The slice in a real index."""
    encoders = load_encoders(offline_models(find_samples().starter))
    with real_index(stack.elasticsearch_url, spaces_of_encoders(encoders)) as real:
        real.store(documents(encoders))
        yield real


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """What is logged goes where it went, once the test ends."""
    yield
    structlog.reset_defaults()


@pytest.mark.integration
def test_the_library_is_measured_as_it_is_searched(
    shelf: RealIndex, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every leg and both fusions are measured in several languages, as those whom the library lets in."""
    log_to_stderr()
    samples = find_samples()
    models = offline_models(samples.starter)
    monkeypatch.setenv("DAMSIGHT_ELASTICSEARCH__URL", stack.elasticsearch_url)
    monkeypatch.setenv("DAMSIGHT_INDEX__ALIAS", shelf.settings.alias)
    monkeypatch.setenv("DAMSIGHT_MODELS__JOINT", str(models.joint))
    monkeypatch.setenv("DAMSIGHT_MODELS__CAPTION", str(models.caption))
    judgements = str(samples.library.with_name("judgements.tsv"))
    refused = RUNNER.invoke(command, [judgements])
    assert (refused.exit_code, "--leave-out-missing" in refused.output) == (1, True), refused.output
    asked_as = ["--as", "public,group:press,user:anna", "--leave-out-missing"]
    told = RUNNER.invoke(command, [judgements, *asked_as, "--json"])
    assert told.exit_code == 0, told.output
    evaluation = json.loads(told.stdout)["evaluation"]
    groups = {group["name"]: group for group in evaluation["groups"]}
    assert {"all", "language en", "language de", "language ja", "kind partly", "kind nowhere"} <= set(groups)
    figures = groups["all"]["systems"]
    assert {"keyword", "image", "caption", "rrf", "fused"} <= set(figures)
    assert figures["fused"]["ndcg@10"]["value"] > figures["keyword"]["ndcg@10"]["value"] > 0
    assert groups["all"]["queries"] == sum(groups[name]["queries"] for name in groups if name.startswith("language"))
    assert any("left out" in note for note in evaluation["notes"])
