"""Tokens for OAUTHBEARER, by client credentials (RFC 6749, section 4.4)."""

import ssl
import threading
import time
from dataclasses import dataclass
from typing import Annotated, Final

import httpx
from kafka.net.sasl.oauth import AbstractTokenProvider
from pydantic import BaseModel, Field, ValidationError

from damsight_kafka.errors import TokenError
from damsight_schemas.connections import KafkaSettings

# kafka-python asks in the thread that also sends the group's heartbeats: well below a session's 10 s.
_TIMEOUT_S: Final = 4.0
# It authenticates anew after 85 to 95 % of a token's life; by then there must be a fresh one.
_FRESH_FOR: Final = 0.8
_LONGEST_REASON: Final = 300
_REFUSALS: Final = range(400, 500)
_LATER: Final = (408, 429)


class _Granted(BaseModel):
    access_token: Annotated[str, Field(min_length=1, max_length=64 * 1024, pattern=r"^[\x21-\x7e]+$")]
    expires_in: Annotated[float, Field(gt=0)] = 60.0


@dataclass(frozen=True, slots=True)
class _Held:
    token: str
    fresh_until: float
    valid_until: float


class ClientCredentials(AbstractTokenProvider):  # type: ignore[misc] # kafka-python has no types
    """Asks the identity provider for a token, and keeps it for four fifths of its life. Any thread.

    Where the provider does not answer, a token that is still valid is used to its end.

    Args:
        kafka: Its settings of OAUTHBEARER are used.
        transport: In place of the network, for tests.
    """

    def __init__(self, kafka: KafkaSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__()
        self._kafka = kafka
        self._transport = transport
        self._held: _Held | None = None
        self._turn = threading.Lock()

    def token(self) -> str:
        """Return a token that is valid now.

        Raises:
            TokenError: The provider refuses or does not answer, and there is none that is still valid.
        """
        with self._turn:
            now = time.monotonic()
            if self._held is not None and now < self._held.fresh_until:
                return self._held.token
            try:
                granted = self._ask()
            except TokenError:
                if self._held is not None and now < self._held.valid_until:
                    return self._held.token
                raise
            self._held = _Held(granted.access_token, now + _FRESH_FOR * granted.expires_in, now + granted.expires_in)
            return self._held.token

    def _ask(self) -> _Granted:
        kafka, secret = self._kafka, self._kafka.sasl_oauth_client_secret
        form = {"grant_type": "client_credentials"}
        if kafka.sasl_oauth_scope:
            form["scope"] = kafka.sasl_oauth_scope
        # Basic authentication is what every provider must take (section 2.3.1).
        who = httpx.BasicAuth(
            _encoded(kafka.sasl_oauth_client_id or ""), _encoded(secret.get_secret_value() if secret else "")
        )
        try:
            with self._client() as client:
                answer = client.post(str(kafka.sasl_oauth_token_url), data=form, auth=who)
        except httpx.HTTPError as error:
            words = str(error) or type(error).__name__
            raise TokenError(
                f"{self._endpoint} does not answer: {words}. Check that it runs, and DAMSIGHT_KAFKA__SASL_OAUTH_CAFILE "
                f"where it is a matter of its certificate.",
                refused=False,
            ) from error
        return self._granted(answer)

    def _granted(self, answer: httpx.Response) -> _Granted:
        if not answer.is_success:
            raise TokenError(
                f"{self._endpoint} gives no token: {answer.status_code} {_reason(answer)}. Check "
                f"DAMSIGHT_KAFKA__SASL_OAUTH_CLIENT_ID, _CLIENT_SECRET and _SCOPE.",
                refused=answer.status_code in _REFUSALS and answer.status_code not in _LATER,
            )
        try:
            return _Granted.model_validate_json(answer.content)
        except ValidationError as error:
            raise TokenError(
                f"{self._endpoint} answers with no token; is DAMSIGHT_KAFKA__SASL_OAUTH_TOKEN_URL a token endpoint?",
                refused=True,
            ) from error

    @property
    def _endpoint(self) -> str:
        return f"the token endpoint {self._kafka.sasl_oauth_token_url}"

    def _client(self) -> httpx.Client:
        authorities = self._kafka.sasl_oauth_cafile
        verify = ssl.create_default_context(cafile=authorities) if authorities else True
        return httpx.Client(transport=self._transport, verify=verify, timeout=_TIMEOUT_S)


def _encoded(value: str) -> str:
    """Form-encode, as RFC 6749 asks of both before Basic authentication."""
    return str(httpx.QueryParams({"": value})).removeprefix("=")


def _reason(answer: httpx.Response) -> str:
    """What RFC 6749, section 5.2 lets a provider say, cut short."""
    return " ".join(answer.text[:_LONGEST_REASON].split()) or answer.reason_phrase
