"""All the wiring of the search."""

import secrets
from dataclasses import dataclass
from typing import Final

from elasticsearch import Elasticsearch

from damsight_encoders.decode import FileDecoder
from damsight_encoders.load import load_encoders
from damsight_index import connect
from damsight_index.stored_records import ElasticsearchOwnRecords
from damsight_search.agreement import Agreement
from damsight_search.authorizing import AuthorizedIndex, Authorizing, load_authorizer
from damsight_search.duplication.asset_duplicates import Duplicates
from damsight_search.features import Features
from damsight_search.grouping.groups import Groups
from damsight_search.index import ElasticsearchIndex
from damsight_search.kept_records import KeptRecords
from damsight_search.learning.concept_filters import ConceptFilters
from damsight_search.learning.concept_learning import Learning
from damsight_search.learning.concepts import ConceptKeeper
from damsight_search.learning.feedback import FeedbackKeeper
from damsight_search.learning.label_vectors import LabelVectors
from damsight_search.learning.personal import Personal
from damsight_search.learning.tag_suggesting import TagSuggesting
from damsight_search.learning.vocabularies import Vocabularies
from damsight_search.pictures.asset_pictures import AssetPictures
from damsight_search.pictures.kept_previews import FilesystemKeptPreviews
from damsight_search.ports import Authorizer, QueryEncoder
from damsight_search.relevance.calibrating import Calibrator
from damsight_search.relevance.calibrations import Calibrations
from damsight_search.relevance.recalibrating import Recalibrating
from damsight_search.relevance.weighing import Weighing
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService, timeout_of
from damsight_search.settings import SearchSettings
from damsight_search.standing.standing_bootstrap import wire_standing
from damsight_search.standing.standing_upkeep import StandingUpkeep
from damsight_search.vectors.late_encoders import LateEncoders
from damsight_search.words.languages import load_in_background
from damsight_search.words.recent_searches import RecentSearches

_SECRET_BYTES = 32
# Of assets alone: queries are neither described nor read, and assets that are alike are compared as they were fused.
_NOT_ASKED: Final = {"captioner": None, "ocr": (), "fuse": None}


@dataclass(frozen=True)
class Search:
    """A wired search; close it when done.

    Attributes:
        index: The assets, for what is asked of them besides searches.
        records: What damsight keeps of its own.
        upkeep: Looks after the standing searches.
        recalibrating: Keeps the calibration up with the index.
    """

    service: SearchService
    client: Elasticsearch
    features: Features
    index: ElasticsearchIndex
    records: KeptRecords
    upkeep: StandingUpkeep
    recalibrating: Recalibrating

    def close(self) -> None:
        """End what goes on beside the searches, and close the connections."""
        self.upkeep.stop()
        self.recalibrating.stop()
        self.client.close()


def wire(
    settings: SearchSettings, *, encoder: QueryEncoder | None = None, authorizer: Authorizer | None = None
) -> Search:
    """Put a search together, and stop where the loaded models did not fill the index.

    Args:
        settings: What to connect to and what to load.
        encoder: In place of the models that the settings name.
        authorizer: In place of the host's check of rights that the settings name.

    Raises:
        SettingsError: The host's check cannot be loaded.
        SpaceMismatchError: The index and the models do not belong together; both are named, with the way out.
        SearchUnavailableError: The index does not answer or is not there.
        EncoderError: A model cannot be loaded into this process.
    """
    check = authorizer or load_authorizer(settings.auth.authorizer)
    decoder = FileDecoder(settings.limits)
    queries = encoder or LateEncoders(lambda: load_encoders(settings.models.model_copy(update=_NOT_ASKED)), decoder)
    client = connect(settings.elasticsearch)
    index = ElasticsearchIndex(client, settings.index.alias)
    asked = AuthorizedIndex(index, Authorizing(check)) if check is not None else index
    records = KeptRecords(ElasticsearchOwnRecords(client, settings.index.alias))
    recent = RecentSearches(records) if settings.search.recent else None
    calibrations = Calibrations(index, records)
    learning = Learning(asked, Agreement(asked, queries), timeout_of(settings.search.timeout_s))
    personal = Personal(records, asked, timeout=learning.timeout)
    concepts = ConceptKeeper(records, learning, settings.auth.admins)
    weighing = Weighing(calibrations, settings.weights.by_kind)
    service = SearchService(
        asked,
        queries,
        _cursors(settings),
        timeout_s=settings.search.timeout_s,
        pictures=_asset_pictures(settings),
        languages=settings.index.languages,
        recent=recent,
        concepts=ConceptFilters(concepts),
        personal=personal,
        weighing=weighing,
    )
    load_in_background()
    try:
        service.require_matching_models(settings.index.alias)
    except BaseException:
        client.close()
        raise
    standing = wire_standing(
        settings.saved_searches,
        service,
        index,
        queries,
        records,
        weighing=weighing,
        authorizing=Authorizing(check),
    )
    features = Features(
        feedback=FeedbackKeeper(records, asked, settings.feedback, on_forget=personal.forget),
        concepts=concepts,
        tags=TagSuggesting(
            asked,
            learning.agreement,
            concepts,
            Vocabularies(asked, settings.search.vocabularies, timeout=service.timeout),
            LabelVectors(queries),
            service.timeout,
        ),
        duplicates=Duplicates(asked, timeout=service.timeout),
        saved_searches=standing.saved_searches,
        alerts=standing.alerts,
        groups=Groups(service, asked, timeout=service.timeout),
        recent=recent,
    )
    recalibrating = Recalibrating(Calibrator(index, queries, records), records, calibrated=calibrations.read)
    standing.upkeep.start()
    recalibrating.start()
    return Search(service, client, features, index, records, standing.upkeep, recalibrating)


def _asset_pictures(settings: SearchSettings) -> AssetPictures:
    return AssetPictures(
        settings.fetch.roots,
        max_bytes=settings.limits.max_bytes,
        kept=FilesystemKeptPreviews(settings.previews.url) if settings.previews.url else None,
        only_kept=settings.previews.blur_faces,
    )


def _cursors(settings: SearchSettings) -> Cursors:
    given = settings.search.cursor_secret
    return Cursors(given.get_secret_value().encode() if given else secrets.token_bytes(_SECRET_BYTES))
