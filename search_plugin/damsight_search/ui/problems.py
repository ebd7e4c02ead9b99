"""What can go wrong, told to somebody who looks for a picture and knows no setting."""

from collections.abc import Sequence
from dataclasses import dataclass

from damsight_schemas.errors import FieldProblem, RequestError
from damsight_search.errors import (
    AssetNotFoundError,
    CursorError,
    EncoderDownError,
    NoPrincipalError,
    NothingToCompareError,
    PictureRefusedError,
    RefusedRequestError,
    SearchError,
    SearchTimeoutError,
    SearchUnavailableError,
)
from damsight_search.ui.words import bytes_in_words

FORESEEN = (SearchError, RequestError)


class PictureTooLargeError(PictureRefusedError):
    """The picture to search by has more bytes than the page takes."""

    def __init__(self, limit: int) -> None:
        super().__init__("too_large", f"it has more than {bytes_in_words(limit)}")


@dataclass(frozen=True)
class Problem:
    """What went wrong.

    Attributes:
        status: Of the answer, as HTTP counts them.
        fix: What to do; empty where the links below it say enough.
        outdated: To repeat it is of no use: the search must be asked anew.
    """

    title: str
    detail: str
    fix: str
    status: int
    outdated: bool = False


_PLAIN: tuple[tuple[type[SearchError], Problem], ...] = (
    (
        NoPrincipalError,
        Problem("Please sign in", "Your media library has not said who you are.", "Sign in there and come back.", 401),
    ),
    (
        AssetNotFoundError,
        Problem("There is no such picture", "It was deleted, or you may not see it.", "", 404),
    ),
    (
        NothingToCompareError,
        Problem(
            "This one cannot be compared",
            "Its picture has not been read, so nothing can be found by its looks.",
            "Choose another one, or search by words.",
            422,
        ),
    ),
    (
        CursorError,
        Problem("These results are no longer current", "They cannot be continued.", "", 409, outdated=True),
    ),
    (
        PictureRefusedError,
        Problem("This picture cannot be read", "", "Take a whole JPEG, PNG, WebP, GIF or TIFF picture.", 422),
    ),
    (
        SearchTimeoutError,
        Problem("The search took too long", "It was stopped.", "Try again, or with fewer words or more filters.", 504),
    ),
    (
        SearchUnavailableError,
        Problem("The search does not answer", "It may be starting, or be down for a moment.", "", 503),
    ),
    (
        EncoderDownError,
        Problem("Pictures cannot be compared now", "The part that looks at pictures is down.", "Search by words.", 503),
    ),
)
# By the decoder's word; its own message speaks to whoever publishes assets.
_PICTURE_REASONS = {
    "empty": "The file is empty.",
    "unknown_format": "It is in no format that can be read here.",
    "truncated": "A part of it is missing.",
    "too_large": "The file is too large.",
    "too_many_pixels": "It has too many pixels.",
    "broken": "It is damaged.",
}
_UNFORESEEN = Problem("The search failed", "Something is wrong with it.", "Tell whoever runs it.", 500)


def in_plain_words(error: SearchError | RequestError) -> Problem:
    """Return what went wrong. Fields are named only where a person can change them."""
    if isinstance(error, RequestError):
        return _of_fields(error.problems)
    for kind, problem in _PLAIN:
        if isinstance(error, kind):
            return _with_reason(problem, error)
    return _of_fields(error.problems) if isinstance(error, RefusedRequestError) else _UNFORESEEN


def _with_reason(problem: Problem, error: SearchError) -> Problem:
    if not isinstance(error, PictureRefusedError):
        return problem
    return Problem(problem.title, _PICTURE_REASONS.get(error.reason, ""), problem.fix, problem.status)


def _of_fields(problems: Sequence[FieldProblem]) -> Problem:
    said = "; ".join(map(str, problems))
    return Problem("This search cannot be asked", said, "Change the words or the filters, or start over.", 422)
