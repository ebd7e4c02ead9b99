"""Who is asking: a Bearer JSON Web Token (RFC 7519) of the DAM, or a stranger where the settings let them in.

The algorithm is ours to choose, never the token's: HS256 with the shared secret, RS256 or ES256 by the kind of the
public key. `exp` and `sub` are required. A bad token is refused even where strangers are let in.
"""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import httpx
import jwt
import orjson

from damsight_search.errors import NoPrincipalError, SettingsError
from damsight_search.principal import Principals, signed_in, stranger
from damsight_search.settings import AuthSettings

_ALGORITHMS = {"RSA": "RS256", "EC": "ES256"}
# An unknown key id may be a key that is new, or an attack: ask for the keys again, but not at every token.
_ASK_AGAIN_S = 60.0
_TIMEOUT_S = 5.0


class Keys(Protocol):
    """The keys that a token may be signed with."""

    def of(self, token: str) -> tuple[Any, str]:
        """Return a token's key and the one algorithm that goes with it.

        Raises:
            NoPrincipalError: There is no such key.
        """
        ...


class Gate:
    """Tells from the header Authorization who is asking.

    Args:
        settings: Which tokens are taken.
        keys: Where the keys come from; none where tokens are not taken.
    """

    def __init__(self, settings: AuthSettings, keys: Keys | None) -> None:
        self._settings = settings
        self._keys = keys
        self._required = ["exp", "sub"]

    def principals(self, authorization: str | None) -> Principals:
        """Return who is asking.

        Raises:
            NoPrincipalError: There is no token where one is needed, or it is not valid.
        """
        if authorization is None:
            if self._settings.anonymous:
                return stranger()
            raise NoPrincipalError("No token was sent.")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NoPrincipalError("The header Authorization takes `Bearer` and a token.")
        return _named(self._claims(token.strip()))

    def _claims(self, token: str) -> dict[str, Any]:
        if self._keys is None:
            raise NoPrincipalError("Tokens are not taken here: neither a secret nor public keys are set.")
        try:
            key, algorithm = self._keys.of(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                leeway=self._settings.leeway_s,
                options={"require": self._required, "verify_aud": self._settings.audience is not None},
            )
        except jwt.ExpiredSignatureError as error:
            raise NoPrincipalError("The token has expired.") from error
        except jwt.PyJWTError as error:
            raise NoPrincipalError(f"The token is not valid: {error}.") from error
        return claims


class SharedSecret:
    """One secret, for HS256."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def of(self, token: str) -> tuple[Any, str]:
        """Return the secret, whatever the token says."""
        del token
        return self._secret, "HS256"


class PublicKeys:
    """A JSON Web Key Set (RFC 7517), read when first needed and again for a key id that is not in it.

    Args:
        read: Returns the set as JSON.
        clock: Seconds, never going back.
    """

    def __init__(self, read: Callable[[], bytes], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._asked = float("-inf")
        self._reading = Lock()

    def of(self, token: str) -> tuple[Any, str]:
        """Return a token's key by its id, and the algorithm of the key's kind.

        Raises:
            NoPrincipalError: There is no such key, or it is of a kind that is not taken.
        """
        key_id = jwt.get_unverified_header(token).get("kid")
        key = self._found(key_id)
        if key is None:
            self._refresh()
            key = self._found(key_id)
        if key is None or key.key_type not in _ALGORITHMS:
            raise NoPrincipalError("The token is signed with a key that is not known here.")
        return key.key, _ALGORITHMS[key.key_type]

    def _found(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _refresh(self) -> None:
        with self._reading:
            if self._clock() - self._asked < _ASK_AGAIN_S:
                return
            self._asked = self._clock()
            try:
                told = jwt.PyJWKSet.from_dict(orjson.loads(self._read()))
            except (OSError, ValueError, httpx.HTTPError, jwt.PyJWTError) as error:
                raise NoPrincipalError(f"The public keys (DAMSIGHT_AUTH__JWKS) cannot be read: {error}.") from error
            self._keys = {key.key_id: key for key in told.keys}


def gate(settings: AuthSettings) -> Gate:
    """Return the gate that the settings describe.

    Raises:
        SettingsError: Nobody at all could ask.
    """
    if not settings.knows_somebody:
        raise SettingsError(
            "nobody could ask: set DAMSIGHT_AUTH__SECRET (shared with the DAM, 32 characters or more) or "
            "DAMSIGHT_AUTH__JWKS (its public keys), or DAMSIGHT_AUTH__ANONYMOUS=true to show everybody what is public"
        )
    return Gate(settings, _keys(settings))


def _keys(settings: AuthSettings) -> Keys | None:
    if settings.secret is not None:
        return SharedSecret(settings.secret.get_secret_value())
    place = settings.jwks
    if place is None:
        return None
    if place.startswith(("https://", "http://")):
        return PublicKeys(lambda: httpx.get(place, timeout=_TIMEOUT_S).raise_for_status().content)
    path = Path(place)
    if not path.is_file():
        raise SettingsError(f"DAMSIGHT_AUTH__JWKS: {place!r} is no file; it takes a file or an address of a JWK set")
    return PublicKeys(path.read_bytes)


def _named(claims: dict[str, Any]) -> Principals:
    groups = claims.get("groups", [])
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise NoPrincipalError("The token's `groups` is no list of names.")
    return signed_in(str(claims["sub"]), groups)
