"""How the store of previews is opened."""

import pytest

from damsight_schemas.preview_stores import client_options, not_opened


@pytest.mark.parametrize("url", ["s3://previews", "s3a://previews/of/us"])
def test_a_buckets_client_waits_as_long_as_it_is_told(url: str) -> None:
    """Its own defaults are minutes."""
    told = client_options(url, tries=2, connect_s=5, read_s=20)["config_kwargs"]
    assert (told["connect_timeout"], told["read_timeout"], told["retries"]["max_attempts"]) == (5, 20, 2)


@pytest.mark.parametrize("url", ["/previews", "file:///previews", "memory://previews"])
def test_other_stores_take_no_options(url: str) -> None:
    """A folder would refuse them."""
    assert client_options(url, tries=2, connect_s=5, read_s=20) == {}


def test_an_address_that_cannot_be_opened_is_named_with_what_to_do() -> None:
    """The setting, the address, and the extra that is missing."""
    words = not_opened("s3://previews", ImportError("no s3fs"))
    assert all(part in words for part in ("DAMSIGHT_PREVIEWS__URL", "s3://previews", "damsight[s3]"))
