"""All the wiring of the search."""

import secrets
from dataclasses import dataclass

from elasticsearch import Elasticsearch

from damsight_encoders.decode import FileDecoder
from damsight_encoders.load import load_encoders
from damsight_index import connect
from damsight_index.stored_records import ElasticsearchOwnRecords
from damsight_search.asset_duplicates import Duplicates
from damsight_search.features import Features
from damsight_search.feedback import FeedbackKeeper
from damsight_search.groups import Groups
from damsight_search.index import ElasticsearchIndex
from damsight_search.kept_records import KeptRecords
from damsight_search.late_encoders import LateEncoders
from damsight_search.paging import Cursors
from damsight_search.ports import QueryEncoder
from damsight_search.service import SearchService
from damsight_search.settings import SearchSettings

_SECRET_BYTES = 32


@dataclass(frozen=True)
class Search:
    """A wired search; close it when done.

    Attributes:
        index: The assets, for what is asked of them besides searches.
        records: What damsight keeps of its own.
    """

    service: SearchService
    client: Elasticsearch
    features: Features
    index: ElasticsearchIndex
    records: KeptRecords

    def close(self) -> None:
        """Close the connections."""
        self.client.close()


def wire(settings: SearchSettings, *, encoder: QueryEncoder | None = None) -> Search:
    """Put a search together, and stop where the loaded models did not fill the index.

    Args:
        settings: What to connect to and what to load.
        encoder: In place of the models that the settings name.

    Raises:
        SpaceMismatchError: The index and the models do not belong together; both are named, with the way out.
        SearchUnavailableError: The index does not answer or is not there.
        EncoderError: A model cannot be loaded into this process.
    """
    decoder = FileDecoder(settings.limits)
    queries = encoder or LateEncoders(lambda: load_encoders(settings.models), decoder)
    client = connect(settings.elasticsearch)
    index = ElasticsearchIndex(client, settings.index.alias)
    service = SearchService(index, queries, _cursors(settings), timeout_s=settings.search.timeout_s)
    try:
        service.require_matching_models(settings.index.alias)
    except BaseException:
        client.close()
        raise
    records = KeptRecords(ElasticsearchOwnRecords(client, settings.index.alias))
    features = Features(
        feedback=FeedbackKeeper(records, index, settings.feedback),
        duplicates=Duplicates(index, timeout=service.timeout),
        groups=Groups(service, index, timeout=service.timeout),
    )
    return Search(service, client, features, index, records)


def _cursors(settings: SearchSettings) -> Cursors:
    given = settings.search.cursor_secret
    return Cursors(given.get_secret_value().encode() if given else secrets.token_bytes(_SECRET_BYTES))
