"""Renders pictograms anew on every step, as one batch of torch arithmetic: no file, no PIL, no two alike."""

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

_FINE, _COARSE = 96, 44  # cached sides in pixels: the coarse copy serves small renderings without aliasing
_SHARE = (0.48, 1.02)
_COARSE_BELOW = 0.72
_TURN = 0.36  # radians, either way
_SHIFT = 0.16  # of the frame, either way


def cache(pictograms: list[Image.Image]) -> tuple[torch.Tensor, torch.Tensor]:
    """Premultiplied RGBA in [0, 1]: (classes, 4, 96, 96) and (classes, 4, 44, 44)."""
    squares = []
    for pictogram in pictograms:
        side = max(pictogram.size)
        square = Image.new("RGBA", (side, side))
        square.paste(pictogram, ((side - pictogram.width) // 2, (side - pictogram.height) // 2))
        squares.append(torch.from_numpy(np.array(square)).permute(2, 0, 1).float() / 255)
    whole = torch.stack(squares)
    whole = torch.cat([whole[:, :3] * whole[:, 3:], whole[:, 3:]], dim=1)
    fine = functional.interpolate(whole, size=(_FINE, _FINE), mode="bilinear", antialias=True)
    coarse = functional.interpolate(whole, size=(_COARSE, _COARSE), mode="bilinear", antialias=True)
    return fine, coarse


def render(fine: torch.Tensor, coarse: torch.Tensor, rows: torch.Tensor, side: int) -> torch.Tensor:
    """Pictures in [-1, 1] of shape (rows, 3, side, side): turned, scaled, moved, on random ground, then degraded."""
    count = len(rows)
    share = torch.empty(count).uniform_(*_SHARE)
    grid = functional.affine_grid(_affine(share), [count, 4, side, side], align_corners=False)
    small = (share < _COARSE_BELOW)[:, None, None, None]
    drawn = torch.where(
        small,
        functional.grid_sample(coarse[rows], grid, align_corners=False),
        functional.grid_sample(fine[rows], grid, align_corners=False),
    )
    picture = drawn[:, :3] + (1 - drawn[:, 3:]) * _ground(count, side)
    return _degrade(picture) * 2 - 1


def _affine(share: torch.Tensor) -> torch.Tensor:
    count = len(share)
    turn = torch.empty(count).uniform_(-_TURN, _TURN)
    aspect = torch.empty(count).uniform_(0.92, 1.09)
    shift = torch.empty(count, 2).uniform_(-_SHIFT, _SHIFT)
    cosine, sine = turn.cos() / share, turn.sin() / share
    first = torch.stack([cosine * aspect, sine, shift[:, 0]], dim=1)
    second = torch.stack([-sine, cosine / aspect, shift[:, 1]], dim=1)
    return torch.stack([first, second], dim=1)


def _ground(count: int, side: int) -> torch.Tensor:
    """Plain, linear, radial or cloudy backgrounds of two random colours, half of them pale or of one hue."""
    colours = torch.rand(2, count, 3, 1, 1)
    pale = _some(count, 0.3)
    colours = colours * (1 - 0.5 * pale) + 0.5 * pale
    related = _some(count, 0.5)
    second = colours[0] * related * (0.7 + 0.6 * torch.rand(count, 1, 1, 1)) + colours[1] * (1 - related)
    line = torch.linspace(-1, 1, side)
    angle = torch.rand(count, 1, 1, 1) * 2 * torch.pi
    linear = (line * angle.cos() + line[:, None] * angle.sin()) / 2 + 0.5
    radial = torch.hypot(line, line[:, None]).expand(count, 1, side, side)
    cloudy = functional.interpolate(torch.rand(count, 1, 6, 6), size=(side, side), mode="bicubic", align_corners=False)
    kind = torch.randint(0, 4, (count, 1, 1, 1))
    mix = torch.where(kind == 1, linear, torch.where(kind == 2, radial, torch.where(kind == 3, cloudy, 0.0)))  # noqa: PLR2004 - the kinds
    return torch.lerp(colours[0], second, mix.clamp(0, 1)).clamp(0, 1)


def _degrade(picture: torch.Tensor) -> torch.Tensor:
    """Contrast and brightness, softness, halved colour resolution as in JPEG 4:2:0, grain."""
    count = len(picture)
    contrast = torch.empty(count, 1, 1, 1).uniform_(0.8, 1.15)
    picture = (picture - 0.5) * contrast + 0.5 + torch.empty(count, 1, 1, 1).uniform_(-0.08, 0.08)
    soft = functional.avg_pool2d(functional.pad(picture, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    picture = torch.lerp(picture, soft, torch.rand(count, 1, 1, 1) * _some(count, 0.4))
    light = picture.mean(dim=1, keepdim=True)
    colour = functional.interpolate(
        functional.avg_pool2d(picture - light, 2), scale_factor=2, mode="bilinear", align_corners=False
    )
    halved = _some(count, 0.3)
    picture = light + torch.lerp(picture - light, colour, halved)
    grain = torch.rand(count, 1, 1, 1) * 0.06 * _some(count, 0.5)
    return (picture + torch.randn_like(picture) * grain).clamp(0, 1)


def _some(count: int, share: float) -> torch.Tensor:
    """One for about that share of the pictures, nought for the others: (count, 1, 1, 1)."""
    return (torch.rand(count, 1, 1, 1) < share).float()
