"""What a file is, among all that we take, by its bytes alone: names and declared types lie."""

from dataclasses import dataclass
from typing import Final, Literal

from damsight_encoders.decode.sniff import sniff
from damsight_encoders.decode.sniff_film import sniff_film, sniff_iso
from damsight_encoders.decode.sniff_raw import sniff_raw
from damsight_encoders.decode.sniff_sound import sniff_sound
from damsight_encoders.decode.sniff_vector import sniff_vector

Family = Literal["still", "heif", "raw", "photoshop", "vector", "document", "film", "sound"]
"""What one decoder decodes."""

_PDF_WITHIN: Final = 1024


@dataclass(frozen=True)
class Kind:
    """What a file is.

    Attributes:
        family: Which decoder takes it.
        name: The format, in capitals, for example "HEIC".
    """

    family: Family
    name: str


def kind_of(data: bytes) -> Kind | None:
    """Return what the bytes begin as, or None where it is nothing that we take."""
    raw = sniff_raw(data)
    if raw:
        return Kind("raw", raw)
    still = sniff(data)
    if still:
        return Kind("still", still)
    if data.startswith(b"8BPS"):
        return Kind("photoshop", "PSB" if data[4:6] == b"\x00\x02" else "PSD")
    contained = sniff_iso(data) or sniff_film(data)
    if contained:
        return Kind(*contained)
    return _other(data)


def _other(data: bytes) -> Kind | None:
    sound = sniff_sound(data)
    if sound:
        return Kind("sound", sound)
    vector = sniff_vector(data)
    if vector:
        return Kind("vector", vector)
    # ISO 32000-1, annex H.3.4.1: readers take a header anywhere within the first 1,024 bytes.
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return Kind("document", "PDF")
    return None
