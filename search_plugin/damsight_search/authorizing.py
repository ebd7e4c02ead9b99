"""The host's own word on who may see what, asked again just before anything is shown.

The index holds the rights that the last event told. A host whose rights change without events gives an `Authorizer`;
what it refuses is as if it were not there. Where it fails, nothing is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final

from damsight_schemas.space import IndexSpaces
from damsight_search.errors import AuthorizerDownError, SettingsError
from damsight_search.ports import Answer, Authorizer, Body, SearchIndex

GROUP: Final = "damsight.authorizers"
SETTING: Final = "DAMSIGHT_AUTH__AUTHORIZER"


class Authorizing:
    """Asks the host, where it gave somebody to ask.

    Args:
        authorizer: The host's; without one the rights in the index are the last word.
    """

    def __init__(self, authorizer: Authorizer | None = None) -> None:
        self._authorizer = authorizer

    def allowed(self, principals: Sequence[str], ids: Sequence[str]) -> frozenset[str]:
        """Return which of these assets may be shown; asked once for all of them.

        Raises:
            AuthorizerDownError: The host's check failed, or answered with something that is no list of ids.
        """
        if self._authorizer is None or not ids:
            return frozenset(ids)
        if not principals:
            return frozenset()
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


class AuthorizedIndex:
    """An index whose documents the host is asked about before anybody gets them: once for all of an answer.

    Who asks is read from the body's own clause on rights, so that no feature can forget it; a body that brings
    documents and has none brings nothing. What brings ids, scores and counts alone goes by the rights in the index.

    Args:
        index: The real one.
        authorizing: Asks the host.
    """

    def __init__(self, index: SearchIndex, authorizing: Authorizing) -> None:
        self._index = index
        self._authorizing = authorizing

    def search(self, body: Body) -> Answer:
        """Execute a body, and leave out what the host refuses.

        Raises:
            AuthorizerDownError: The host's check failed, or answered with something that is no list of ids.
            SearchError: As the index's own.
        """
        answer = self._index.search(body)
        if body.get("stored_fields") == "_none_" or not answer.found:
            return answer
        allowed = self._authorizing.allowed(_principals(body), [found.asset_id for found in answer.found])
        found = tuple(found for found in answer.found if found.asset_id in allowed)
        refused = len(answer.found) - len(found)
        return replace(answer, found=found, total=max(0, answer.total - refused), refused=refused)

    def freeze(self) -> str:
        """Keep the index as it is now; what is read of it is asked about as ever."""
        return self._index.freeze()

    def spaces(self) -> IndexSpaces:
        """Return the spaces of the index that is live now."""
        return self._index.spaces()


def _principals(clause: Any) -> list[str]:
    """Return who asks, from the first clause on rights; nobody where there is none."""
    inner = clause.values() if isinstance(clause, Mapping) else clause if isinstance(clause, list) else ()
    if isinstance(clause, Mapping) and "acl" in clause.get("terms", {}):
        return list(clause["terms"]["acl"])
    return next((told for one in inner if (told := _principals(one))), [])


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
