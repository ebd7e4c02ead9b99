"""Searches that somebody keeps: theirs alone, run by the rights of the moment, and watched for where they wish."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from damsight_index.own_records import OwnRecord, OwnRecords
from damsight_schemas.errors import FieldProblem
from damsight_schemas.saved_searches import SavedSearch, SavedSearchDraft, StandingState
from damsight_schemas.search import SearchRequest, SearchResponse
from damsight_schemas.standing import SAVED_SEARCH, StandingQuery
from damsight_search.errors import (
    EncoderDownError,
    NoPrincipalError,
    RefusedRequestError,
    SavedSearchNotFoundError,
)
from damsight_search.learning.feedback import person
from damsight_search.plan import make_plan, refuse_what_is_not_offered
from damsight_search.principal import Principals
from damsight_search.service import SearchService
from damsight_search.standing.standing_compiling import Compiling
from damsight_search.standing.standing_keeping import StandingKeeper, state_of


class SavedSearchKeeper:
    """Keeps saved searches. Safe to call from many threads.

    Args:
        records: Where they are kept.
        service: Runs them.
        compiling: Makes standing searches of them.
        standing: Keeps those.
        most: A person may save.
    """

    def __init__(
        self,
        records: OwnRecords,
        service: SearchService,
        compiling: Compiling,
        standing: StandingKeeper,
        *,
        most: int,
    ) -> None:
        self._records = records
        self._service = service
        self._compiling = compiling
        self._standing = standing
        self._most = most

    def save(self, draft: SavedSearchDraft, who: Principals) -> SavedSearch:
        """Save a search.

        Raises:
            NoPrincipalError: Strangers cannot: nobody could tell whose it is.
            RefusedRequestError: The request is not taken, cannot be watched, or there are too many already.
            SearchError: An asset to be like is not there; the index does not answer.
        """
        owner = owner_of(who)
        if sum(1 for _ in self._records.of(SAVED_SEARCH, owner=owner)) >= self._most:
            raise RefusedRequestError(
                [FieldProblem("name", f"would be more than the {self._most:,} that may be saved: delete one first")]
            )
        now = datetime.now(UTC)
        return self._kept(uuid4().hex, draft, who, created_at=now, modified_at=now)

    def replace(self, saved_search_id: str, draft: SavedSearchDraft, who: Principals) -> SavedSearch:
        """Save another search under the same id; what it told of before, it does not tell of again.

        Raises:
            SavedSearchNotFoundError: There is none that is theirs.
            SearchError: As `save`.
        """
        before = self._own(saved_search_id, who)
        created_at = datetime.fromisoformat(before.body["created_at"])
        return self._kept(saved_search_id, draft, who, created_at=created_at, modified_at=datetime.now(UTC))

    def delete(self, saved_search_id: str, who: Principals) -> None:
        """Delete one, with its alerts.

        Raises:
            SavedSearchNotFoundError: There is none that is theirs.
        """
        record = self._own(saved_search_id, who)
        # Watched first: whatever fails meanwhile, nobody is told of a search that is gone.
        self._standing.drop(saved_search_id)
        self._standing.forget_alerts(record.owner, saved_search_id)
        self._records.delete(SAVED_SEARCH, saved_search_id)

    def get(self, saved_search_id: str, who: Principals) -> SavedSearch:
        """Return one.

        Raises:
            SavedSearchNotFoundError: There is none that is theirs.
        """
        record = self._own(saved_search_id, who)
        return _read(record, state_of(self._came_back(saved_search_id, who)) if record.body["alert"] else None)

    def listed(self, who: Principals) -> list[SavedSearch]:
        """Return all of somebody's, by their names."""
        owner = owner_of(who)
        self._standing.came_back(owner, who)
        states = self._standing.states(owner)
        found = [
            _read(record, states.get(record.record_id, StandingState(watched=False)) if record.body["alert"] else None)
            for record in self._readable(owner)
        ]
        return sorted(found, key=lambda saved: (saved.name.casefold(), saved.id))

    def hits(self, saved_search_id: str, who: Principals, *, size: int, cursor: str | None) -> SearchResponse:
        """Run one, under the principals of whoever asks now.

        Raises:
            SavedSearchNotFoundError: There is none that is theirs.
            SearchError: As `SearchService.search`.
        """
        record = self._own(saved_search_id, who)
        if record.body["alert"]:
            self._came_back(saved_search_id, who)
        request = SearchRequest.model_validate(record.body["request"])
        return self._service.search(request.model_copy(update={"size": size, "cursor": cursor}), who)

    def _kept(
        self,
        saved_search_id: str,
        draft: SavedSearchDraft,
        who: Principals,
        *,
        created_at: datetime,
        modified_at: datetime,
    ) -> SavedSearch:
        refuse_what_is_not_offered(draft.request)
        make_plan(draft.request, who, ())
        owner = owner_of(who)
        # Compiled before anything is kept: what cannot be watched is refused whole.
        state = self._watched(saved_search_id, draft, who) if draft.alert else None
        body: dict[str, Any] = {
            "name": draft.name,
            "request": draft.request.model_dump(mode="json", exclude_defaults=True),
            "alert": draft.alert,
            "principals": list(who),
            "created_at": created_at.isoformat(),
            "modified_at": modified_at.isoformat(),
        }
        record = OwnRecord(SAVED_SEARCH, saved_search_id, owner, body=body)
        self._records.put(record)
        if not draft.alert:
            self._standing.drop(saved_search_id)
        return _read(record, state)

    def _watched(self, saved_search_id: str, draft: SavedSearchDraft, who: Principals) -> StandingState:
        try:
            query = self._compiling.compiled(
                draft.request,
                who,
                saved_search_id=saved_search_id,
                name=draft.name,
                owner=owner_of(who),
                until=self._standing.until(),
            )
        except EncoderDownError as error:
            # It is compiled once the encoder answers; see `damsight_search.standing.standing_upkeep`.
            self._standing.drop(saved_search_id)
            return StandingState(watched=False, lacks=[str(error)])
        self._standing.keep(query)
        return state_of(query)

    def _came_back(self, saved_search_id: str, who: Principals) -> StandingQuery | None:
        query = self._standing.get(saved_search_id)
        return None if query is None else self._standing.renew(query, who)

    def _own(self, saved_search_id: str, who: Principals) -> OwnRecord:
        record = self._records.get(SAVED_SEARCH, saved_search_id)
        if record is None or record.owner != owner_of(who) or not _is_readable(record):
            raise SavedSearchNotFoundError(saved_search_id)
        return record

    def _readable(self, owner: str) -> Iterator[OwnRecord]:
        return (record for record in self._records.of(SAVED_SEARCH, owner=owner) if _is_readable(record))


def owner_of(who: Principals) -> str:
    """Return the person among the principals.

    Raises:
        NoPrincipalError: There is none, or nobody can tell which.
    """
    owner = person(who)
    if not owner:
        raise NoPrincipalError("This belongs to a person: strangers have none.")
    return owner


def _is_readable(record: OwnRecord) -> bool:
    try:
        _read(record, None)
    except (KeyError, TypeError, ValueError, ValidationError):
        # Another version wrote it.
        return False
    return True


def _read(record: OwnRecord, standing: StandingState | None) -> SavedSearch:
    body = record.body
    return SavedSearch(
        id=record.record_id,
        name=body["name"],
        request=SearchRequest.model_validate(body["request"]),
        alert=body["alert"],
        created_at=datetime.fromisoformat(body["created_at"]),
        modified_at=datetime.fromisoformat(body["modified_at"]),
        standing=standing,
    )
