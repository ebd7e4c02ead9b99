"""A heat map over its picture. Pure, numpy and Pillow alone."""

import base64
import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from damsight_encoders.ports import Heat

_INFERNO: Final = np.frombuffer(
    base64.b64decode(
        "AAAEAQAFAQEGAQEIAgEKAgIMAgIOAwIQBAMSBAMUBQQXBgQZBwUbCAUdCQYfCgciCwckDAgmDQgpDgkrEAktEQowEgoyFAs0FQs3Fgs5"
        "GAw8GQw+GwxBHAxDHgxFHwxIIQxKIwxMJAxPJgxRKAtTKQtVKwtXLQtZLwpbMQpcMgpeNApfNglhOAliOQljOwlkPQllPglmQApnQgpo"
        "RApoRQppRwtqSQtqSgxrTAxrTQ1sTw1sUQ5sUg5tVA9tVQ9tVxBuWRBuWhFuXBJuXRJuXxNuYRNuYhRuZBVuZRVuZxZuaRZuahdubBhu"
        "bRhubxlucRluchpudBpudRtudxxteBxteh1tfB1tfR5tfx5sgB9sgiBshCBrhSFrhyFriCJqiiJqjCNpjSNpjyRpkCVokiVokyZnlSZn"
        "lydmmCdmmihlmylknSlknypjoCpjoitioyxhpSxgpi1gqC5fqS5eqy9erTBdrjBcsDFbsTJaszJatDNZtjRYtzVXuTVWujZVvDdUvThT"
        "vzlSwDpRwTpQwztPxDxOxj1Nxz5MyD9LykBKy0FJzEJIzkNHz0RG0EVF0kZE00dD1EhC1UpB10s/2Ew+2U092k4821A73VE63lI431M3"
        "4FU24VY14lc041kz5Fox5Vww5l0v514u6GAt6WEr6mMq62Qp62Yo7Gcm7Wkl7mok72wj724h8G8g8XEf8XMd8nQc83Yb83gZ9HkY9XsX"
        "9X0V9n4U9oAT94IS94QQ+IUP+IcO+IkM+YsL+YwK+Y4J+pAI+pIH+pQH+5YG+5cG+5kG+5sG+50H/J8H/KEI/KMJ/KUK/KYM/KgN/KoP"
        "/KwR/K4S/LAU/LIW/LQY+7Ya+7gd+7of+7wh+74j+sAm+sIo+sQq+sYt+ccv+cky+cs1+M03+M8699E999NA9tVD9tdG9dlJ9dtM9N1P"
        "9N9T9OFW8+Na8+Vd8uZh8uhl8upp8ext8e1x8e918fF58vJ98vSC8/WG8/aK9PiO9fmS9vqW+Pua+fyd+v2h/P+k"
    ),
    dtype=np.uint8,
).reshape(256, 3)
"""256 colours from black over red to pale yellow, whose lightness grows evenly, also for people who see fewer colours
(van der Walt and Smith 2015, https://bids.github.io/colormap; CC0)."""
_OPACITY: Final = 0.62
_LUMA: Final = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
"""ITU-R BT.709."""


def overlay(pixels: NDArray[np.uint8], heat: Heat, *, opacity: float = _OPACITY) -> bytes:
    """Draw the map in colour over the picture in grey, so that no colour of the picture is taken for heat.

    Args:
        pixels: (height, width, 3) uint8.
        heat: (height, width), 0 to 1.
        opacity: Of the colour, 0 to 1.

    Returns:
        A PNG.

    Raises:
        ValueError: The two differ in shape, or the heat is not within 0 to 1.
    """
    if pixels.shape[:2] != heat.shape:
        raise ValueError(f"the heat has the shape {heat.shape}, and the picture {pixels.shape[:2]}")
    if not (np.isfinite(heat).all() and heat.min() >= 0.0 and heat.max() <= 1.0):
        raise ValueError("the heat is not within 0 to 1")
    colour = _INFERNO[np.rint(heat * 255).astype(np.uint8)].astype(np.float32)
    grey = (pixels.astype(np.float32) @ _LUMA)[..., np.newaxis]
    drawn = io.BytesIO()
    Image.fromarray(np.rint(grey * (1 - opacity) + colour * opacity).astype(np.uint8)).save(drawn, "PNG")
    return drawn.getvalue()
