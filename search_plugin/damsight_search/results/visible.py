"""Which of some assets somebody may see. Those that are not there and those that are not for them are one answer."""

from collections.abc import Sequence

from damsight_search.ports import SearchIndex
from damsight_search.principal import Principals
from damsight_search.results.page_bodies import documents_body

TIMEOUT = "5000ms"
AT_ONCE = 1000


def visible(
    index: SearchIndex, asset_ids: Sequence[str], principals: Principals, *, timeout: str = TIMEOUT
) -> frozenset[str]:
    """Return those that these principals may see, a thousand a request.

    Raises:
        SearchTimeoutError: It did not end in time.
        SearchUnavailableError: The index does not answer.
    """
    seen: set[str] = set()
    for start in range(0, len(asset_ids), AT_ONCE):
        body = documents_body(asset_ids[start : start + AT_ONCE], principals, timeout=timeout)
        answer = index.search({**body, "_source": {"includes": ["asset_id"]}})
        seen.update(found.asset_id for found in answer.found)
    return frozenset(seen)
