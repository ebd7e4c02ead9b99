"""Asks a running search API, as a program of the DAM would."""

from collections.abc import Sequence

import httpx
from pydantic import ValidationError

from damsight_schemas.search import ProblemDetails, SearchRequest, SearchResponse
from damsight_search.errors import SearchError, SearchUnavailableError

TIMEOUT_S = 60.0


class RefusedByApiError(SearchError):
    """The API answered with a problem; its own words are told."""

    name = "refused"


def ask(url: str, request: SearchRequest, pictures: Sequence[bytes], token: str | None) -> SearchResponse:
    """Return the API's answer.

    Raises:
        RefusedByApiError: It answered with a problem.
        SearchUnavailableError: It does not answer, or is no search API.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    address = f"{url.rstrip('/')}/api/v1/search"
    told = request.model_dump_json(exclude_defaults=True)
    try:
        with httpx.Client(timeout=TIMEOUT_S, headers=headers) as client:
            if not pictures:
                answer = client.post(address, content=told, headers={"Content-Type": "application/json"})
            else:
                answer = client.post(
                    f"{address}/image", files=[("file", picture) for picture in pictures], data={"request": told}
                )
    except httpx.HTTPError as error:
        raise SearchUnavailableError(f"{url} does not answer: {error}. Is `damsight serve` running there?") from error
    return _read(answer, url)


def _read(answer: httpx.Response, url: str) -> SearchResponse:
    try:
        if answer.is_success:
            return SearchResponse.model_validate_json(answer.content)
        problem = ProblemDetails.model_validate_json(answer.content)
    except ValidationError as error:
        raise SearchUnavailableError(f"{url} answered {answer.status_code}, and not as a search API does.") from error
    raise RefusedByApiError(f"{problem.title}: {problem.detail} {problem.fix}")
