"""Puts the application together."""

from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any, cast

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.security import HTTPBearer

from damsight_encoders.decode import FileDecoder
from damsight_schemas.search import ProblemDetails
from damsight_search.api import problems
from damsight_search.api.alert_routes import alert_routes
from damsight_search.api.asset_routes import asset_routes
from damsight_search.api.auth import Gate, gate
from damsight_search.api.concept_routes import concept_routes
from damsight_search.api.duplicate_routes import duplicate_routes
from damsight_search.api.feedback_routes import feedback_routes
from damsight_search.api.group_routes import group_routes
from damsight_search.api.guard import Guard
from damsight_search.api.health_routes import health_routes
from damsight_search.api.metrics import Metrics
from damsight_search.api.recent_routes import recent_routes
from damsight_search.api.saved_search_routes import saved_search_routes
from damsight_search.api.search_routes import search_routes
from damsight_search.api.tag_routes import tag_routes
from damsight_search.duplication.asset_duplicates import Duplicates
from damsight_search.features import Features
from damsight_search.grouping.groups import Groups
from damsight_search.learning.concepts import ConceptKeeper
from damsight_search.learning.feedback import FeedbackKeeper
from damsight_search.learning.tag_suggesting import TagSuggesting
from damsight_search.pictures.kept_previews import FilesystemKeptPreviews
from damsight_search.pictures.previews import Previews
from damsight_search.principal import Principals
from damsight_search.service import SearchService
from damsight_search.settings import MEBIBYTE, AuthSettings, SearchSettings
from damsight_search.standing.alert_inbox import AlertInbox
from damsight_search.standing.saved_searches import SavedSearchKeeper
from damsight_search.ui import Page, mount_page
from damsight_search.ui.parts import Ability
from damsight_search.words.recent_searches import RecentSearches

KIBIBYTE = 1024
PICTURES_AT_ONCE = 2
"""Uploaded pictures may take together as many times the bytes that one may take: they are held in memory."""
_PROBLEM = {"description": "A problem, with what to do.", "content": {problems.MEDIA_TYPE: {}}, "model": ProblemDetails}
_PROBLEMS: dict[int | str, dict[str, Any]] = dict.fromkeys((401, 404, 413, 422, 503, 504), _PROBLEM)


def create_app(service: SearchService, settings: SearchSettings, features: Features | None = None) -> FastAPI:
    """Return the HTTP API, and the search page where the settings have it.

    Args:
        service: Answers the searches.
        settings: Who may ask, what is taken, which folders previews are read from.
        features: What there is besides searching; the routes of what is not there are not there.

    Raises:
        SettingsError: Nobody at all could ask.
    """
    metrics, who = Metrics(), gate(settings.auth)
    max_picture = settings.search.picture_mib * MEBIBYTE
    app = FastAPI(
        title="damsight",
        summary="Search that sees, inside your media asset manager.",
        version=version("damsight"),
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(
        Guard,
        metrics=metrics,
        # The pictures, the request beside them, and what the encoding of a form adds.
        max_upload=PICTURES_AT_ONCE * max_picture + 2 * settings.search.request_kib * KIBIBYTE,
        max_body=settings.search.request_kib * KIBIBYTE,
    )
    problems.install(app)
    shown = [_bearer()]
    app.include_router(
        search_routes(service, who, metrics, max_picture=max_picture), responses=_PROBLEMS, dependencies=shown
    )
    previews = _previews(service, settings)
    # Before those of one asset: an id may hold slashes, so the last of these takes whatever is left.
    for router in _feature_routes(features or Features(), who):
        app.include_router(router, responses=_PROBLEMS, dependencies=shown)
    app.include_router(asset_routes(service, who, previews), responses=_PROBLEMS, dependencies=shown)
    app.include_router(health_routes(service, metrics))
    if settings.search.page:
        mount_page(
            app,
            _page(service, who, settings, max_picture, features or Features()),
        )
    return app


def openapi_document() -> dict[str, Any]:
    """Return the API's description (OpenAPI 3.1). It is made without servers and models."""
    # Only the shapes are read: nothing is called.
    unused = cast("SearchService", None)
    every = Features(
        feedback=cast("FeedbackKeeper", object()),
        concepts=cast("ConceptKeeper", object()),
        tags=cast("TagSuggesting", object()),
        duplicates=cast("Duplicates", object()),
        saved_searches=cast("SavedSearchKeeper", object()),
        alerts=cast("AlertInbox", object()),
        groups=cast("Groups", object()),
        recent=cast("RecentSearches", object()),
    )
    settings = SearchSettings.model_construct(**{name: field.default for name, field in _defaults()})
    settings = settings.model_copy(update={"auth": AuthSettings(anonymous=True)})
    return create_app(unused, settings, every).openapi()


def _feature_routes(features: Features, who: Gate) -> Iterator[APIRouter]:
    there: list[tuple[Any, Callable[[Any, Gate], APIRouter]]] = [
        (features.feedback, feedback_routes),
        (features.concepts, concept_routes),
        (features.tags, tag_routes),
        (features.duplicates, duplicate_routes),
        (features.saved_searches, saved_search_routes),
        (features.alerts, alert_routes),
        (features.recent, recent_routes),
        (features.groups, group_routes),
    ]
    return (routes(feature, who) for feature, routes in there if feature is not None)


def _defaults() -> list[tuple[str, Any]]:
    return list(SearchSettings.model_fields.items())


def _bearer() -> Any:

    return Depends(HTTPBearer(auto_error=False, bearerFormat="JWT"))


def _previews(service: SearchService, settings: SearchSettings) -> Previews:
    return Previews(
        service,
        FileDecoder(settings.limits),
        settings.fetch.roots,
        max_bytes=settings.limits.max_bytes,
        keep_bytes=settings.search.preview_mib * MEBIBYTE,
        kept=FilesystemKeptPreviews(settings.previews.url) if settings.previews.url else None,
        only_kept=settings.previews.blur_faces,
    )


def _page(service: SearchService, who: Gate, settings: SearchSettings, max_picture: int, features: Features) -> Page:
    def principals(request: Request) -> Principals:
        return who.principals(request.headers.get("authorization"))

    return Page(
        search=service,
        principals=principals,
        examples=settings.search.examples,
        max_picture_bytes=max_picture,
        abilities=_abilities(features),
    )


def _abilities(features: Features) -> frozenset[Ability]:
    there: dict[Ability, object] = {
        "feedback": features.feedback,
        "groups": features.groups,
        "tags": features.tags,
        "concepts": features.concepts,
        "saved": features.saved_searches and features.alerts,
    }
    return frozenset(name for name, feature in there.items() if feature is not None)
