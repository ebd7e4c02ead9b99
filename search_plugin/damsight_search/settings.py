"""The search's settings: the only place here that reads the environment."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from damsight_schemas.connections import (
    ElasticsearchSettings,
    EncodingLimits,
    IndexSettings,
    ModelSettings,
    PreviewSettings,
)
from damsight_schemas.search import Leg
from damsight_schemas.settings import Names, Paths, Phrases, Settings, SettingsGroup, named_by_variable
from damsight_search.errors import SettingsError
from damsight_search.relevance.weights import Weights

MEBIBYTE = 1024 * 1024
# RFC 7518, section 3.2: a key of at least the hash's size must be used with HS256.
SHORTEST_SECRET = 32

LegWeight = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
LongSecret = Annotated[SecretStr, Field(min_length=SHORTEST_SECRET)]


class AuthSettings(SettingsGroup):
    """Who may ask. Environment: DAMSIGHT_AUTH__...

    Attributes:
        secret: Shared with the DAM, at least 32 characters; tokens are then HS256.
        jwks: A file or an https address with the DAM's public keys; tokens are then RS256 or ES256 by the key's kind.
        issuer: What a token's `iss` must be, where it is set.
        audience: What a token's `aud` must hold, where it is set.
        anonymous: A stranger without a token sees what is public, and nothing more.
        leeway_s: How far the clocks may differ.
        admins: Principals, as in group:librarians, who may change what others share; none by default.
        authorizer: The DAM's own check of rights, asked before anything is shown: ``module:function``, or the name of
            an entry point of the group ``damsight.authorizers``; see `damsight_search.authorizing`.
    """

    secret: LongSecret | None = None
    jwks: str | None = None
    issuer: str | None = None
    audience: str | None = None
    anonymous: bool = False
    leeway_s: Annotated[float, Field(ge=0, le=300)] = 10.0
    admins: Names = ()
    authorizer: str = ""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.secret is not None and self.jwks is not None:
            raise ValueError("takes secret or jwks, not both: tokens are signed in one way")
        return self

    @property
    def knows_somebody(self) -> bool:
        """Anybody at all may ask."""
        return self.secret is not None or self.jwks is not None or self.anonymous


class PreviewRoots(BaseModel):
    """Where previews may be read from. Environment: DAMSIGHT_FETCH__ROOTS, the consumer's own setting.

    Attributes:
        roots: The folders that file:// may read, separated as in PATH; none by default.
    """

    # The consumer's other fetch settings may stand in the same environment.
    model_config = ConfigDict(frozen=True, extra="ignore", validate_default=True)

    roots: Paths = ()


class AnswerSettings(SettingsGroup):
    """How searches are answered. Environment: DAMSIGHT_SEARCH__...

    Attributes:
        timeout_s: After which a search is an error.
        cursor_secret: Signs cursors, at least 32 characters. Where there are several replicas they need the same one;
            without it, it is random, and a restart ends all paging.
        picture_mib: The largest picture that may be searched by; several together may take twice as much.
        request_kib: The largest JSON request.
        preview_mib: How much memory prepared previews may take.
        page: Serve the search page.
        recent: Keep what people searched for, 50 of each person, to suggest it to them; each can delete their own.
        examples: Searches to try, on the page's first visit, separated by a vertical bar.
        vocabularies: A folder of NAME.txt, labels that tags are suggested from: one a line, # comment.
    """

    timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    cursor_secret: LongSecret | None = None
    picture_mib: Annotated[int, Field(ge=1, le=512)] = 32
    request_kib: Annotated[int, Field(ge=1, le=65_536)] = 1024
    preview_mib: Annotated[int, Field(ge=0, le=4096)] = 64
    page: bool = True
    recent: bool = True
    examples: Phrases = ()
    vocabularies: Path | None = None


class FeedbackSettings(SettingsGroup):
    """What is kept of what people do with what they find. Environment: DAMSIGHT_FEEDBACK__...

    Attributes:
        keep: Keep it at all.
        strangers: Keep it of people who are not signed in, too: as one person's, for nobody can tell them apart.
        most: Acts a person; beyond them the oldest are deleted.
    """

    keep: bool = True
    strangers: bool = False
    most: Annotated[int, Field(ge=1, le=10_000)] = 2000


class SavedSearchSettings(SettingsGroup):
    """Saved searches, and those that are watched for. Environment: DAMSIGHT_SAVED_SEARCHES__...

    Attributes:
        most: A person may save.
        standing_days: How long one is watched for without its owner coming back to it.
        alert_days: How long alerts are kept; an asset that changes later may make another one.
        upkeep_s: Between two looks whether standing searches fit the index's models.
    """

    most: Annotated[int, Field(ge=0, le=10_000)] = 100
    standing_days: Annotated[float, Field(gt=0, le=3650)] = 180.0
    alert_days: Annotated[float, Field(gt=0, le=3650)] = 365.0
    upkeep_s: Annotated[float, Field(ge=0.1, le=86_400)] = 60.0


class WeightSettings(SettingsGroup):
    """How much each leg says, by the kind of query, over the defaults. Environment: DAMSIGHT_WEIGHTS__...

    `damsight eval --tune` writes them: DAMSIGHT_WEIGHTS__TEXT={"keyword":0.7,"image":1}. Only their proportions count.

    Attributes:
        text: Queries by words.
        picture: Queries by pictures, uploaded or of assets.
        both: Queries by pictures and words.
    """

    text: dict[Leg, LegWeight] = Field(default_factory=dict)
    picture: dict[Leg, LegWeight] = Field(default_factory=dict)
    both: dict[Leg, LegWeight] = Field(default_factory=dict)

    @property
    def by_kind(self) -> Weights:
        """As the search takes them."""
        return {"text": self.text, "picture": self.picture, "both": self.both}


class SearchSettings(Settings):
    """All of it. Values given in code win over the environment."""

    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    index: IndexSettings = IndexSettings()
    models: ModelSettings = ModelSettings()
    limits: EncodingLimits = EncodingLimits()
    fetch: PreviewRoots = PreviewRoots()
    previews: PreviewSettings = PreviewSettings()
    auth: AuthSettings = AuthSettings()
    search: AnswerSettings = AnswerSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    saved_searches: SavedSearchSettings = SavedSearchSettings()
    weights: WeightSettings = WeightSettings()


def load_settings(**given: Any) -> SearchSettings:
    """Read the settings from the environment.

    Args:
        given: Whole groups that win over the environment, as in ``auth={"anonymous": True}``.

    Raises:
        SettingsError: One or more are wrong; each is named, with what it takes. A secret is never repeated.
    """
    with named_by_variable(SettingsError):
        return SearchSettings(**given)
