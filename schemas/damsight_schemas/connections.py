"""Groups of settings that several deployables share. Each deployable's settings.py composes and reads them."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints

from damsight_schemas.settings import SettingsGroup

HostAndPort = Annotated[str, StringConstraints(pattern=r"^[^\s,]+:\d{1,5}(,[^\s,]+:\d{1,5})*$")]


class KafkaSettings(SettingsGroup):
    """How to reach Kafka. Environment: DAMSIGHT_KAFKA__..."""

    bootstrap_servers: HostAndPort = "127.0.0.1:9092"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ssl_cafile: str | None = None
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None

    def client_options(self) -> dict[str, object]:
        """Return the connection options as kafka-python names them."""
        password = self.sasl_password.get_secret_value() if self.sasl_password else None
        return {
            "bootstrap_servers": self.bootstrap_servers.split(","),
            "security_protocol": self.security_protocol,
            "ssl_cafile": self.ssl_cafile,
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.sasl_username,
            "sasl_plain_password": password,
        }


class ElasticsearchSettings(SettingsGroup):
    """How to reach Elasticsearch. Environment: DAMSIGHT_ELASTICSEARCH__..."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] = "http://127.0.0.1:9200"
    api_key: SecretStr | None = None
    username: str | None = None
    password: SecretStr | None = None
    ca_certs: str | None = None
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 10.0


class IndexSettings(SettingsGroup):
    """Which index. Reads go through the filtered alias; writes go through ``<alias>-write``."""

    alias: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,200}$")] = "assets"
    shards: Annotated[int, Field(ge=1, le=1024)] = 1
    replicas: Annotated[int, Field(ge=0, le=10)] = 0

    @property
    def write_alias(self) -> str:
        """The alias that the consumer writes through."""
        return f"{self.alias}-write"


class ModelSettings(SettingsGroup):
    """Which models: a hub id or a folder each; left out, that leg is off. Environment: DAMSIGHT_MODELS__..."""

    joint: str | None = None
    joint_revision: str | None = None
    caption: str | None = None
    caption_revision: str | None = None
    device: Annotated[str, StringConstraints(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    threads: Annotated[int, Field(ge=0, le=1024)] = 0
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    """An encoder service (damsight encode-serve) to use in place of local models."""
    api_key: SecretStr | None = None


class EncodingLimits(SettingsGroup):
    """What is refused before decoding."""

    max_bytes: Annotated[int, Field(ge=1)] = 200 * 1024 * 1024
    max_pixels: Annotated[int, Field(ge=1)] = 200_000_000
