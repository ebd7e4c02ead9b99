"""Concepts: a person marks a few good and bad examples, and what they have in common becomes a filter and a tag."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from damsight_index.own_records import OwnRecord, OwnRecords
from damsight_schemas.concepts import Concept, ConceptDraft
from damsight_schemas.errors import FieldProblem
from damsight_search.errors import ConceptNotFoundError, NoPrincipalError, RefusedRequestError
from damsight_search.learning.concept_learning import Learning
from damsight_search.learning.concept_records import KIND, SHARED, KeptConcept, from_record, name_key, to_record, told
from damsight_search.learning.feedback import person
from damsight_search.principal import Principals

MOST = 200
"""Concepts that a person may have."""


@dataclass(frozen=True, slots=True)
class ConceptKeeper:
    """Keeps concepts. Safe to call from many threads.

    Attributes:
        records: Where they are kept.
        learning: Learns them.
        admins: Principals who may change what is shared.
        clock: Tells the time.
    """

    records: OwnRecords
    learning: Learning
    admins: Collection[str] = ()
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def create(self, draft: ConceptDraft, who: Principals) -> Concept:
        """Learn a concept.

        Raises:
            NoPrincipalError: Strangers cannot: nobody could tell whose it is.
            AssetNotFoundError: An example is not there for these principals.
            RefusedRequestError: The name is taken, there are too many, or nothing can be learnt.
            SearchError: The index does not answer as it should.
        """
        owner = _owner(who)
        if sum(1 for _ in self.records.of(KIND, owner=owner)) >= MOST:
            raise RefusedRequestError([FieldProblem("name", f"would be more than the {MOST} that a person may have")])
        now = self.clock()
        return self._learn(uuid4().hex, draft, who, owner=owner, created_at=now, modified_at=now)

    def replace(self, concept_id: str, draft: ConceptDraft, who: Principals) -> Concept:
        """Learn a concept anew, from other examples or under another name.

        An admin learns another's concept under the admin's own rights.

        Raises:
            ConceptNotFoundError: There is none that they may change.
            SearchError: As for `create`.
        """
        before = self._changeable(concept_id, who)
        owner, created_at = before.owner, before.created_at
        return self._learn(concept_id, draft, who, owner=owner, created_at=created_at, modified_at=self.clock())

    def delete(self, concept_id: str, who: Principals) -> None:
        """Forget a concept.

        Raises:
            ConceptNotFoundError: There is none that they may change.
        """
        self._changeable(concept_id, who)
        self.records.delete(KIND, concept_id)

    def get(self, concept_id: str, who: Principals) -> Concept:
        """Return a concept that somebody may use.

        Raises:
            ConceptNotFoundError: There is none.
        """
        return self._told(self._usable(concept_id, who), who)

    def listed(self, who: Principals) -> list[Concept]:
        """Return the concepts that somebody may use, by their names."""
        return [self._told(kept, who) for kept in self.usable(who)]

    def usable(self, who: Principals) -> list[KeptConcept]:
        """Return one's own concepts and those that are shared, by their names; one's own come first."""
        owner = person(who)
        own = list(self._read(self.records.of(KIND, owner=owner))) if owner else []
        shared = self._read(self.records.of(KIND, about=SHARED))
        found = [*own, *(one for one in shared if one.owner != owner)]
        return sorted(found, key=lambda one: (name_key(one.name), one.owner != owner, one.created_at, one.concept_id))

    def names(self, who: Principals) -> list[str]:
        """Return the names that somebody may filter by, each once."""
        return list({name_key(one.name): one.name for one in reversed(self.usable(who))}.values())

    def named(self, name: str, who: Principals) -> KeptConcept | None:
        """Return the concept that a name stands for: one's own, else the oldest that is shared; none for none."""
        owner = person(who)
        found = [
            one
            for one in self._read(self.records.of(KIND, about=name_key(name)))
            if one.shared or (owner and one.owner == owner)
        ]
        return min(found, key=lambda one: (one.owner != owner, one.created_at, one.concept_id), default=None)

    def fitting(self, kept: KeptConcept, who: Principals) -> KeptConcept:
        """Return a concept as it is in the space that the index holds now; learnt anew where it was of another.

        It is then learnt under its owner's rights: the present ones where the owner asks, else those of the last time.

        Raises:
            RefusedRequestError: Its examples have no vectors in this space (yet).
            SearchError: The index does not answer as it should.
        """
        if kept.learnt.space == self.learning.space():
            return kept
        rights = who if person(who) == kept.owner else Principals(kept.principals)
        learnt = self.learning.learnt(kept.good, kept.bad, rights)
        anew = replace(kept, learnt=learnt, principals=tuple(rights))
        self.records.put(to_record(anew))
        return anew

    def _learn(
        self,
        concept_id: str,
        draft: ConceptDraft,
        who: Principals,
        *,
        owner: str,
        created_at: datetime,
        modified_at: datetime,
    ) -> Concept:
        for other in self._read(self.records.of(KIND, owner=owner, about=name_key(draft.name))):
            if other.concept_id != concept_id:
                raise RefusedRequestError([FieldProblem("name", f"is taken by another concept: {other.name!r}")])
        self.learning.require_visible(list(dict.fromkeys([*draft.good, *draft.bad])), who)
        kept = KeptConcept(
            concept_id=concept_id,
            owner=owner,
            name=draft.name,
            shared=draft.shared,
            good=tuple(dict.fromkeys(draft.good)),
            bad=tuple(dict.fromkeys(draft.bad)),
            principals=tuple(who),
            learnt=self.learning.learnt(draft.good, draft.bad, who),
            created_at=created_at,
            modified_at=modified_at,
        )
        self.records.put(to_record(kept))
        return self._told(kept, who)

    def _usable(self, concept_id: str, who: Principals) -> KeptConcept:
        record = self.records.get(KIND, concept_id)
        kept = from_record(record) if record is not None else None
        if kept is None or not (kept.shared or kept.owner == person(who)):
            raise ConceptNotFoundError(concept_id)
        return kept

    def _changeable(self, concept_id: str, who: Principals) -> KeptConcept:
        kept = self._usable(concept_id, who)
        if not self._may_change(kept, who):
            raise ConceptNotFoundError(concept_id)
        return kept

    def _may_change(self, kept: KeptConcept, who: Principals) -> bool:
        return kept.owner == person(who) or (kept.shared and bool({*self.admins} & {*who}))

    def _told(self, kept: KeptConcept, who: Principals) -> Concept:
        return told(kept, own=kept.owner == person(who), may_change=self._may_change(kept, who))

    @staticmethod
    def _read(records: Iterator[OwnRecord]) -> Iterator[KeptConcept]:
        return (kept for record in records if (kept := from_record(record)) is not None)


def _owner(who: Principals) -> str:
    owner = person(who)
    if not owner:
        raise NoPrincipalError("A concept belongs to a person: strangers have none.")
    return owner
