"""Settings of Kafka that make no sense together are refused when they are read, each by its name."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from pydantic import ValidationError

from damsight_schemas.connections import KafkaSettings
from damsight_schemas.settings import named_by_variable
from damsight_schemas.validation import field_problems
from drivers.certificates import self_signed

TLS = {"security_protocol": "SSL"}
SASL = {"security_protocol": "SASL_SSL"}
TOKENS = SASL | {
    "sasl_mechanism": "OAUTHBEARER",
    "sasl_oauth_token_url": "https://id.example/token",
    "sasl_oauth_client_id": "damsight",
    "sasl_oauth_client_secret": "secret",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tls")
    (certificate, key), (other, _) = self_signed("client.example", folder), self_signed("other.example", folder)
    locked = folder / "locked.key"
    private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    locked.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"opens it"),
        )
    )
    (folder / "no.pem").write_text("no certificate")
    paths = {"CERT": certificate, "KEY": key, "OTHER": other, "LOCKED": locked, "NONE": folder / "no.pem"}
    return {name: str(path) for name, path in paths.items()} | {"MISSING": str(folder / "missing")}


def problems(files: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """What is wrong, by field."""
    with pytest.raises(ValidationError) as caught:
        KafkaSettings.model_validate({name: files.get(value, value) for name, value in given.items()})
    return {one.field: one.problem for one in field_problems(caught.value)}


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"ssl_cafile": "CERT"}, "ssl_cafile", "no meaning with security_protocol=PLAINTEXT"),
        (TLS | {"ssl_cafile": "MISSING"}, "ssl_cafile", "No such file"),
        (TLS | {"ssl_cafile": "NONE"}, "ssl_cafile", "holds no certificates"),
        (TLS | {"ssl_certfile": "CERT"}, "ssl_keyfile", "is needed with ssl_certfile"),
        (TLS | {"ssl_keyfile": "KEY"}, "ssl_keyfile", "no meaning without ssl_certfile"),
        (TLS | {"ssl_certfile": "MISSING", "ssl_keyfile": "KEY"}, "ssl_certfile", "No such file"),
        (TLS | {"ssl_certfile": "OTHER", "ssl_keyfile": "KEY"}, "ssl_password", "does not belong"),
        (TLS | {"ssl_certfile": "CERT", "ssl_keyfile": "LOCKED"}, "ssl_password", "does not open"),
        (TLS | {"ssl_certfile": "CERT", "ssl_keyfile": "LOCKED", "ssl_password": "x"}, "ssl_password", "does not open"),
        (SASL, "sasl_mechanism", "is needed with security_protocol=SASL_SSL"),
        (TLS | {"sasl_mechanism": "PLAIN"}, "sasl_mechanism", "no meaning with security_protocol=SSL"),
        (SASL | {"sasl_mechanism": "PLAIN", "sasl_password": "x"}, "sasl_username", "is needed"),
        (SASL | {"sasl_mechanism": "PLAIN", "sasl_username": "x"}, "sasl_password", "is needed"),
        ({"sasl_username": "x"}, "sasl_username", "no meaning with sasl_mechanism=None"),
        (TOKENS | {"sasl_username": "x"}, "sasl_username", "that takes PLAIN or SCRAM"),
        (TOKENS | {"sasl_oauth_token_url": "id.example"}, "sasl_oauth_token_url", "https?://"),
        ({"sasl_oauth_scope": "x"}, "sasl_oauth_scope", "that takes OAUTHBEARER"),
        ({"proxy_url": "http://user:word@host:1"}, "proxy_url", "socks5://host:port"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    files: dict[str, str], given: dict[str, str], field: str, words: str
) -> None:
    """Only the setting at fault is named, with what it takes."""
    found = problems(files, given)
    assert list(found) == [field]
    assert words in found[field]


@pytest.mark.parametrize("left_out", ["sasl_oauth_token_url", "sasl_oauth_client_id", "sasl_oauth_client_secret"])
def test_tokens_need_all_three(left_out: str) -> None:
    """OAUTHBEARER without its endpoint, its name or its secret is refused by the name of what is missing."""
    assert list(problems({}, {name: value for name, value in TOKENS.items() if name != left_out})) == [left_out]


@pytest.mark.parametrize(
    "given",
    [
        {"sasl_password": "of somebody else"},
        TLS | {"ssl_cafile": "CERT", "ssl_certfile": "CERT", "ssl_keyfile": "LOCKED", "ssl_password": "opens it"},
        SASL | {"sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "x", "sasl_password": "y"},
        TOKENS | {"sasl_oauth_scope": "a b", "sasl_oauth_cafile": "CERT"},
        {"proxy_url": "socks5h://user:hush@proxy.example:1080"},
    ],
)
def test_what_makes_sense_is_taken(files: dict[str, str], given: dict[str, str]) -> None:
    """Each way in, and a secret that a shared store holds for others."""
    told = KafkaSettings.model_validate({name: files.get(value, value) for name, value in given.items()})
    assert told.client_options()["security_protocol"] == given.get("security_protocol", "PLAINTEXT")
    assert "hush" not in repr(told)


def test_a_proxys_password_is_not_repeated() -> None:
    """The message about a wrong proxy names the variable and keeps its password."""
    with (
        pytest.raises(RuntimeError, match="DAMSIGHT_PROXY_URL: is no socks5") as caught,
        named_by_variable(RuntimeError),
    ):
        KafkaSettings.model_validate({"proxy_url": "http://user:hush@host:1"})
    assert "hush" not in str(caught.value)


def test_programs_take_the_whole_way() -> None:
    """Outside the contract and its one caller nobody takes the options that lack the tokens."""
    root = Path(__file__).parents[3]
    packages = ["consumer", "publisher", "cli", "search_plugin", "devstack", "search_index", "encoders"]
    callers = [
        path for name in packages for path in (root / name).rglob("*.py") if ".client_options()" in path.read_text()
    ]
    assert callers == []
