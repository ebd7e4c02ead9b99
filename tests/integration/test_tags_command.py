"""damsight tags, on a real index."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contract.search_index_contract import SPACES
from damsight_cli.main import app
from damsight_devstack import Stack
from damsight_search import bootstrap
from fakes.encoders import fake_encoders
from fakes.library import library
from fakes.real_index import RealIndex, real_index

# Without their tags: a tag that an asset has is never suggested.
UNTAGGED = {asset_id: {**told, "tags": ["untold"]} for asset_id, told in library(120).items()}


@pytest.fixture
def real(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealIndex]:
    with real_index(stack.elasticsearch_url, SPACES) as made:
        made.store(UNTAGGED)
        monkeypatch.setenv("DAMSIGHT_ELASTICSEARCH__URL", stack.elasticsearch_url)
        monkeypatch.setenv("DAMSIGHT_INDEX__ALIAS", made.settings.alias)
        monkeypatch.setattr(bootstrap, "load_encoders", lambda _models: fake_encoders())
        yield made


@pytest.mark.integration
def test_every_asset_is_compared_with_a_vocabulary(real: RealIndex, tmp_path: Path) -> None:
    """Each label that fits is told, for what a person may see or for all; wrong usage and a bad file end with 2."""
    assert real.settings.alias
    moderation = tmp_path / "moderation.txt"
    moderation.write_text("red  # as blood\n\n# nothing\nRED\nblue\n", encoding="utf-8")
    for flags, seen in ((["--public"], {"public"}), ([], {"public", "group:press", "user:anna"})):
        told = CliRunner().invoke(app, ["tags", "--vocabulary", str(moderation), "--json", *flags])
        assert told.exit_code == 0, told.output
        rows = [json.loads(line) for line in told.stdout.splitlines()]
        wanted = {
            (asset_id, colour)
            for asset_id, one in library(120).items()
            if (colour := one["tags"][0]) in ("red", "blue") and {*one["acl"]} & seen
        }
        assert {(row["asset_id"], row["label"]) for row in rows} == wanted
        assert all(row["confidence"] >= 0.5 and row["title"] for row in rows)
    plain = CliRunner().invoke(app, ["tags", "--vocabulary", str(moderation), "--as", "anna", "--at-least", "0.9"])
    assert plain.exit_code == 0
    assert "labels of 2 fit" in plain.output
    moderation.write_text("# nothing\n", encoding="utf-8")
    for wrong in (["--vocabulary", str(moderation)], ["--vocabulary", str(moderation), "--group", "press"]):
        assert CliRunner().invoke(app, ["tags", *wrong]).exit_code == 2
