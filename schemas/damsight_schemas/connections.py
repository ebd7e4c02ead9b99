"""Groups of settings that several deployables share. Each deployable's settings.py composes and reads them."""

import re
from typing import Annotated, Literal, TypeVar

from pydantic import Field, SecretStr, StringConstraints, ValidationInfo, field_validator

from damsight_schemas.settings import SettingsGroup
from damsight_schemas.tls_files import require_certificates, require_pair, require_readable

Given = TypeVar("Given")

HostAndPort = Annotated[str, StringConstraints(pattern=r"^[^\s,]+:\d{1,5}(,[^\s,]+:\d{1,5})*$")]


class KafkaSettings(SettingsGroup):
    """How to reach Kafka. Environment: DAMSIGHT_KAFKA__...

    What makes no sense together is refused when the settings are read, and named.

    Attributes:
        bootstrap_servers: host:port, several separated by commas.
        security_protocol: SSL and SASL_SSL encrypt; the SASL ones prove who we are by ``sasl_mechanism``.
        ssl_cafile: The authorities that the broker's certificate must be signed by, as PEM; the system's where unset.
        ssl_certfile: Our own certificate and those between it and its authority, as PEM, where the broker asks for it.
        ssl_keyfile: Its key, as PEM; it may be the same file.
        ssl_password: Opens the key.
        ssl_check_hostname: False takes a certificate of another host. Only behind a tunnel.
        sasl_mechanism: How to prove who we are.
        sasl_username: For PLAIN and SCRAM.
        sasl_password: For PLAIN and SCRAM.
        sasl_oauth_token_url: For OAUTHBEARER: the identity provider's token endpoint (RFC 6749, 4.4: client
            credentials).
        sasl_oauth_client_id: Our name there.
        sasl_oauth_client_secret: Our password there.
        sasl_oauth_scope: What to ask for, separated by spaces; the provider's default where unset.
        sasl_oauth_cafile: The authorities of the token endpoint, as PEM; the usual ones where unset.
        proxy_url: socks5://host:port, with user:password@ before the host if need be; socks5h resolves names there.
    """

    bootstrap_servers: HostAndPort = "127.0.0.1:9092"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ssl_cafile: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    ssl_password: SecretStr | None = None
    ssl_check_hostname: bool = True
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = None
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    sasl_oauth_token_url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    sasl_oauth_client_id: str | None = None
    sasl_oauth_client_secret: SecretStr | None = None
    sasl_oauth_scope: str | None = None
    sasl_oauth_cafile: str | None = None
    proxy_url: SecretStr | None = None

    def client_options(self) -> dict[str, object]:
        """Return the connection options as kafka-python names them, all but the one that only it can make.

        `damsight_kafka.client_options` adds that one, which fetches tokens; programs call it and not this.
        """
        return {
            "bootstrap_servers": self.bootstrap_servers.split(","),
            "security_protocol": self.security_protocol,
            "ssl_cafile": self.ssl_cafile,
            "ssl_certfile": self.ssl_certfile,
            "ssl_keyfile": self.ssl_keyfile,
            "ssl_password": _plain(self.ssl_password),
            "ssl_check_hostname": self.ssl_check_hostname,
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.sasl_username,
            "sasl_plain_password": _plain(self.sasl_password),
            "proxy_url": _plain(self.proxy_url),
        }

    @field_validator("ssl_cafile", "ssl_certfile", "ssl_keyfile")
    @classmethod
    def _only_with_tls(cls, value: str | None, info: ValidationInfo) -> str | None:
        protocol = info.data.get("security_protocol")
        if value is not None and protocol in ("PLAINTEXT", "SASL_PLAINTEXT"):
            raise ValueError(f"has no meaning with security_protocol={protocol}; that takes SSL or SASL_SSL")
        return value

    @field_validator("ssl_cafile", "sasl_oauth_cafile")
    @classmethod
    def _holds_authorities(cls, value: str | None) -> str | None:
        if value is not None:
            require_certificates(value)
        return value

    @field_validator("ssl_certfile")
    @classmethod
    def _is_readable(cls, value: str | None) -> str | None:
        if value is not None:
            require_readable(value)
        return value

    @field_validator("ssl_keyfile")
    @classmethod
    def _belongs_to_certificate(cls, value: str | None, info: ValidationInfo) -> str | None:
        certificate = info.data.get("ssl_certfile")
        if value is None and certificate is not None:
            raise ValueError("is needed with ssl_certfile; where the key is in the same file, name that")
        if value is not None:
            require_readable(value)
            if certificate is None and "ssl_certfile" in info.data:
                raise ValueError("has no meaning without ssl_certfile")
        return value

    @field_validator("ssl_password")
    @classmethod
    def _opens_key(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        certificate, key = info.data.get("ssl_certfile"), info.data.get("ssl_keyfile")
        if certificate is not None and key is not None:
            require_pair(certificate, key, _plain(value))
        return value

    @field_validator("sasl_mechanism")
    @classmethod
    def _goes_with_protocol(cls, value: str | None, info: ValidationInfo) -> str | None:
        protocol = info.data.get("security_protocol", "")
        if protocol.startswith("SASL") and value is None:
            raise ValueError(f"is needed with security_protocol={protocol}")
        if protocol and not protocol.startswith("SASL") and value is not None:
            raise ValueError(f"has no meaning with security_protocol={protocol}; that takes SASL_SSL or SASL_PLAINTEXT")
        return value

    @field_validator("sasl_username", "sasl_password")
    @classmethod
    def _goes_with_passwords(cls, value: Given, info: ValidationInfo) -> Given:
        return _with_mechanism(value, info, ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"), needed=True)

    @field_validator("sasl_oauth_token_url", "sasl_oauth_client_id", "sasl_oauth_client_secret")
    @classmethod
    def _goes_with_tokens(cls, value: Given, info: ValidationInfo) -> Given:
        return _with_mechanism(value, info, ("OAUTHBEARER",), needed=True)

    @field_validator("sasl_oauth_scope", "sasl_oauth_cafile")
    @classmethod
    def _may_go_with_tokens(cls, value: str | None, info: ValidationInfo) -> str | None:
        return _with_mechanism(value, info, ("OAUTHBEARER",), needed=False)

    @field_validator("proxy_url")
    @classmethod
    def _is_socks(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(
            r"socks5h?://([^\s@]+@)?[^\s/@]+:\d{1,5}/?", value.get_secret_value()
        ):
            raise ValueError("is no socks5://host:port or socks5h://host:port")
        return value


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _with_mechanism(value: Given, info: ValidationInfo, mechanisms: tuple[str, ...], *, needed: bool) -> Given:
    if "sasl_mechanism" not in info.data:
        # It was refused itself; what depends on it has no answer yet.
        return value
    given = info.data["sasl_mechanism"]
    if value is None and needed and given in mechanisms:
        raise ValueError(f"is needed with sasl_mechanism={given}")
    # A secret may come from a store that others use too; that it is of no use here does no harm.
    if value is not None and given not in mechanisms and not isinstance(value, SecretStr):
        raise ValueError(f"has no meaning with sasl_mechanism={given}; that takes {' or '.join(mechanisms)}")
    return value


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
