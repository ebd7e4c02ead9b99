"""The publisher's settings: the only place here that reads the environment."""

from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import Field

from damsight_publisher.errors import SettingsError
from damsight_schemas.connections import KafkaSettings
from damsight_schemas.settings import Settings, SettingsGroup, named_by_variable


def _journal() -> Path:
    return Path(platformdirs.user_data_dir("damsight")) / "published.sqlite"


class PublishSettings(SettingsGroup):
    """How assets are published. Environment: DAMSIGHT_PUBLISH__...

    Attributes:
        journal: Where it is noted what was published.
        create_topics: Create the topic where it is missing.
        partitions: Of a topic that is created.
        replication: Of a topic that is created; -1 takes the broker's default.
        threads: Files that are read at the same time.
        settle_s: How long a file must stay the same before --watch takes it for whole.
        rescan_s: How often --watch looks at the whole folder, for changes that the system did not tell.
        delivery_s: After which an event that Kafka does not acknowledge stops the run.
        retry_s: After which --watch tries again then.
    """

    journal: Path = Field(default_factory=_journal)
    create_topics: bool = True
    partitions: Annotated[int, Field(ge=1, le=10_000)] = 6
    replication: Annotated[int, Field(ge=-1, le=10)] = -1
    threads: Annotated[int, Field(ge=1, le=64)] = 4
    settle_s: Annotated[float, Field(ge=0.1, le=3600)] = 2.0
    rescan_s: Annotated[float, Field(ge=1, le=86_400)] = 600.0
    delivery_s: Annotated[float, Field(ge=1, le=3600)] = 60.0
    retry_s: Annotated[float, Field(ge=0.1, le=3600)] = 10.0


class PublisherSettings(Settings):
    """All of it. Values given in code win over the environment."""

    kafka: KafkaSettings = KafkaSettings()
    publish: PublishSettings = Field(default_factory=PublishSettings)


def load_settings(**given: Any) -> PublisherSettings:
    """Read the settings from the environment.

    Args:
        given: Whole groups that win over the environment, as in ``kafka={"bootstrap_servers": "kafka:9092"}``.

    Raises:
        SettingsError: One or more are wrong; each is named, with what it takes.
    """
    with named_by_variable(SettingsError):
        return PublisherSettings(**given)
