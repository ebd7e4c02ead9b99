"""PDF: its pages as pictures, and its words, by PDFium."""

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Final

import pypdfium2

from damsight_encoders.content import Content, Part, Picture, Position
from damsight_encoders.decode.document_page import NoTimeLeftError, draw_page, read_words
from damsight_encoders.errors import MediaError
from damsight_schemas.asset import MAX_TEXT_CHARACTERS
from damsight_schemas.connections import EncodingLimits

# PDFium is not safe between threads, not even with one document each.
_ONE_AT_A_TIME: Final = threading.Lock()
_WRONG_PASSWORD: Final = 4  # FPDF_ERR_PASSWORD
_UNKNOWN_SECURITY: Final = 5  # FPDF_ERR_SECURITY
_WHAT_TO_DO: Final = "replace the file in the media library and publish it again"


def decode_document(data: bytes, limits: EncodingLimits, *, at_least: int) -> Content:
    """Draw the first pages on white, their shorter side as long as asked for, and read their words.

    PDFium loads nothing that a document names outside itself, and runs no script. A page that cannot be drawn leaves
    the others; pages that the time does not suffice for are left out.

    Raises:
        MediaError: It is damaged, encrypted, without a page that can be drawn, or none was drawn in time.
    """
    give_up_at = time.monotonic() + limits.max_decode_s
    parts: list[Part] = []
    words: list[str] = []
    late = False
    with _opened(data) as document:
        with _ONE_AT_A_TIME:
            count = len(document)
        for index in range(min(count, limits.max_pages)):
            try:
                with _ONE_AT_A_TIME:
                    picture, text = _page(document, index, limits, at_least, give_up_at)
            except NoTimeLeftError:
                late = True
                break
            except (pypdfium2.PdfiumError, MediaError, ValueError, MemoryError):
                continue
            parts.append(Part(Position("page", index + 1), picture))
            words.append(text)
    if not parts:
        raise _nothing_drawn(count, limits, late=late)
    return Content(
        cover=parts[0].picture,
        parts=tuple(parts) if count > 1 else (),
        words="\n".join(text for text in words if text)[:MAX_TEXT_CHARACTERS],
        pages=count,
    )


@contextlib.contextmanager
def _opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    try:
        with _ONE_AT_A_TIME:
            document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in (_WRONG_PASSWORD, _UNKNOWN_SECURITY):
            raise MediaError(
                "encrypted", "the PDF is encrypted and wants a password; publish it again without one"
            ) from error
        cut_off = b"%%EOF" not in data[-2048:]
        raise MediaError(
            "truncated" if cut_off else "broken",
            f"the PDF {'ends too early' if cut_off else 'cannot be opened'} ({error}); {_WHAT_TO_DO}",
        ) from error
    try:
        yield document
    finally:
        with _ONE_AT_A_TIME:
            document.close()


def _page(
    document: pypdfium2.PdfDocument, index: int, limits: EncodingLimits, at_least: int, give_up_at: float
) -> tuple[Picture, str]:
    if time.monotonic() > give_up_at:
        raise NoTimeLeftError
    page = document[index]
    try:
        return draw_page(page, limits, at_least=at_least, give_up_at=give_up_at), read_words(page)
    finally:
        page.close()


def _nothing_drawn(count: int, limits: EncodingLimits, *, late: bool) -> MediaError:
    if late:
        return MediaError(
            "too_complex",
            f"no page of the PDF was drawn within {limits.max_decode_s:g} s; raise the encoding limit max_decode_s if "
            f"that is wanted",
        )
    if count == 0:
        return MediaError("broken", f"the PDF has no page; {_WHAT_TO_DO}")
    return MediaError("broken", f"none of the first {min(count, limits.max_pages)} pages can be drawn; {_WHAT_TO_DO}")
