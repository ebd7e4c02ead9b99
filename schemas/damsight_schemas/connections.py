"""Groups of settings that several deployables share. Each deployable's settings.py composes and reads them."""

import re
from typing import Annotated, Literal, TypeVar

from pydantic import Field, SecretStr, StringConstraints, ValidationInfo, field_validator

from damsight_schemas.languages import ANALYZERS, DEFAULT
from damsight_schemas.settings import Names, SettingsGroup
from damsight_schemas.space import Similarity
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
    """Which index. Reads go through the filtered alias; writes go through ``<alias>-write``.

    Attributes:
        languages: That texts are analysed in, where the server offers it, as ISO 639-1 has them; a new generation takes
            them, and a search looks into each for words that do not tell their language.
        similarity: How a new generation compares vectors; ours have length 1, so that all order alike.
    """

    alias: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,200}$")] = "assets"
    shards: Annotated[int, Field(ge=1, le=1024)] = 1
    replicas: Annotated[int, Field(ge=0, le=10)] = 0
    languages: Names = DEFAULT
    similarity: Similarity = "dot_product"

    @field_validator("languages")
    @classmethod
    def _known(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [one for one in languages if one not in ANALYZERS]
        if unknown:
            raise ValueError(f"takes {', '.join(ANALYZERS)}; not {', '.join(unknown)}")
        return tuple(dict.fromkeys(languages))

    @property
    def write_alias(self) -> str:
        """The alias that the consumer writes through."""
        return f"{self.alias}-write"


class ModelSettings(SettingsGroup):
    """Which models: a hub id or a folder each; left out, that leg is off. Environment: DAMSIGHT_MODELS__...

    Attributes:
        joint: Puts pictures and words into one space (CLIP, SigLIP, SigLIP 2, Chinese-CLIP, AltCLIP ...).
        joint_revision: The hub's commit, tag or branch; the same for each of the others.
        caption: A sentence model.
        look: For pictures alone, picture to picture: a checkpoint (ViT, DINOv2, ConvNeXt, ResNet),
            torchvision:NAME:FILE, or handcrafted:NAME.
        audio: Puts sounds and words into one space (CLAP).
        captioner: Writes captions for assets that have none (BLIP, Florence-2, SmolVLM ...).
        ocr: Languages of words in pictures, as tesseract names them; none: they are not read.
        fuse: Make one vector of an asset's several: average, weighted, concatenate or attention.
        fuse_weights: As in image=2,caption=1,ocr=0.5,metadata=0.5; for ``weighted``.
        device: Where to compute.
        dtype: In which numbers.
        threads: Of the CPU's inference; 0 lets torch choose.
        compile: On a GPU: compile the models and capture graphs as they are loaded (minutes, the first time).
        url: An encoder service (damsight encode-serve) to use in place of local models.
        api_key: For it.
    """

    joint: str | None = None
    joint_revision: str | None = None
    caption: str | None = None
    caption_revision: str | None = None
    look: str | None = None
    look_revision: str | None = None
    audio: str | None = None
    audio_revision: str | None = None
    captioner: str | None = None
    captioner_revision: str | None = None
    ocr: Names = ()
    fuse: Literal["average", "weighted", "concatenate", "attention"] | None = None
    fuse_weights: Annotated[str, StringConstraints(pattern=r"^([a-z]+=\d+(\.\d+)?(,[a-z]+=\d+(\.\d+)?)*)?$")] = ""
    device: Annotated[str, StringConstraints(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    threads: Annotated[int, Field(ge=0, le=1024)] = 0
    compile: bool = True
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    api_key: SecretStr | None = None


class PreviewSettings(SettingsGroup):
    """Where thumbnails and previews are kept. Environment: DAMSIGHT_PREVIEWS__...

    Attributes:
        url: A folder (file:///...) or a bucket (s3://bucket/prefix), or whatever fsspec knows; none: none are kept.
        thumbnail_px: The longer side at most.
        preview_px: The same.
        blur_faces: Make faces unrecognisable in both.
        face_model: A YuNet model (ONNX) for finding faces; without it, OpenCV's own cascades.
    """

    url: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*://\S+$")] | None = None
    thumbnail_px: Annotated[int, Field(ge=32, le=2048)] = 480
    preview_px: Annotated[int, Field(ge=64, le=8192)] = 1600
    blur_faces: bool = False
    face_model: str | None = None


class EncodingLimits(SettingsGroup):
    """What is refused before decoding, and how much of a long media is looked at. Environment: DAMSIGHT_LIMITS__...

    Attributes:
        max_bytes: Of a file.
        max_pixels: Of a picture, a page or a frame.
        max_frames: Of a video.
        max_pages: Of a document.
        max_sound_s: Of a sound.
        max_decode_s: Of one file, in seconds on the clock; checked between pages and frames.
    """

    max_bytes: Annotated[int, Field(ge=1)] = 200 * 1024 * 1024
    max_pixels: Annotated[int, Field(ge=1)] = 200_000_000
    max_frames: Annotated[int, Field(ge=1, le=1000)] = 32
    max_pages: Annotated[int, Field(ge=1, le=1000)] = 32
    max_sound_s: Annotated[float, Field(gt=0, le=36_000)] = 600.0
    max_decode_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
