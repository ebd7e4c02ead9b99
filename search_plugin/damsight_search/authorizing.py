"""The host's own word on who may see what, asked again just before anything is shown.

The index holds the rights that the last event told. A host whose rights change without events gives an `Authorizer`;
what it refuses is as if it were not there. Where it fails, nothing is shown.
"""

from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final

from damsight_search.errors import AuthorizerDownError, SettingsError
from damsight_search.ports import Authorizer
from damsight_search.principal import Principals

GROUP: Final = "damsight.authorizers"
SETTING: Final = "DAMSIGHT_AUTH__AUTHORIZER"


class Authorizing:
    """Asks the host, where it gave somebody to ask.

    Args:
        authorizer: The host's; without one the rights in the index are the last word.
    """

    def __init__(self, authorizer: Authorizer | None = None) -> None:
        self._authorizer = authorizer

    @property
    def asks(self) -> bool:
        """There is somebody to ask."""
        return self._authorizer is not None

    def allowed(self, principals: Principals, ids: Sequence[str]) -> frozenset[str]:
        """Return which of these assets may be shown; asked once for all of them.

        Raises:
            AuthorizerDownError: The host's check failed, or answered with something that is no list of ids.
        """
        if self._authorizer is None or not ids:
            return frozenset(ids)
        try:
            answered = self._authorizer.authorize(list(principals), list(ids))
            # A string is a collection of strings too, and never what is meant.
            told = None if isinstance(answered, str | bytes) else frozenset(answered)
        except Exception as error:
            # The host's code may raise anything, and its words may tell of what is hidden.
            raise AuthorizerDownError(type(error).__name__) from error
        if told is None:
            raise AuthorizerDownError(f"it answered with a {type(answered).__name__}")
        return told & frozenset(ids)


def load_authorizer(named: str) -> Authorizer | None:
    """Return the authorizer that a setting names; none for an empty name.

    Args:
        named: ``module:name`` of a function ``(principals, ids) -> ids`` or of an object that has `authorize`; or the
            name of an entry point of the group ``damsight.authorizers`` that stands for such a one.

    Raises:
        SettingsError: There is no such thing, or it is no authorizer.
    """
    if not named:
        return None
    found = _imported(named) if ":" in named else _offered(named)
    if hasattr(found, "authorize"):
        authorizer: Authorizer = found
        return authorizer
    if callable(found):
        return _Function(found)
    raise SettingsError(f"{SETTING}={named} is a {type(found).__name__}: it takes a function, or has `authorize`.")


class _Function:
    def __init__(self, function: Any) -> None:
        self._function = function

    def authorize(self, principals: Sequence[str], ids: Sequence[str]) -> Sequence[str]:
        """Ask the function."""
        answered: Sequence[str] = self._function(principals, ids)
        return answered


def _imported(named: str) -> Any:
    module, _, name = named.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError(f"{SETTING}={named} cannot be imported ({error}); it takes module:function.") from error


def _offered(named: str) -> Any:
    offered = entry_points(group=GROUP)
    found = [entry for entry in offered if entry.name == named]
    if len(found) != 1:
        names = ", ".join(sorted({entry.name for entry in offered})) or "none"
        raise SettingsError(
            f"{SETTING}={named}: {len(found)} installed packages offer it in the entry-point group {GROUP}, and there "
            f"must be one; offered are: {names}. Or name module:function."
        )
    try:
        return found[0].load()
    except (ImportError, AttributeError) as error:
        raise SettingsError(f"{SETTING}={named}: {found[0].value} cannot be imported ({error}).") from error
