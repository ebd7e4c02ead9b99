"""The search's one error tree. Each kind has one stable name, which the API's problem `type` ends with."""

from collections.abc import Sequence
from typing import ClassVar

from damsight_schemas.errors import FieldProblem


class SearchError(Exception):
    """A search could not be answered.

    Attributes:
        name: Stable, for programs.
        fix: What to do, for people.
    """

    name: ClassVar[str] = "search-failed"
    fix: ClassVar[str] = "Try again; if it stays so, tell whoever runs the search."


class RefusedRequestError(SearchError):
    """The request asks for something that is not taken.

    Attributes:
        problems: Each field that is wrong, and what it takes.
    """

    name = "invalid-request"
    fix = "Change the named fields and send the request again."

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


class NotOfferedError(RefusedRequestError):
    """The contract has it, and this version does not do it yet: refused, never ignored in silence."""

    name = "not-offered-yet"
    fix = "Leave the named fields out."


class CursorError(RefusedRequestError):
    """The cursor is damaged, of another request, or of somebody else."""

    name = "invalid-cursor"
    fix = "Send the request again without a cursor, and page from there."

    def __init__(self, problem: str) -> None:
        super().__init__([FieldProblem("cursor", problem)])


class PictureRefusedError(RefusedRequestError):
    """The uploaded picture is none that we take.

    Attributes:
        reason: The decoder's stable word for it.
    """

    name = "invalid-picture"
    fix = "Send a whole JPEG, PNG, WebP, GIF or TIFF picture within the limits."

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__([FieldProblem("file", message)])


class NoPrincipalError(SearchError):
    """Nobody asks: no principal, no answer."""

    name = "not-signed-in"
    fix = "Send `Authorization: Bearer` with a JSON Web Token of your DAM."


class AssetNotFoundError(SearchError):
    """There is no such asset for whoever asks; it does not tell whether there is one for others."""

    name = "asset-not-found"
    fix = "Check the id, and that you may see the asset."

    def __init__(self, asset_id: str) -> None:
        super().__init__(f"There is no asset {asset_id!r} that you may see.")


class SavedSearchNotFoundError(SearchError):
    """There is no such saved search of whoever asks; it does not tell whether others have it."""

    name = "saved-search-not-found"
    fix = "Check the id; GET /api/v1/saved-searches lists your own."

    def __init__(self, saved_search_id: str) -> None:
        super().__init__(f"There is no saved search {saved_search_id!r:.120} of yours.")


class ConceptNotFoundError(SearchError):
    """There is no such concept that whoever asks may use, or change; it does not tell whether others have it."""

    name = "concept-not-found"
    fix = "Check the id; GET /api/v1/concepts lists those that you may use."

    def __init__(self, concept_id: str) -> None:
        super().__init__(f"There is no concept {concept_id!r:.120} of yours.")


class AlertNotFoundError(SearchError):
    """There is no such alert of whoever asks; it does not tell whether others have it."""

    name = "alert-not-found"
    fix = "Check the id; GET /api/v1/alerts lists your own."

    def __init__(self, alert_id: str) -> None:
        super().__init__(f"There is no alert {alert_id!r:.120} of yours.")


class NoPreviewError(SearchError):
    """The asset is there, and no picture of it can be shown."""

    name = "no-preview"
    fix = "Open the asset in your DAM."


class NothingToCompareError(SearchError):
    """The assets to be like have no vector, so nothing can be found by their looks."""

    name = "nothing-to-compare"
    fix = "Choose an asset whose picture was read, or search by words."


class SearchUnavailableError(SearchError):
    """Elasticsearch does not answer or refuses; trying again may help."""

    name = "search-unavailable"
    fix = "Try again in a few seconds. If it stays so, run `damsight doctor`."


class SearchTimeoutError(SearchUnavailableError):
    """The search did not end in time. It is an error and never an empty page."""

    name = "search-timed-out"
    fix = "Try again, with fewer words or more filters; or raise DAMSIGHT_SEARCH__TIMEOUT_S."


class FeedbackBusyError(SearchUnavailableError):
    """Too much feedback comes at once; searches go on."""

    name = "feedback-busy"
    fix = "Nothing has to be done: feedback may get lost. Send it again later, if at all."


class IndexRefusedError(SearchError):
    """Elasticsearch refuses the body that we sent."""

    name = "search-refused"
    fix = "Tell whoever runs the search: the index and this version may not fit (`damsight doctor`)."


class FrozenViewGoneError(SearchError):
    """The view of the index that a cursor goes on in is kept no longer."""

    name = "view-gone"
    fix = "Send the request again without a cursor, and page from there."


class AuthorizerDownError(SearchError):
    """The host's own check of rights failed, so nothing is shown.

    Attributes:
        reason: What kind of failure; the host's own words may tell of what is hidden, and are in the log alone.
    """

    name = "authorizer-unavailable"
    fix = "Try again in a few seconds. If it stays so, whoever runs the DAM looks after DAMSIGHT_AUTH__AUTHORIZER."

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The DAM's check of who may see what failed ({reason}), so nothing is shown.")


class EncoderDownError(SearchError):
    """The query could not be encoded, and there is nothing else to search by."""

    name = "encoder-unavailable"
    fix = "Try again in a few seconds, or search by words."


class NotExplainableHereError(SearchError):
    """The models that are loaded, or the server that stands for them, cannot tell where in a picture."""

    name = "not-explainable"
    fix = "Set DAMSIGHT_MODELS__JOINT, or DAMSIGHT_MODELS__URL to a `damsight encode-serve` that has a joint model."


class SettingsError(SearchError):
    """A setting is missing or wrong; the message names it and what it takes."""

    name = "wrong-setting"
    fix = "Change the named setting and start again."


class NotCalibratedError(SearchError):
    """There is too little to calibrate by."""

    name = "not-calibrated"
    fix = "Fill the index first. Until then searches are fused by ranks, and nothing is cut off."
