"""What a file is, by its bytes and its suffix."""

from pathlib import PurePath

import pytest

from damsight_publisher.media_type import media_type


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("a.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.png", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("no-suffix", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("a.jpg", b"<html>", "image/jpeg"),
        ("a.jpg", b"", "image/jpeg"),
        ("a.JPG", b"", "image/jpeg"),
        ("a.webp", b"RIFF\0\0\0\0WEBP", "image/webp"),
        ("a.wav", b"RIFF\0\0\0\0WAVE", "audio/wav"),
        ("a", b"\0\0\0\x20ftypavif", "image/avif"),
        ("a", b"\0\0\0\x20ftypisom", "video/mp4"),
        ("a.m4v", b"\0\0\0\x20ftypisom", "video/mp4"),
        ("a.tif", b"II*\0", "image/tiff"),
        ("a.nef", b"MM\0*", "image/x-nikon-nef"),
        ("scan", b"\0" * 128 + b"DICM", "application/dicom"),
        ("a.pdf", b"%PDF-1.7", "application/pdf"),
        ("a.docx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.zip", b"PK\x03\x04", None),
        ("a.py", b"import os", None),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0", None),
        ("a.xmp", b"<x:xmpmeta", None),
    ],
)
def test_media_type(name: str, head: bytes, expected: str | None) -> None:
    """Bytes tell first, then the suffix; what neither tells is no media."""
    assert media_type(PurePath(name), head) == expected
