"""Tokens are asked for as RFC 6749 says, kept for most of their life, and their absence is explained."""

import base64
from collections.abc import Callable
from urllib.parse import parse_qs

import httpx
import pytest

from damsight_kafka import TokenError
from damsight_kafka.tokens import ClientCredentials
from damsight_schemas.connections import KafkaSettings

SECRET = "a secret with: and &"  # noqa: S105 - a test's own


class Provider:
    """An identity provider in memory."""

    def __init__(self, answer: Callable[[], httpx.Response]) -> None:
        self.answer = answer
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answer()


def granted(value: str = "one", expires_in: float = 100) -> httpx.Response:
    return httpx.Response(200, json={"access_token": value, "token_type": "Bearer", "expires_in": expires_in})


def credentials(provider: Provider, **other: object) -> ClientCredentials:
    kafka = KafkaSettings.model_validate(
        {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "OAUTHBEARER",
            "sasl_oauth_token_url": "https://id.example/token",
            "sasl_oauth_client_id": "dam",
            "sasl_oauth_client_secret": SECRET,
        }
        | other
    )
    return ClientCredentials(kafka, transport=httpx.MockTransport(provider))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock's time, in seconds, to be moved."""
    now = [1000.0]
    monkeypatch.setattr("damsight_kafka.tokens.time.monotonic", lambda: now[0])
    return now


def test_it_is_asked_for_as_the_rfc_says() -> None:
    """POST of a form with grant type and scope, and Basic authentication with both parts encoded."""
    provider = Provider(granted)
    assert credentials(provider, sasl_oauth_scope="a b").token() == "one"
    (request,) = provider.asked
    assert parse_qs(request.content.decode()) == {"grant_type": ["client_credentials"], "scope": ["a b"]}
    scheme, _, value = request.headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(value)) == ("Basic", b"dam:a+secret+with%3A+and+%26")


def test_it_is_kept_for_four_fifths_of_its_life(clock: list[float]) -> None:
    """Many connections ask once; before kafka-python shows it again, at 85 %, there is a fresh one."""
    provider = Provider(granted)
    tokens = credentials(provider)
    assert [tokens.token() for _ in range(3)] == ["one"] * 3
    clock[0] += 79
    tokens.token()
    assert len(provider.asked) == 1
    clock[0] += 2
    provider.answer = lambda: granted("two")
    assert tokens.token() == "two"


def test_an_old_one_serves_while_the_provider_is_away(clock: list[float]) -> None:
    """A provider that fails is overlooked until the token's end, and named after it."""
    provider = Provider(granted)
    tokens = credentials(provider)
    tokens.token()
    provider.answer = lambda: httpx.Response(503)
    clock[0] += 99
    assert tokens.token() == "one"
    clock[0] += 2
    with pytest.raises(TokenError, match=r"https://id\.example/token gives no token: 503") as caught:
        tokens.token()
    assert not caught.value.refused


def raising() -> httpx.Response:
    raise httpx.ConnectTimeout("timed out")


@pytest.mark.parametrize(
    ("answer", "refused", "words"),
    [
        (lambda: httpx.Response(401, json={"error": "invalid_client"}), True, "invalid_client.*_CLIENT_SECRET"),
        (lambda: httpx.Response(429), False, "429"),
        (lambda: httpx.Response(302, headers={"location": "https://evil.example"}), False, "302"),
        (lambda: httpx.Response(200, text="<html>"), True, "SASL_OAUTH_TOKEN_URL"),
        (lambda: granted("two\x01words"), True, "SASL_OAUTH_TOKEN_URL"),
        (lambda: granted(expires_in=-1), True, "SASL_OAUTH_TOKEN_URL"),
        (raising, False, "does not answer: timed out"),
    ],
)
def test_no_token_is_explained(answer: Callable[[], httpx.Response], refused: bool, words: str) -> None:
    """Each answer that is no token says whether to try again and which setting to look at, and never the secret."""
    provider = Provider(answer)
    with pytest.raises(TokenError, match=words) as caught:
        credentials(provider).token()
    assert caught.value.refused is refused
    assert SECRET not in str(caught.value)
    assert len(provider.asked) == 1
