"""CLIP's pictures without the tokens that nobody reads: the same vectors, over the same weights."""

from pathlib import Path

import torch
import transformers

from damsight_encoders.class_token import ClassTokenLayer, class_token_alone
from fakes.checkpoints import make_clip, make_siglip


def test_the_vectors_are_the_models_own(tmp_path: Path) -> None:
    """A real (tiny) CLIP gives the same features without its last layer's other tokens, within float32's rounding."""
    model = transformers.AutoModel.from_pretrained(make_clip(tmp_path / "clip")).eval()
    quick = class_token_alone(model)
    assert sum(isinstance(part, ClassTokenLayer) for part in quick.modules()) == 1
    pixels = torch.randn(5, 3, 32, 32)
    with torch.inference_mode():
        right = model.get_image_features(pixel_values=pixels).pooler_output
        found = quick.get_image_features(pixel_values=pixels).pooler_output
    assert right.std() > 1e-3
    torch.testing.assert_close(found, right, rtol=1e-4, atol=1e-6)


def test_the_model_itself_keeps_its_tokens_and_the_copy_no_weights(tmp_path: Path) -> None:
    """Explanations read every token of the model; the copy holds no tensor of its own."""
    model = transformers.AutoModel.from_pretrained(make_clip(tmp_path / "clip")).eval()
    own = {id(tensor) for tensor in model.parameters()}
    quick = class_token_alone(model)
    assert {id(tensor) for tensor in quick.parameters()} == own
    with torch.inference_mode():
        seen = model.vision_model(pixel_values=torch.zeros(1, 3, 32, 32)).last_hidden_state
    assert seen.shape[1] == 17


def test_pictures_that_are_read_otherwise_are_left(tmp_path: Path) -> None:
    """SigLIP reads all tokens by a head of its own: the model itself is given back."""
    model = transformers.AutoModel.from_pretrained(make_siglip(tmp_path / "other"))
    assert class_token_alone(model) is model
