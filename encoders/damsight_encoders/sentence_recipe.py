"""How a sentence model's token vectors become one, and what goes before a text: from its files, else by its family."""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

import structlog

from damsight_encoders.checkpoint import Checkpoint
from damsight_encoders.errors import ModelError
from damsight_encoders.ports import TextPurpose

Pooling = Literal["mean", "cls"]
Prompts = dict[TextPurpose, str]

_log = structlog.get_logger(__name__)
_POOLINGS: Final[dict[str, Pooling]] = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
_PROMPT_NAMES: Final[dict[TextPurpose, tuple[str, ...]]] = {"query": ("query",), "document": ("document", "passage")}
_KNOWN_MODULES: Final = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True)
class SentenceRecipe:
    """How sentence-transformers turns token vectors into one.

    Attributes:
        pooling: The mean over the tokens that are not padding, or the first token's vector.
        most_tokens: Longer texts are cut here; None where only the model's own limit holds.
        prompts: What is put before a text, by purpose.
    """

    pooling: Pooling
    most_tokens: int | None
    prompts: Prompts


@dataclass(frozen=True)
class _Family:
    """What the authors of a model say on its page and not in its files."""

    names: re.Pattern[str]
    pooling: Pooling
    prompts: Prompts


_FAMILIES: Final = (
    # Wang et al. 2022, arXiv:2212.03533, and 2024, arXiv:2402.05672: both sides have a prefix, also in other languages.
    _Family(
        re.compile(r"(multilingual-)?e5-(small|base|large)(-v2|-unsupervised)?"),
        "mean",
        {"query": "query: ", "document": "passage: "},
    ),
    _Family(
        re.compile(r"multilingual-e5-large-instruct"),
        "mean",
        {
            "query": "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ",
        },
    ),
    # Xiao et al. 2023, arXiv:2309.07597: only a query has one. BGE-M3 (Chen et al. 2024, arXiv:2402.03216) has none.
    _Family(
        re.compile(r"bge-(small|base|large)-en(-v1\.5)?"),
        "cls",
        {"query": "Represent this sentence for searching relevant passages: "},
    ),
    _Family(
        re.compile(r"bge-(small|base|large)-zh(-v1\.5)?"),
        "cls",
        {"query": "为这个句子生成表示以用于检索相关文章："},  # noqa: RUF001 - as its authors write it
    ),
    _Family(re.compile(r"bge-m3"), "cls", {}),
)


def read_recipe(checkpoint: Checkpoint) -> SentenceRecipe:
    """Read sentence-transformers' files; what they leave open follows the family, known by the name's last part.

    Files that name a prompt for any purpose are taken at their word. A folder is known by its own name: so a copy of
    E5 behaves as the original does, and under a name that is no family's, only its files count. Where neither tells:
    the mean, and no prompts.

    Raises:
        ModelError: The files ask for a step that is not one of transformer, mean or CLS pooling, normalise.
    """
    name = checkpoint.name.rpartition("/")[2].lower()
    family = next((family for family in _FAMILIES if family.names.fullmatch(name)), None)
    named, limits = _read_prompts(checkpoint), checkpoint.read_json("sentence_bert_config.json") or {}
    recipe = SentenceRecipe(
        pooling=_read_pooling(checkpoint) or (family.pooling if family else "mean"),
        most_tokens=limits.get("max_seq_length"),
        prompts=named or (family.prompts if family else {}),
    )
    if recipe.prompts:
        source = "config_sentence_transformers.json" if named else f"the family of {name}"
        _log.info("encoders.prompts", model=checkpoint.name, told_by=source, **recipe.prompts)
    return recipe


def _read_prompts(checkpoint: Checkpoint) -> Prompts:
    names = (checkpoint.read_json("config_sentence_transformers.json") or {}).get("prompts") or {}
    return {
        purpose: str(names[name])
        for purpose, candidates in _PROMPT_NAMES.items()
        for name in reversed(candidates)
        if names.get(name)
    }


def _read_pooling(checkpoint: Checkpoint) -> Pooling | None:
    modules = checkpoint.read_json("modules.json") or []
    folders = {str(module.get("type", "")).rpartition(".")[2]: str(module.get("path", "")) for module in modules}
    others = [kind for kind in folders if kind not in _KNOWN_MODULES]
    if others:
        raise ModelError(
            f"{checkpoint}: modules.json asks for {', '.join(others)}, which damsight does not compute; "
            f"take a sentence model of transformer, pooling and normalise alone"
        )
    if "Pooling" not in folders:
        return None
    return _pooling(checkpoint.read_json(f"{folders['Pooling']}/config.json") or {}, checkpoint)


def _pooling(config: dict[str, Any], checkpoint: Checkpoint) -> Pooling | None:
    chosen = [name for name, on in config.items() if name.startswith("pooling_mode_") and on is True]
    if isinstance(config.get("pooling_mode"), str):
        chosen = [config["pooling_mode"]]
    known = [_POOLINGS.get(name, name) for name in chosen]
    for pooling in ("mean", "cls"):
        if known == [pooling]:
            return pooling
    if known:
        raise ModelError(f"{checkpoint}: it is pooled by {', '.join(known)}; take a sentence model of mean or cls")
    return None
