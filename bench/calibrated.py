"""The product's own fusion for a bench: the index is calibrated once, and every service of the bench reads it."""

from elasticsearch import Elasticsearch

from damsight_index.stored_records import ElasticsearchOwnRecords
from damsight_search.index import ElasticsearchIndex
from damsight_search.ports import QueryEncoder
from damsight_search.relevance.calibrating import Calibrator
from damsight_search.relevance.calibrations import Calibrations
from damsight_search.relevance.weighing import Weighing


def calibrated(client: Elasticsearch, alias: str, encoder: QueryEncoder) -> Weighing:
    """Calibrate what the alias reads now, and return what weighs a search's legs by it."""
    index, records = ElasticsearchIndex(client, alias), ElasticsearchOwnRecords(client, alias)
    Calibrator(index, encoder, records).calibrate()
    return Weighing(Calibrations(index, records))
