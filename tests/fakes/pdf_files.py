"""PDF files made by hand (ISO 32000-1)."""

import hashlib
from dataclasses import dataclass, field

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_PERMISSIONS = -44
_ID = b"0123456789abcdef"


@dataclass
class Page:
    """A page: what it draws, in PDF's own operators, and its size in points."""

    drawing: bytes = b""
    size: tuple[float, float] = (200, 100)
    more: bytes = b""
    resources: bytes = field(default=b"/Font << /F 4 0 R >>")


def words(text: str, *, at: tuple[int, int] = (20, 40)) -> bytes:
    """Draw a line of text."""
    return f"BT /F 20 Tf {at[0]} {at[1]} Td ({text}) Tj ET\n".encode()


def filled(colour: str, box: tuple[float, float, float, float]) -> bytes:
    """Fill a box: left, bottom, width, height in points, with "red green blue" from 0 to 1."""
    return f"{colour} rg {' '.join(f'{number:g}' for number in box)} re f 0 0 0 rg\n".encode()


def pdf(
    pages: list[Page], *, password: str | None = None, catalogue: bytes = b"", objects: list[bytes] | None = None
) -> bytes:
    """A PDF; with a password, encrypted by RC4 of 40 bits. Objects beyond the pages' are numbered from 100."""
    found = {
        1: b"<< /Type /Catalog /Pages 2 0 R " + catalogue + b">>",
        2: b"<< /Type /Pages /Count %d /Kids [%s] >>"
        % (len(pages), b" ".join(b"%d 0 R" % (10 + 2 * index) for index in range(len(pages)))),
        4: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    owner = _rc4(hashlib.md5(_padded("owner")).digest()[:5], _padded(password or ""))  # noqa: S324 - as PDF says
    key = hashlib.md5(  # noqa: S324 - as PDF says
        _padded(password or "") + owner + _PERMISSIONS.to_bytes(4, "little", signed=True) + _ID
    ).digest()[:5]
    for index, page in enumerate(pages):
        number = 10 + 2 * index
        found[number] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %f %f] /Contents %d 0 R /Resources << %s >> %s >>"
            % (*page.size, number + 1, page.resources, page.more)
        )
        drawing = page.drawing
        if password is not None:
            one = hashlib.md5(key + (number + 1).to_bytes(3, "little") + bytes(2)).digest()[:10]  # noqa: S324
            drawing = _rc4(one, drawing)
        found[number + 1] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing)
    found.update(enumerate(objects or [], start=100))
    trailer = b"/ID [<%s> <%s>]" % (_ID.hex().encode(), _ID.hex().encode())
    if password is not None:
        trailer += b" /Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P %d >>" % (
            owner.hex().encode(),
            _rc4(key, _PADDING).hex().encode(),
            _PERMISSIONS,
        )
    return _written(found, trailer)


def _written(objects: dict[int, bytes], trailer: bytes) -> bytes:
    file = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, body in sorted(objects.items()):
        places[number] = len(file)
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(file)
    file += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        file += b"%d 1\n%010d 00000 n \n" % (number, place)
    size = max(places) + 1
    return bytes(file) + b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, table)


def _padded(password: str) -> bytes:
    return (password.encode() + _PADDING)[:32]


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    other = 0
    for place in range(256):
        other = (other + state[place] + key[place % len(key)]) % 256
        state[place], state[other] = state[other], state[place]
    out, first, second = bytearray(), 0, 0
    for byte in data:
        first = (first + 1) % 256
        second = (second + state[first]) % 256
        state[first], state[second] = state[second], state[first]
        out.append(byte ^ state[(state[first] + state[second]) % 256])
    return bytes(out)
