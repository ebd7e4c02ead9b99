"""Sentence models whose files leave prompts or pooling open follow what their authors publish."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray

from damsight_encoders.checkpoint import Checkpoint
from damsight_encoders.load import load_caption
from damsight_encoders.ports import TextEncoder
from damsight_encoders.sentence_recipe import read_recipe
from damsight_schemas.connections import ModelSettings
from fakes.checkpoints import sentence_files
from fakes.sentence_checkpoints import make_xlm_roberta

TEXTS = ["a dog in the snow", "ein Hund läuft im Schnee", "狗在雪地里", "собака на снегу", "", "the snow " * 30]
E5 = {"query": "query: ", "document": "passage: "}
BGE = {"query": "Represent this sentence for searching relevant passages: "}


def load(folder: Path) -> TextEncoder:
    encoder = load_caption(ModelSettings(caption=str(folder), device="cpu", dtype="float32", threads=1))
    assert encoder is not None
    return encoder


@torch.inference_mode()
def reference(folder: Path, texts: list[str], pooling: str) -> NDArray[np.float32]:
    """The plain path, one text at a time and so without padding."""
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder)
    model: Any = transformers.AutoModel.from_pretrained(folder).eval()
    rows = []
    for text in texts:
        hidden = model(**tokenizer([text], truncation=True, max_length=18, return_tensors="pt")).last_hidden_state[0]
        rows.append(hidden[0] if pooling == "cls" else hidden.mean(dim=0))
    return torch.nn.functional.normalize(torch.stack(rows), dim=-1).numpy()


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_an_xlm_roberta_equals_the_plain_path(tmp_path: Path, pooling: str) -> None:
    """Texts of several scripts, none, and one longer than its positions, by mean and by CLS, as transformers' own."""
    folder = make_xlm_roberta(tmp_path / "tiny", pooling=pooling)
    theirs = reference(folder, TEXTS, pooling)
    np.testing.assert_allclose(load(folder).encode_texts(TEXTS), theirs, atol=1e-5)
    assert (theirs @ theirs.T)[~np.eye(len(TEXTS), dtype=bool)].max() < 0.999


def test_an_old_e5_has_its_prefixes(tmp_path: Path) -> None:
    """Without prompts in its files, a folder named multilingual-e5-base puts "query: " and "passage: " before texts."""
    folder = make_xlm_roberta(tmp_path / "multilingual-e5-base", pooling="mean")
    encoder = load(folder)
    for purpose, prefix in E5.items():
        ours = encoder.encode_texts(TEXTS, purpose=purpose)  # type: ignore[arg-type] # a loop over the literals
        np.testing.assert_allclose(ours, reference(folder, [prefix + text for text in TEXTS], "mean"), atol=1e-5)


def test_a_bare_bge_is_pooled_by_its_first_token(tmp_path: Path) -> None:
    """A BGE saved without the files of sentence-transformers would silently be pooled by the mean."""
    folder = make_xlm_roberta(tmp_path / "bge-m3")
    np.testing.assert_allclose(load(folder).encode_texts(TEXTS), reference(folder, TEXTS, "cls"), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "prompts", "pooling"),
    [
        ("intfloat/e5-small", E5, "mean"),
        ("intfloat/e5-large-v2", E5, "mean"),
        ("intfloat/multilingual-e5-large", E5, "mean"),
        ("Multilingual-E5-Small", E5, "mean"),
        ("BAAI/bge-base-en-v1.5", BGE, "cls"),
        ("BAAI/bge-m3", {}, "cls"),
        ("sentence-transformers/all-MiniLM-L6-v2", {}, "mean"),
        ("someone/e5-base-of-mine", {}, "mean"),
        ("thenlper/gte-base", {}, "mean"),
    ],
)
def test_a_family_is_known_by_the_whole_name(tmp_path: Path, name: str, prompts: dict[str, str], pooling: str) -> None:
    """By the last part of the hub id or the folder's name, whole: what is only named alike gets nothing put before."""
    recipe = read_recipe(Checkpoint(name, "1", tmp_path, "DAMSIGHT_MODELS__CAPTION"))
    assert (recipe.prompts, recipe.pooling) == (prompts, pooling)


def test_chinese_bge_and_instructed_e5_have_their_own_instruction(tmp_path: Path) -> None:
    """Each as its authors publish it, before queries alone."""
    chinese = read_recipe(Checkpoint("BAAI/bge-large-zh-v1.5", "1", tmp_path, "X")).prompts
    instructed = read_recipe(Checkpoint("intfloat/multilingual-e5-large-instruct", "1", tmp_path, "X")).prompts
    assert set(chinese) == set(instructed) == {"query"}
    assert chinese["query"].startswith("为这个句子生成表示")
    assert instructed["query"].endswith("\nQuery: ")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"query": "find: "}, {"query": "find: "}),
        ({"query": "", "document": ""}, E5),
        ({}, E5),
    ],
)
def test_the_files_win_over_the_family(tmp_path: Path, told: dict[str, str], expected: dict[str, str]) -> None:
    """Prompts in the files are taken at their word; empty ones, which newer tools always write, tell nothing."""
    sentence_files(tmp_path, "cls", told)
    recipe = read_recipe(Checkpoint("intfloat/e5-base-v2", "1", tmp_path, "X"))
    assert (recipe.prompts, recipe.pooling) == (expected, "cls")
