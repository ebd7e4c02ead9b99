"""Faces, found and made unrecognisable.

Found by YuNet (Wu et al. 2023, doi:10.1007/s11633-023-1423-y) or by cascades (Viola and Jones 2001,
doi:10.1109/CVPR.2001.990517). A fine mosaic or a weak blur is undone by networks that were trained for it (McPherson et
al. 2016, arXiv:1609.00408), so of a face only a few cells are left, and they are blended into each other.
"""

import threading
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from damsight_encoders.errors import ModelError

_SETTING: Final = "DAMSIGHT_PREVIEWS__FACE_MODEL"
_LONGEST_SIDE: Final = 960
"""Pixels that are searched: the time grows with their square, and 24 of them, the smallest face, are 2.5 %."""
_SMALLEST_FACE: Final = 24
_LEAST_SCORE: Final = 0.6
"""Below OpenCV's own 0.9: what is no face and is blurred costs less than a face that is not."""
_CASCADES: Final = ("haarcascade_frontalface_alt2.xml", "haarcascade_profileface.xml")
_MARGIN: Final = 0.25
"""Of a face's box, on each side: detectors leave out hair, ears and chin."""
_CELLS: Final = 6
"""Along a face's shorter side."""

Pixels = NDArray[np.uint8]
FaceBox = tuple[int, int, int, int]
"""left, top, right, bottom in whole pixels."""


class FaceFinder(Protocol):
    """Finds faces."""

    def find(self, pixels: Pixels) -> list[FaceBox]:
        """Return the faces' boxes in (height, width, 3) uint8 RGB; they may lie partly outside."""
        ...


class FaceBlur:
    """Finds faces in pictures and makes them unrecognisable. CPU, any thread.

    Args:
        face_model: A YuNet model, as PreviewSettings has it; without it, OpenCV's own cascades are used.

    Raises:
        ModelError: The model is missing, or no YuNet model; or OpenCV brings no cascades.
    """

    def __init__(self, face_model: str | None = None) -> None:
        self._finder: FaceFinder = YuNet(face_model) if face_model else Cascades()

    def blur(self, pixels: Pixels) -> Pixels:
        """Return (height, width, 3) uint8 RGB without recognisable faces; the pixels themselves where there are none.

        What lies outside of faces is the same to the bit.
        """
        return hide(pixels, self.find(pixels))

    def find(self, pixels: Pixels) -> list[FaceBox]:
        """Return what `blur` hides: the faces' boxes with a margin, within the picture."""
        height, width = pixels.shape[:2]
        scale = min(1.0, _LONGEST_SIDE / max(height, width))
        searched = pixels
        if scale < 1.0:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            searched = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        ratios = (width / searched.shape[1], height / searched.shape[0])
        boxes = (_widened(box, ratios, (width, height)) for box in self._finder.find(searched))
        return [box for box in boxes if box[0] < box[2] and box[1] < box[3]]


def hide(pixels: Pixels, boxes: list[FaceBox]) -> Pixels:
    """Return a copy in which the boxes hold nothing but a few blended cells; the pixels themselves without boxes.

    Args:
        pixels: (height, width, 3) uint8; left as they are.
        boxes: Within the picture.
    """
    hidden = pixels.copy() if boxes else pixels
    for left, top, right, bottom in boxes:
        hidden[top:bottom, left:right] = _mosaic(hidden[top:bottom, left:right])
    return hidden


class YuNet:
    """Implements FaceFinder by a YuNet model (ONNX).

    Args:
        path: The file.

    Raises:
        ModelError: There is no such file, or it is no YuNet model.
    """

    def __init__(self, path: str) -> None:
        file = Path(path).expanduser()
        if not file.is_file():
            raise ModelError(
                f"{_SETTING}={path}: there is no such file; give a YuNet model (face_detection_yunet_*.onnx of "
                f"opencv_zoo), or leave the setting out to find faces by OpenCV's cascades"
            )
        self._searching = threading.Lock()
        try:
            self._detector: Any = cv2.FaceDetectorYN.create(str(file), "", (64, 64), score_threshold=_LEAST_SCORE)
            self.find(np.full((64, 64, 3), 128, dtype=np.uint8))
        # OpenCV's binding lets C++ exceptions of other kinds out as SystemError.
        except (cv2.error, SystemError) as error:
            words = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelError(
                f"{_SETTING}={path}: this is no YuNet model that OpenCV {cv2.__version__} can run ({words[0]}); give "
                f"face_detection_yunet_*.onnx of opencv_zoo, or leave the setting out"
            ) from error

    def find(self, pixels: Pixels) -> list[FaceBox]:
        """Return the faces' boxes."""
        height, width = pixels.shape[:2]
        # The detector keeps the picture's size as state, so two threads must not meet in it.
        with self._searching:
            self._detector.setInputSize((width, height))
            _, rows = self._detector.detect(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        return [_box(*row[:4]) for row in rows] if rows is not None else []


class Cascades:
    """Implements FaceFinder by the cascades that come with OpenCV 4: faces from the front and from both sides.

    Raises:
        ModelError: They did not come with it.
    """

    def __init__(self) -> None:
        folder = Path(getattr(getattr(cv2, "data", None), "haarcascades", ""))
        missing = [name for name in _CASCADES if not (folder / name).is_file()]
        if missing:
            raise ModelError(
                f"OpenCV {cv2.__version__} brings no {', '.join(missing)}; install opencv-python-headless 4, or "
                f"name a YuNet model with {_SETTING}"
            )
        self._searching = threading.Lock()
        self._cascades = [cv2.CascadeClassifier(str(folder / name)) for name in _CASCADES]

    def find(self, pixels: Pixels) -> list[FaceBox]:
        """Return the faces' boxes; one face may have several."""
        grey = cv2.equalizeHist(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
        width = grey.shape[1]
        mirrored = np.ascontiguousarray(grey[:, ::-1])
        # A cascade keeps the picture as state, so two threads must not meet in it.
        with self._searching:
            boxes = [box for cascade in self._cascades for box in _search(cascade, grey)]
            turned = [box for cascade in self._cascades for box in _search(cascade, mirrored)]
        return boxes + [(width - right, top, width - left, bottom) for left, top, right, bottom in turned]


def _search(cascade: Any, grey: Any) -> list[FaceBox]:
    found = cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=4, minSize=(_SMALLEST_FACE, _SMALLEST_FACE))
    return [_box(*face) for face in found]


def _box(left: float, top: float, width: float, height: float) -> FaceBox:
    return int(left), int(top), int(np.ceil(left + width)), int(np.ceil(top + height))


def _widened(box: FaceBox, ratios: tuple[float, float], size: tuple[int, int]) -> FaceBox:
    """Scale a box up to the picture's own pixels, add the margin, and keep what lies within the picture."""
    left, top, right, bottom = box
    across, down = _MARGIN * (right - left), _MARGIN * (bottom - top)
    return (
        max(0, int((left - across) * ratios[0])),
        max(0, int((top - down) * ratios[1])),
        min(size[0], int(np.ceil((right + across) * ratios[0]))),
        min(size[1], int(np.ceil((bottom + down) * ratios[1]))),
    )


def _mosaic(region: Pixels) -> Pixels:
    """Average into a few cells, and blend each into its neighbours."""
    height, width = region.shape[:2]
    cell = max(1.0, min(height, width) / _CELLS)
    cells = (max(1, round(width / cell)), max(1, round(height / cell)))
    averages = cv2.resize(region, cells, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(averages, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
