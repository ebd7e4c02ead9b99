"""The wiring of saved and standing searches, and of their alerts."""

from dataclasses import dataclass
from datetime import timedelta

from damsight_index.own_records import OwnRecords
from damsight_search.agreement import Agreement
from damsight_search.authorizing import Authorizing
from damsight_search.ports import QueryEncoder, SearchIndex
from damsight_search.relevance.weighing import UNCALIBRATED, Weighing
from damsight_search.service import SearchService
from damsight_search.settings import SavedSearchSettings
from damsight_search.standing.alert_inbox import AlertInbox
from damsight_search.standing.saved_searches import SavedSearchKeeper
from damsight_search.standing.standing_compiling import Compiling
from damsight_search.standing.standing_keeping import StandingKeeper
from damsight_search.standing.standing_upkeep import StandingUpkeep
from damsight_search.vectors.looking import Looking


@dataclass(frozen=True, slots=True)
class StandingSearches:
    """What belongs together.

    Attributes:
        upkeep: Not started yet.
    """

    saved_searches: SavedSearchKeeper
    alerts: AlertInbox
    upkeep: StandingUpkeep


def wire_standing(
    settings: SavedSearchSettings,
    service: SearchService,
    index: SearchIndex,
    encoder: QueryEncoder,
    records: OwnRecords,
    *,
    weighing: Weighing = UNCALIBRATED,
    authorizing: Authorizing | None = None,
) -> StandingSearches:
    """Put saved searches together.

    Args:
        settings: How many, and for how long.
        service: Runs them.
        index: Where the assets are.
        encoder: For words and pictures.
        records: Where all is kept.
        weighing: Weighs the legs, and knows how the index's scores are calibrated.
        authorizing: Has the host's own word on who may see what.
    """
    agreement = Agreement(index, encoder)
    looking = Looking(index, encoder, agreement, timeout=service.timeout)
    compiling = Compiling(looking, agreement, weighing)
    standing = StandingKeeper(records, lives=timedelta(days=settings.standing_days))
    return StandingSearches(
        SavedSearchKeeper(records, service, compiling, standing, most=settings.most),
        AlertInbox(records, index, timeout=service.timeout, authorizing=authorizing, standing=standing),
        StandingUpkeep(
            records,
            compiling,
            standing,
            every_s=settings.upkeep_s,
            keep_alerts=timedelta(days=settings.alert_days),
        ),
    )
