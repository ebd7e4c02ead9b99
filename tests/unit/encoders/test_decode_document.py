"""A PDF gives its pages as pictures and its words; what is wrong with one page or with all has a reason."""

import threading
import time

import numpy as np
import pypdfium2
import pytest

from damsight_encoders.content import Content
from damsight_encoders.decode import FileDecoder
from damsight_encoders.decode.document_page import NoTimeLeftError, draw_page
from damsight_encoders.errors import MediaError
from damsight_schemas.asset import MAX_TEXT_CHARACTERS
from damsight_schemas.connections import EncodingLimits
from fakes.pdf_files import Page, filled, pdf, words

RED_HALF = filled("1 0 0", (0, 0, 100, 100))


def decoded(data: bytes, limits: EncodingLimits | None = None, at_least: int = 60) -> Content:
    return FileDecoder(limits).decode_media(data, at_least=at_least)


def refused(data: bytes, limits: EncodingLimits | None = None) -> MediaError:
    with pytest.raises(MediaError) as caught:
        FileDecoder(limits).decode_media(data, at_least=60)
    return caught.value


def test_a_page_is_drawn_on_white() -> None:
    """One page: a cover of the size asked for, no parts, its words, and that it is one."""
    content = decoded(pdf([Page(RED_HALF + words("Hello there"))]))
    assert content.cover is not None
    assert (content.cover.media_format, content.cover.pixels.shape) == ("PDF", (60, 120, 3))
    np.testing.assert_array_equal(content.cover.pixels[5, [20, 100]], [(255, 0, 0), (255, 255, 255)])
    assert (content.parts, content.words, content.pages) == ((), "Hello there", 1)


def test_pages_come_in_order_as_many_as_wanted() -> None:
    """Of five pages two are looked at, and five are told; the older door draws the first alone."""
    data = pdf([Page(words(f"Page {number}"), (100 + number, 200)) for number in range(1, 6)])
    content = decoded(data, EncodingLimits(max_pages=2))
    assert [(part.position.kind, part.position.number) for part in content.parts] == [("page", 1), ("page", 2)]
    assert content.cover is content.parts[0].picture
    assert (content.words, content.pages) == ("Page 1\nPage 2", 5)
    assert FileDecoder().decode(data, at_least=60).original_size == (101, 200)


def test_a_page_is_upright_and_cropped() -> None:
    """A page that is to be turned a quarter is, and one with a crop box shows that box."""
    turned = decoded(pdf([Page(filled("1 0 0", (0, 0, 200, 50)), more=b"/Rotate 90")])).cover
    cropped = decoded(pdf([Page(RED_HALF, more=b"/CropBox [50 0 150 50]")])).cover
    assert turned is not None
    assert cropped is not None
    assert turned.pixels.shape == (120, 60, 3)
    assert turned.pixels[60, [5, 55]].tolist() == [[255, 0, 0], [255, 255, 255]]
    assert cropped.original_size == (120, 60)
    assert cropped.pixels[30, [10, 110]].tolist() == [[255, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize(("size", "shape"), [((1e7, 1e7), (60, 60, 3)), ((14_400, 1), (2, 30_000, 3))])
def test_the_size_of_a_page_is_bounded(size: tuple[float, float], shape: tuple[int, ...]) -> None:
    """A page of kilometres, and one as thin as a line, cost no more than was asked for."""
    cover = decoded(pdf([Page(size=size)])).cover
    assert cover is not None
    assert cover.pixels.shape == shape


def test_a_page_that_cannot_be_drawn_leaves_the_others() -> None:
    """The second of three pages is none: the first and the third are there, under their own numbers."""
    data = pdf([Page(words("One")), Page(words("Two")), Page(words("Three"))])
    broken = data.replace(b"12 0 obj\n<< /Type /Page", b"12 0 obj\n<< /Typo /Page").replace(
        b"/Kids [10 0 R 12 0 R", b"/Kids [10 0 R 99 0 R"
    )
    content = decoded(broken)
    assert [part.position.number for part in content.parts] == [1, 3]
    assert (content.words, content.pages) == ("One\nThree", 3)


def test_an_encrypted_document_is_named_so() -> None:
    """One that wants a password is refused; one that is encrypted and opens without is read."""
    secret = refused(pdf([Page(words("Secret"))], password=RED_HALF.decode()))
    assert secret.reason == "encrypted"
    assert "without one" in str(secret)
    assert decoded(pdf([Page(words("Open"))], password="")).words == "Open"


def test_words_are_whole_lines_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines stay lines, control characters go, and the whole is cut where documents are."""
    page = Page(words("First", at=(20, 60)) + words("Sec\\001ond", at=(20, 20)))
    assert [line.split() for line in decoded(pdf([page])).words.splitlines()] == [["First"], ["Sec", "ond"]]
    long = Page(b"BT /F 1 Tf 1 50 Td " + b"(word word word word word) Tj " * 9000 + b"ET")
    assert len(decoded(pdf([long])).words) == MAX_TEXT_CHARACTERS


def test_time_ends_a_document() -> None:
    """A page is left in the midst of its drawing when the time is over; where that is the first, the reason says so."""
    data = pdf([Page(filled("0 1 0", (0, 0, 200, 100)) * 20_000)])
    document = pypdfium2.PdfDocument(data)
    page = document[0]
    with pytest.raises(NoTimeLeftError):
        draw_page(page, EncodingLimits(), at_least=60, give_up_at=time.monotonic())
    page.close()
    document.close()
    assert refused(data, EncodingLimits(max_decode_s=0.001)).reason == "too_complex"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pdf([Page(RED_HALF)])[:100], "truncated"),
        (b"%PDF-1.7\nnothing of the kind\n%%EOF\n", "broken"),
        (pdf([]), "broken"),
        (pdf([Page(size=(0, 0), more=b"/MediaBox [0 0 0 0]")]), ""),
    ],
    ids=["truncated", "rubbish", "no page", "no size"],
)
def test_a_damaged_document_is_refused(data: bytes, reason: str) -> None:
    """Cut off, rubbish and empty each have their reason; a page without a size is drawn in PDF's default one."""
    if reason:
        assert refused(data).reason == reason
    else:
        assert decoded(data).pages == 1


def test_many_threads_read_documents() -> None:
    """PDFium knows one thread: eight that decode at once take turns, each with what it would get alone."""
    files = [
        pdf([Page(filled(f"0 0 {number / 8}", (0, 0, 200, 100)) + words(f"No {number}"))] * 3) for number in range(8)
    ]
    alone = [decoded(data) for data in files]
    found: list[tuple[str, bool]] = []

    def decode(number: int) -> None:
        for _ in range(5):
            content = decoded(files[number])
            same = all(
                np.array_equal(one.picture.pixels, other.picture.pixels)
                for one, other in zip(content.parts, alone[number].parts, strict=True)
            )
            found.append((content.words, same))

    threads = [threading.Thread(target=decode, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    expected = sorted((content.words, True) for content in alone for _ in range(5))
    assert sorted(found) == expected
