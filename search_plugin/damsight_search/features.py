"""What the search can do besides searching: each is there where it was wired, and its routes only then."""

from dataclasses import dataclass

from damsight_search.duplication.asset_duplicates import Duplicates
from damsight_search.grouping.groups import Groups
from damsight_search.learning.concepts import ConceptKeeper
from damsight_search.learning.feedback import FeedbackKeeper
from damsight_search.learning.tag_suggesting import TagSuggesting
from damsight_search.standing.alert_inbox import AlertInbox
from damsight_search.standing.saved_searches import SavedSearchKeeper
from damsight_search.words.recent_searches import RecentSearches


@dataclass(frozen=True, slots=True)
class Features:
    """The features that a deployment has.

    Attributes:
        feedback: Keeps what people do with what they find.
        concepts: Keeps what people teach by examples.
        tags: Suggests tags.
        duplicates: Finds what is the same as an asset.
        groups: Puts a search's candidates into groups.
        recent: Keeps what people searched for.
        saved_searches: Keeps searches, and has those watched for that shall be.
        alerts: Shows what came of those.
    """

    feedback: FeedbackKeeper | None = None
    concepts: ConceptKeeper | None = None
    tags: TagSuggesting | None = None
    duplicates: Duplicates | None = None
    saved_searches: SavedSearchKeeper | None = None
    alerts: AlertInbox | None = None
    groups: Groups | None = None
    recent: RecentSearches | None = None
