"""Texts of few tokens through packed weights: the same vectors, and nothing where it does not fit."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from damsight_encoders.checkpoint import find_checkpoint
from damsight_encoders.device import Placement
from damsight_encoders.dual import DualEncoder
from damsight_encoders.few_tokens import FewTokens, HalfWeights, few_tokens, for_few_tokens
from damsight_encoders.text import TransformerTextEncoder
from fakes.checkpoints import make_bert, make_clip, make_siglip

CPU = Placement(torch.device("cpu"), torch.float32, 32)
TEXTS = ["a red fox", "ein Hund im Schnee, une femme au chapeau bleu", "x"]


def test_queries_get_the_vectors_of_the_whole_model(tmp_path: Path) -> None:
    """A query goes through the packed weights, and its vector is that of the plain layers to a cosine of 0.99999."""
    encoder = TransformerTextEncoder(
        find_checkpoint(str(make_bert(tmp_path / "bert")), None, setting="DAMSIGHT_MODELS__CAPTION"), CPU
    )
    assert encoder._few_tokens is not None
    quick = np.concatenate([encoder.encode_texts([text], purpose="query") for text in TEXTS])
    plain = np.concatenate([encoder.encode_texts([text]) for text in TEXTS])
    assert not np.array_equal(quick, plain)
    assert (quick * plain).sum(axis=1).min() > 0.99999


@pytest.mark.parametrize("make", [make_clip, make_siglip])
def test_pictures_keep_their_own_weights(make: object, tmp_path: Path) -> None:
    """Only the text part of a joint model is packed; its vectors agree with the plain ones to a cosine of 0.99999."""
    folder = make(tmp_path / "joint")  # type: ignore[operator]
    encoder = DualEncoder(find_checkpoint(str(folder), None, setting="DAMSIGHT_MODELS__JOINT"), CPU)
    assert encoder._few_tokens is not None
    packed = [name for name, layer in encoder._few_tokens._quick.named_modules() if isinstance(layer, HalfWeights)]
    assert packed
    assert all(not name.startswith("vision") for name in packed)
    quick = np.concatenate([encoder.encode_texts([text], purpose="query") for text in TEXTS])
    plain = np.concatenate([encoder.encode_texts([text]) for text in TEXTS])
    assert not np.array_equal(quick, plain)
    assert (quick * plain).sum(axis=1).min() > 0.99999


def test_it_is_left_where_it_does_not_fit() -> None:
    """Weights beyond 16 bits, other number formats and other devices are computed as they are."""
    model = torch.nn.Sequential(torch.nn.Linear(4, 4))
    assert for_few_tokens(model, CPU) is not None
    assert for_few_tokens(model, Placement(torch.device("cpu"), torch.bfloat16, 32)) is None
    assert for_few_tokens(model, Placement(torch.device("meta"), torch.float32, 32)) is None
    model[0].weight.data[0, 0] = 1e6
    assert for_few_tokens(model, CPU) is None


def test_the_copy_takes_no_second_set_of_weights() -> None:
    """Whatever is not packed is shared with the model, tensor for tensor."""
    model = torch.nn.ModuleDict({"words": torch.nn.Embedding(10, 4), "mix": torch.nn.Linear(4, 4)})
    quick = for_few_tokens(model, CPU)
    assert quick is not None
    assert quick["words"].weight is model["words"].weight
    assert isinstance(model["mix"], torch.nn.Linear)


def test_queries_of_several_threads_do_not_meet() -> None:
    """Whoever asks at the same time gets his own vectors, and torch's threads are as many as before."""
    before = torch.get_num_threads()
    model = torch.nn.Sequential(torch.nn.Linear(4, 4))
    few = FewTokens(for_few_tokens(model, CPU), model)
    assert torch.get_num_threads() == before
    given = [torch.full((1, 4), float(number)) for number in range(20)]
    expected = [model(one).detach().numpy() for one in given]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda one: few.compute(lambda quick: quick(one).numpy(), "query"), given))
    for mine, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-2, atol=1e-2)
    assert few.compute(lambda _: np.array([torch.get_num_threads()]), "query") == 1


def test_few_words_of_documents_keep_the_own_weights_in_one_thread() -> None:
    """A document of few tokens is computed by one thread over the very model; one of many is not taken."""
    model = torch.nn.Sequential(torch.nn.Linear(4, 4))
    few = few_tokens(model, CPU)
    assert few is not None
    given = torch.full((1, 4), 0.1)
    np.testing.assert_array_equal(
        few.compute(lambda own: own(given).numpy(), "document"), model(given).detach().numpy()
    )
    assert few.compute(lambda _: np.array([torch.get_num_threads()]), "document") == 1
    assert few.takes(torch.zeros(4, 20), "document")
    assert not few.takes(torch.zeros(4, 20), "query")
    assert not few.takes(torch.zeros(16, 20), "document")
