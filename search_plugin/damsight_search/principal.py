"""Who is asking. No principal, no answer."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Self

from pydantic import TypeAdapter, ValidationError

from damsight_schemas.asset import PUBLIC, Principal
from damsight_search.errors import NoPrincipalError

_PRINCIPALS = TypeAdapter(list[Principal])


class Principals(tuple[str, ...]):
    """Everything that whoever asks may call themselves: frozen, sorted, never empty.

    Use `signed_in` or `stranger`; the constructor is for those that the host has already put together.

    Raises:
        NoPrincipalError: There is none, or one is no principal.
    """

    __slots__ = ()

    def __new__(cls, names: Iterable[str]) -> Self:
        """Check and sort."""
        if isinstance(names, cls):
            return names
        if isinstance(names, str):
            raise NoPrincipalError(f"principals are a list, and {names!r} is a string")
        given = sorted(set(names))
        if not given:
            raise NoPrincipalError("Nobody asks: no principal, no answer.")
        try:
            _PRINCIPALS.validate_python(given)
        except ValidationError as error:
            wrong = given[int(error.errors()[0]["loc"][0])]
            raise NoPrincipalError(f"{wrong!r} is no principal: it takes public, user:NAME or group:NAME.") from error
        return super().__new__(cls, given)

    @property
    def digest(self) -> str:
        """Sixteen hex digits that tell these principals from others."""
        return sha256("\n".join(self).encode()).hexdigest()[:16]


def signed_in(user: str, groups: Sequence[str] = ()) -> Principals:
    """Return the principals of a person: ``user:<user>``, ``group:<group>`` each, and ``public``.

    Raises:
        NoPrincipalError: A name is empty or holds control characters.
    """
    return Principals([f"user:{user}", *(f"group:{group}" for group in groups), PUBLIC])


def stranger() -> Principals:
    """Return what somebody may see who is not signed in: ``public`` and nothing more."""
    return Principals([PUBLIC])
