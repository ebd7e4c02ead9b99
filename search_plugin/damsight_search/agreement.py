"""Vectors from two models never meet: which vector fields the index and the loaded models agree on, now."""

from threading import Lock

from damsight_schemas.space import VECTOR_FIELDS, IndexSpaces, VectorField, require_same_space
from damsight_search.ports import QueryEncoder, SearchIndex


class Agreement:
    """What the live index holds, compared with what queries are encoded to.

    It is read at the start, and again whenever another generation answers than the one it was read from.

    Args:
        index: Tells its spaces.
        encoder: Tells its own.
    """

    def __init__(self, index: SearchIndex, encoder: QueryEncoder) -> None:
        self._index = index
        self._encoder = encoder
        self._indexed: IndexSpaces | None = None
        self._known: set[str] = set()
        self._reading = Lock()

    def require(self, name: str) -> None:
        """Stop a start with the wrong models. A model that is not loaded is no mismatch: its leg is off.

        Args:
            name: The index's alias, for the message.

        Raises:
            SpaceMismatchError: A loaded model is not the one that filled the index; both are named.
            SearchUnavailableError: The index does not answer.
        """
        indexed, loaded = self.indexed(), self._encoder.spaces
        for field in VECTOR_FIELDS:
            space = getattr(loaded, field)
            if space is not None:
                require_same_space(field, getattr(indexed, field), space, index=name)

    def indexed(self) -> IndexSpaces:
        """Return the spaces of the live index, as last read.

        Raises:
            SearchUnavailableError: The index does not answer.
        """
        spaces = self._indexed
        if spaces is None:
            spaces = self._indexed = self._index.spaces()
        return spaces

    def look_again(self) -> IndexSpaces:
        """Return the spaces of the live index, read now: whoever does not search sees no answer to notice a switch by.

        Raises:
            SearchUnavailableError: The index does not answer.
        """
        with self._reading:
            self._indexed = self._index.spaces()
            return self._indexed

    def refuses(self, field: VectorField) -> str:
        """Return why a query's vector may not meet the field's; empty where it may, or where nothing is loaded."""
        indexed, loaded = getattr(self.indexed(), field), getattr(self._encoder.spaces, field)
        if indexed is None:
            return f"the index holds no {field}"
        if loaded in (None, indexed):
            return ""
        return f"the index holds {indexed} in {field}, and the loaded model is {loaded}"

    def holds(self, generation: str) -> bool:
        """Tell whether an answer came from spaces that we know; if it did not, they are read anew.

        Args:
            generation: The physical index that answered; empty where nothing was found.

        Raises:
            SearchUnavailableError: The index does not answer.
        """
        if not generation or generation in self._known:
            return True
        with self._reading:
            before, self._indexed = self._indexed, self._index.spaces()
            agrees = before is None or before == self._indexed
            # The alias may move back and forth; only the generation that we have just read is known.
            self._known = {generation}
            return agrees
