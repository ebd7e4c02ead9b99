"""Why Kafka does not let us in, and which setting to correct: kafka-python's errors in a person's words."""

import re
from typing import Final

from kafka.errors import (
    AuthorizationError,
    IllegalSaslStateError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)

from damsight_kafka.errors import KafkaAbsentError, KafkaRefusedError, TokenError
from damsight_schemas.connections import KafkaSettings

_SETTING: Final = "DAMSIGHT_KAFKA__"
_PROTOCOL: Final = f"the listener may speak another protocol: check {_SETTING}SECURITY_PROTOCOL and the port"
_HUNG_UP: Final = "socket disconnected"
_BY_WORDS: Final = (
    (
        r"hostname mismatch|IP address mismatch|certificate is not valid for",
        f"{_SETTING}BOOTSTRAP_SERVERS and the broker's advertised.listeners must use a name that is in its certificate",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED",
        f"the broker's certificate is not trusted: {_SETTING}SSL_CAFILE must hold the authority that signed it",
    ),
    (
        r"alert (certificate|bad certificate|unknown ca)|CERTIFICATE_REQUIRED|ALERT_(BAD_CERTIFICATE|UNKNOWN_CA)",
        f"the broker asks for a certificate that it trusts: check {_SETTING}SSL_CERTFILE and SSL_KEYFILE",
    ),
    (r"WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE|UNEXPECTED_EOF|Handshake failed|Invalid frame length", _PROTOCOL),
)


def told(kafka: KafkaSettings, error: BaseException) -> str:
    """Say in one or two sentences what happened, and what to do.

    Args:
        kafka: The settings that the client was made with.
        error: What kafka-python, or `knock`, raised.
    """
    if isinstance(error, KafkaAbsentError | KafkaRefusedError):
        return str(error)
    what = _what(error)
    hint = advice(kafka, error)
    if hint is not None:
        return f"Kafka at {kafka.bootstrap_servers} does not let us in: {what}. {hint[0].upper()}{hint[1:]}."
    if _HUNG_UP in str(error):
        return f"Kafka at {kafka.bootstrap_servers} hangs up: it may be about to start or to stop, or {_PROTOCOL}."
    proxy = f", and the proxy of {_SETTING}PROXY_URL," if kafka.proxy_url else ""
    return (
        f"Kafka cannot be reached at {kafka.bootstrap_servers}: {what}. Check that it{proxy} runs and that "
        f"{_SETTING}BOOTSTRAP_SERVERS names it."
    )


def advice(kafka: KafkaSettings, error: BaseException) -> str | None:
    """Return what to correct where Kafka answers and refuses, None where it does not answer."""
    if isinstance(error, TokenError):
        return "the broker was not asked" if error.refused else None
    if isinstance(error, SaslAuthenticationFailedError):
        return _credentials(kafka)
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"the listener does not take {_SETTING}SASL_MECHANISM={kafka.sasl_mechanism}"
    if isinstance(error, IllegalSaslStateError):
        return f"the listener asks for no SASL: check {_SETTING}SECURITY_PROTOCOL and the port"
    if isinstance(error, AuthorizationError):
        return f"the broker's ACLs forbid it to {_principal(kafka)}: grant it"
    return next((hint for words, hint in _BY_WORDS if re.search(words, str(error), re.IGNORECASE)), None)


def _credentials(kafka: KafkaSettings) -> str:
    if kafka.sasl_mechanism == "OAUTHBEARER":
        return (
            f"the broker does not take the token from {_SETTING}SASL_OAUTH_TOKEN_URL: it may have expired, be for "
            f"another audience ({_SETTING}SASL_OAUTH_SCOPE), or the clocks differ"
        )
    return f"check {_SETTING}SASL_USERNAME, {_SETTING}SASL_PASSWORD and {_SETTING}SASL_MECHANISM"


def _principal(kafka: KafkaSettings) -> str:
    return kafka.sasl_username or kafka.sasl_oauth_client_id or "this client"


def _what(error: BaseException) -> str:
    words = str(error).strip() or type(error).__name__
    return words.rstrip(".")
