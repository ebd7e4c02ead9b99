"""What the search can do besides searching: each is there where it was wired, and its routes only then."""

from dataclasses import dataclass

from damsight_search.asset_duplicates import Duplicates
from damsight_search.feedback import FeedbackKeeper
from damsight_search.groups import Groups


@dataclass(frozen=True, slots=True)
class Features:
    """The features that a deployment has.

    Attributes:
        feedback: Keeps what people do with what they find.
        duplicates: Finds what is the same as an asset.
        groups: Puts a search's candidates into groups.
    """

    feedback: FeedbackKeeper | None = None
    duplicates: Duplicates | None = None
    groups: Groups | None = None
