"""The models: named, found, whole; loaded only when asked to."""

from typing import TYPE_CHECKING

from damsight_cli.examination.finding import Finding, fail, is_installed, ok, warn
from damsight_schemas.connections import ModelSettings

if TYPE_CHECKING:
    from damsight_index import Generation

_HOW = "set DAMSIGHT_MODELS__JOINT and __CAPTION to a hub id or a folder, or DAMSIGHT_MODELS__URL to an encoder service"


def examine_models(models: ModelSettings) -> list[Finding]:
    """Whether the named models are on this computer and whole; nothing is downloaded."""
    if models.url:
        return [_service(models)]
    named = [
        (setting, name, revision)
        for setting, name, revision in (
            ("DAMSIGHT_MODELS__JOINT", models.joint, models.joint_revision),
            ("DAMSIGHT_MODELS__CAPTION", models.caption, models.caption_revision),
        )
        if name
    ]
    if not named:
        return [warn("models", "none is named: searches are by keyword only", _HOW)]
    if not is_installed("torch", "transformers", "huggingface_hub"):
        return [
            fail("models", "named, and torch is not installed", "pip install 'damsight[encode]', or name a service")
        ]
    return [_checkpoint(*one) for one in named]


def examine_loading(models: ModelSettings, live: "Generation | None") -> list[Finding]:
    """Load the models, as the consumer does, and compare them with the live index."""
    from damsight_encoders.errors import EncoderError
    from damsight_encoders.load import load_encoders, spaces_of_encoders
    from damsight_schemas.errors import SpaceMismatchError
    from damsight_schemas.space import VECTOR_FIELDS, require_same_space

    try:
        spaces = spaces_of_encoders(load_encoders(models))
    except EncoderError as error:
        return [fail("models load", str(error), "do as it says, then look again")]
    told = "; ".join(f"{field}: {space}" for field, space in spaces.fields().items()) or "none"
    if live is None:
        return [ok("models load", told)]
    try:
        for field in VECTOR_FIELDS:
            require_same_space(field, getattr(live.spaces, field), getattr(spaces, field), index=live.name)
    except SpaceMismatchError as error:
        return [ok("models load", told), fail("spaces", str(error), "do as it says")]
    return [ok("models load", told), ok("spaces", f"{live.name} holds vectors of these models")]


def _checkpoint(setting: str, name: str, revision: str | None) -> Finding:
    from pathlib import Path

    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    from damsight_encoders.checkpoint import find_checkpoint
    from damsight_encoders.errors import ModelError

    place = name
    if not Path(name).expanduser().is_dir() and not name.startswith(("/", ".", "~")):
        try:
            place = snapshot_download(name, revision=revision, local_files_only=True)
        except (LocalEntryNotFoundError, HFValidationError):
            return warn("models", f"{setting}={name} is not downloaded", "the first use downloads it from the hub")
    try:
        found = find_checkpoint(place, None, setting=setting)
    except ModelError as error:
        return fail("models", str(error), "do as it says, then look again")
    size = sum(file.stat().st_size for file in found.folder.glob("*.safetensors"))
    return ok("models", f"{setting}={name}: whole, {size / 1e6:,.0f} MB at {found.folder}")


def _service(models: ModelSettings) -> Finding:
    if not is_installed("httpx"):
        return fail(
            "models", "an encoder service is named, and httpx is not installed", "pip install 'damsight[search]'"
        )
    import httpx

    address = f"{(models.url or '').rstrip('/')}/readyz"
    try:
        answer = httpx.get(address, timeout=5)
    except httpx.HTTPError as error:
        return fail("models", f"the encoder service does not answer: {address}: {error}", "start it, or correct __URL")
    if answer.is_success:
        return ok("models", f"the encoder service at {models.url} is ready")
    return fail(
        "models", f"the encoder service is not ready: {address} answers {answer.status_code}", "look at its log"
    )
