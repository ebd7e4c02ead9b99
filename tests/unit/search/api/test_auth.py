"""Who is asking."""

import base64
import hmac
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from damsight_search.api.auth import Gate, PublicKeys, gate
from damsight_search.errors import NoPrincipalError, SettingsError
from damsight_search.settings import load_settings
from fakes.search_app import A_DAY_S, SECRET, token

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def the_gate(**auth: Any) -> Gate:
    return gate(load_settings(auth={"secret": SECRET, **auth}).auth)


def key_set() -> dict[str, Any]:
    rsa_key = {**json.loads(RSAAlgorithm.to_jwk(RSA_KEY.public_key())), "kid": "rsa"}
    ec_key = {**json.loads(ECAlgorithm.to_jwk(EC_KEY.public_key())), "kid": "ec"}
    return {"keys": [rsa_key, ec_key]}


def claims(**changes: Any) -> dict[str, Any]:
    return {"sub": "anna", "groups": ["press"], "exp": time.time() + A_DAY_S, **changes}


def test_subject_and_groups_become_principals() -> None:
    """Sub and groups, and everybody holds public."""
    assert the_gate().principals(f"Bearer {token('anna')}") == ("group:press", "public", "user:anna")
    assert the_gate().principals(f"bearer {token('anna', ())}") == ("public", "user:anna")


@pytest.mark.parametrize(
    ("authorization", "says"),
    [
        (None, "No token"),
        ("Basic YW5uYTpzZWNyZXQ=", "takes `Bearer`"),
        ("Bearer ", "takes `Bearer`"),
        ("Bearer not-a-token", "not valid"),
        (f"Bearer {token()[:-3]}abc", "not valid"),
        (f"Bearer {token(exp=1)}", "expired"),
        (f"Bearer {token(exp=None)}", "exp"),
        (f"Bearer {token(sub=None)}", "sub"),
        (f"Bearer {token(nbf=time.time() + 3600)}", "not yet valid"),
        (f"Bearer {jwt.encode(claims(groups='press'), SECRET, algorithm='HS256')}", "no list"),
        (f"Bearer {token('')}", "no principal"),
        (f"Bearer {token('anna', ('a' + chr(10) + 'b',))}", "no principal"),
        (f"Bearer {jwt.encode(claims(), None, algorithm='none')}", "not valid"),
        (f"Bearer {jwt.encode(claims(), SECRET + SECRET, algorithm='HS512')}", "not valid"),
    ],
    ids=lambda one: str(one)[-20:],
)
@pytest.mark.parametrize("anonymous", [False, True])
def test_what_is_not_valid_is_refused(authorization: str | None, says: str, *, anonymous: bool) -> None:
    """A bad token is refused, even where a stranger without one is let in."""
    if authorization is None and anonymous:
        assert the_gate(anonymous=True).principals(None) == ("public",)
        return
    with pytest.raises(NoPrincipalError, match=says):
        the_gate(anonymous=anonymous).principals(authorization)


def test_issuer_and_audience_are_checked_where_they_are_set() -> None:
    """A token for another service is none for this."""
    strict = the_gate(issuer="dam", audience="search")
    assert strict.principals(f"Bearer {token(iss='dam', aud='search')}")
    for wrong in (token(), token(iss="dam", aud="other"), token(iss="else", aud="search")):
        with pytest.raises(NoPrincipalError):
            strict.principals(f"Bearer {wrong}")


@pytest.mark.parametrize(("kid", "key", "algorithm"), [("rsa", RSA_KEY, "RS256"), ("ec", EC_KEY, "ES256")])
def test_public_keys_are_taken_from_a_file(tmp_path: Path, kid: str, key: Any, algorithm: str) -> None:
    """RS256 and ES256, by the kind of the key that the token names."""
    place = tmp_path / "keys.json"
    place.write_text(json.dumps(key_set()))
    doors = gate(load_settings(auth={"jwks": str(place)}).auth)
    signed = jwt.encode(claims(), key, algorithm=algorithm, headers={"kid": kid})
    assert "user:anna" in doors.principals(f"Bearer {signed}")
    unknown = jwt.encode(claims(), key, algorithm=algorithm, headers={"kid": "other"})
    with pytest.raises(NoPrincipalError, match="not known"):
        doors.principals(f"Bearer {unknown}")


def test_a_public_key_is_never_a_shared_secret(tmp_path: Path) -> None:
    """The algorithm is the key's, not the token's: HS256 signed with the public key is refused."""
    place = tmp_path / "keys.json"
    place.write_text(json.dumps(key_set()))
    doors = gate(load_settings(auth={"jwks": str(place)}).auth)
    public = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = ({"alg": "HS256", "typ": "JWT", "kid": "rsa"}, claims())
    signed = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    mac = base64.urlsafe_b64encode(hmac.digest(public, signed.encode(), "sha256")).decode().rstrip("=")
    forged = f"{signed}.{mac}"
    with pytest.raises(NoPrincipalError):
        doors.principals(f"Bearer {forged}")


def test_new_keys_are_fetched_and_unknown_ones_do_not_make_a_flood() -> None:
    """A key id that is not known asks for the keys again, at most once a minute."""
    asked: list[int] = []
    now = [0.0]

    def read() -> bytes:
        asked.append(1)
        return json.dumps({"keys": key_set()["keys"][: len(asked)]}).encode()

    keys = PublicKeys(read, clock=lambda: now[0])
    by_rsa = jwt.encode(claims(), RSA_KEY, algorithm="RS256", headers={"kid": "rsa"})
    by_ec = jwt.encode(claims(), EC_KEY, algorithm="ES256", headers={"kid": "ec"})
    assert keys.of(by_rsa)[1] == "RS256"
    for _ in range(3):
        with pytest.raises(NoPrincipalError):
            keys.of(by_ec)
    assert len(asked) == 1
    now[0] = 61.0
    assert keys.of(by_ec)[1] == "ES256"
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("auth", "names"),
    [
        ({}, "DAMSIGHT_AUTH__SECRET"),
        ({"secret": "short"}, "DAMSIGHT_AUTH__SECRET"),
        ({"secret": SECRET, "jwks": "keys.json"}, "DAMSIGHT_AUTH"),
        ({"jwks": "nowhere/keys.json"}, "DAMSIGHT_AUTH__JWKS"),
        ({"leeway_s": -1}, "DAMSIGHT_AUTH__LEEWAY_S"),
        ({"anonimous": True}, "DAMSIGHT_AUTH__ANONIMOUS"),
    ],
    ids=str,
)
def test_wrong_settings_are_named(auth: dict[str, Any], names: str) -> None:
    """A start that nobody could use stops, says which setting, and never repeats a secret."""
    with pytest.raises(SettingsError, match=names) as refused:
        gate(load_settings(auth=auth).auth)
    assert "short" not in str(refused.value)
