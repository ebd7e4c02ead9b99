"""A checkpoint's model, tokenizer and image processor through transformers: safe, whole, of the right kind."""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError

from damsight_encoders.checkpoint import Checkpoint
from damsight_encoders.errors import ModelError

_UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, ImportError)
_LISTED: Final = 4
_FITTING: Final = "a CLIP, SigLIP or SigLIP 2 checkpoint (joint) or a BERT-like one (caption)"


def read_config(checkpoint: Checkpoint, *, fitting: str = _FITTING) -> tuple[Any, type]:
    """Return the configuration and the model class that transformers itself has for it.

    Args:
        checkpoint: Whole, as find_checkpoint returns it.
        fitting: What to take in its place, for messages.

    Raises:
        ModelError: The configuration is unreadable, or needs code that only the checkpoint brings.
    """
    raw = checkpoint.read_json("config.json")
    kind = raw.get("model_type") if isinstance(raw, dict) else None
    if not isinstance(kind, str):
        raise ModelError(f"{checkpoint}: config.json names no model_type; give a transformers checkpoint")
    if kind not in transformers.CONFIG_MAPPING:
        own_code = " and brings its own code, which damsight does not run" if raw.get("auto_map") else ""
        raise ModelError(
            f"{checkpoint}: transformers {transformers.__version__} does not know the model type {kind!r}{own_code}; "
            f"take {fitting}"
        )
    with _quiet(), _as_model_error(checkpoint, "config.json cannot be read"):
        config = transformers.AutoConfig.from_pretrained(
            checkpoint.folder, trust_remote_code=False, local_files_only=True
        )
    if type(config) not in transformers.MODEL_MAPPING:
        raise ModelError(f"{checkpoint}: a {kind} checkpoint is no encoder; see damsight doctor for ones that fit")
    model_class = transformers.MODEL_MAPPING[type(config)]
    return config, model_class[0] if isinstance(model_class, tuple) else model_class


def load_model(
    checkpoint: Checkpoint,
    dtype: torch.dtype,
    device: torch.device,
    *,
    unused: tuple[str, ...] = (),
    head: Any = transformers.AutoModel,
) -> Any:
    """Load the weights from safetensors, in evaluation mode, on the device.

    Args:
        checkpoint: Whole, as find_checkpoint returns it.
        dtype: Of the weights.
        device: Where to put them.
        unused: Beginnings of weight names that the encoder never computes with, so that they may be missing.
        head: transformers' automatic class for what the model ends in.

    Raises:
        ModelError: A weight is missing or of another shape: it would be random.
    """
    with _quiet(), _as_model_error(checkpoint, "its weights do not fit its config.json"):
        model, report = head.from_pretrained(
            checkpoint.folder,
            dtype=dtype,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
        )
    absent = sorted(name for name in report["missing_keys"] if not name.startswith(unused))
    absent += [str(entry) for entry in report.get("mismatched_keys", ())]
    if absent:
        more = f" and {len(absent) - _LISTED} more" if len(absent) > _LISTED else ""
        raise ModelError(
            f"{checkpoint}: the weights {', '.join(absent[:_LISTED])}{more} are missing or of another shape, and would "
            f"be random; download the checkpoint again, or take one whose config.json belongs to its weights"
        )
    return model.eval().requires_grad_(requires_grad=False).to(device)


def load_tokenizer(checkpoint: Checkpoint, vocabulary: int) -> Any:
    """Load the tokenizer.

    Args:
        checkpoint: Whole, as find_checkpoint returns it.
        vocabulary: How many tokens the model has embeddings for.

    Raises:
        ModelError: The checkpoint has none, it cannot be read, or it is not the model's.
    """
    with _quiet(), _as_model_error(checkpoint, "its tokenizer is missing or cannot be read"):
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            checkpoint.folder, trust_remote_code=False, local_files_only=True
        )
    _require_vocabulary(tokenizer, vocabulary, checkpoint)
    return tokenizer


def load_image_processor(checkpoint: Checkpoint) -> Any:
    """Load the image processor: only its numbers are used.

    Raises:
        ModelError: The checkpoint has none, or it cannot be read.
    """
    with _quiet(), _as_model_error(checkpoint, "its preprocessor_config.json is missing or cannot be read"):
        return transformers.AutoImageProcessor.from_pretrained(
            checkpoint.folder, trust_remote_code=False, local_files_only=True
        )


def load_feature_extractor(checkpoint: Checkpoint) -> Any:
    """Load the feature extractor of a model for sounds: only its numbers are used.

    Raises:
        ModelError: The checkpoint has none, or it cannot be read.
    """
    with _quiet(), _as_model_error(checkpoint, "its preprocessor_config.json is missing or cannot be read"):
        return transformers.AutoFeatureExtractor.from_pretrained(
            checkpoint.folder, trust_remote_code=False, local_files_only=True
        )


def load_processor(checkpoint: Checkpoint, vocabulary: int) -> Any:
    """Load the processor that makes a model's whole input of pictures and words.

    Args:
        checkpoint: Whole, as find_checkpoint returns it.
        vocabulary: How many tokens the model has embeddings for.

    Raises:
        ModelError: The checkpoint has none, it cannot be read, its tokenizer is not the model's, or it needs a package
            that is not installed.
    """
    with _quiet(), _as_model_error(checkpoint, "its processor is missing or cannot be read"):
        try:
            processor = transformers.AutoProcessor.from_pretrained(
                checkpoint.folder, trust_remote_code=False, local_files_only=True
            )
        except ImportError as error:
            words = " ".join(str(error).split())
            raise ModelError(f"{checkpoint}: its processor needs a package that is not installed: {words}") from error
    absent = [part for part in ("image_processor", "tokenizer") if not hasattr(processor, part)]
    if absent:
        raise ModelError(
            f"{checkpoint}: its processor has no {' and no '.join(absent)}; a file of it (preprocessor_config.json, "
            f"tokenizer.json, ...) is missing: download the checkpoint again"
        )
    _require_vocabulary(processor.tokenizer, vocabulary, checkpoint)
    return processor


def _require_vocabulary(tokenizer: Any, vocabulary: int, checkpoint: Checkpoint) -> None:
    # Without its files transformers makes an empty tokenizer, for which every word is unknown.
    if len(tokenizer) < vocabulary / 2:
        raise ModelError(
            f"{checkpoint}: its tokenizer knows {len(tokenizer):,} tokens where the model has {vocabulary:,}; "
            f"a file of it (tokenizer.json, vocab.txt, spiece.model, ...) is missing: download the checkpoint again"
        )


@contextlib.contextmanager
def _as_model_error(checkpoint: Checkpoint, what: str) -> Iterator[None]:
    try:
        yield
    except (*_UNREADABLE, SafetensorError, StrictDataclassError) as error:
        words = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(f"{checkpoint}: {what} ({words[0]}); download it again, or take another") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' own bars and notes out of the log while it loads: what matters is raised."""
    verbosity = transformers.logging.get_verbosity()
    bars = transformers.logging.is_progress_bar_enabled()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers.logging.set_verbosity(verbosity)
        if bars:
            transformers.logging.enable_progress_bar()
