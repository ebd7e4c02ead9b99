"""One page of a PDF as a picture and as words. The caller sees to it that one thread at a time is in PDFium."""

import time
from typing import Final

import numpy as np
import pypdfium2
import pypdfium2.internal
import pypdfium2.raw

from damsight_encoders.content import Picture
from damsight_encoders.decode.drawn_size import drawn_size, size_as_original
from damsight_encoders.errors import EncoderError, MediaError
from damsight_schemas.asset import MAX_TEXT_CHARACTERS
from damsight_schemas.connections import EncodingLimits

_WHITE: Final = (255, 255, 255, 255)
_HYPHEN_AT_LINE_END: Final = "\ufffe"  # PDFium's mark for a hyphen that only the end of a line brought


class NoTimeLeftError(EncoderError):
    """The document's time was over before the page was drawn."""


def draw_page(page: pypdfium2.PdfPage, limits: EncodingLimits, *, at_least: int, give_up_at: float) -> Picture:
    """Draw a page on white, upright, annotations included; ``give_up_at`` is of the monotonic clock, in seconds.

    Raises:
        MediaError: It has no size that could be drawn, or PDFium gives up.
        NoTimeLeftError: It was not drawn in time.
    """
    own: tuple[float, float] = page.get_size()
    width, height = drawn_size(own[0], own[1], at_least, limits)
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, pypdfium2.raw.FPDFBitmap_BGR, rev_byteorder=True)
    try:
        bitmap.fill_rect(_WHITE, 0, 0, width, height)
        _draw(page, bitmap, give_up_at)
        pixels = np.array(bitmap.to_numpy())
    finally:
        bitmap.close()
    return Picture(pixels=pixels, original_size=size_as_original(own, (width, height)), media_format="PDF")


def read_words(page: pypdfium2.PdfPage) -> str:
    """Return the words of a page's text layer in its own order; empty where it has none, or a broken one."""
    try:
        layer = page.get_textpage()
    except pypdfium2.PdfiumError:
        return ""
    try:
        found = layer.get_text_range(0, min(layer.count_chars(), MAX_TEXT_CHARACTERS))
    except (pypdfium2.PdfiumError, ValueError):
        return ""
    finally:
        layer.close()
    for line_break in (_HYPHEN_AT_LINE_END + "\r\n", _HYPHEN_AT_LINE_END):
        found = found.replace(line_break, "")
    lines = ("".join(_printable(line)).strip() for line in found.splitlines())
    return "\n".join(line for line in lines if line)


def _draw(page: pypdfium2.PdfPage, bitmap: pypdfium2.PdfBitmap, give_up_at: float) -> None:
    """Draw bit by bit, PDFium asking in between whether to pause: the one way to end what takes too long."""
    pause = pypdfium2.raw.IFSDK_PAUSE(version=1)
    pypdfium2.internal.set_callback(pause, "NeedToPauseNow", lambda _: time.monotonic() > give_up_at)
    flags = pypdfium2.raw.FPDF_ANNOT | pypdfium2.raw.FPDF_REVERSE_BYTE_ORDER
    size = (0, 0, bitmap.width, bitmap.height)
    status = pypdfium2.raw.FPDF_RenderPageBitmap_Start(bitmap, page, *size, 0, flags, pause)
    try:
        if status == pypdfium2.raw.FPDF_RENDER_TOBECONTINUED:
            raise NoTimeLeftError
        if status != pypdfium2.raw.FPDF_RENDER_DONE:
            raise MediaError("broken", "PDFium cannot draw the page")
    finally:
        pypdfium2.raw.FPDF_RenderPage_Close(page)


def _printable(line: str) -> list[str]:
    return [character if character.isprintable() else " " for character in line]
