"""One small whole file of each kind that FileDecoder takes, and of what refers elsewhere."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

from drivers.traps import Traps
from examples.films import film, scene, sound, tone
from examples.photographs import photograph
from examples.references import concat, dash, external_track, hls, svg
from fakes.pdf_files import Page, filled, pdf, words
from fakes.photoshop_files import photoshop
from fakes.raw_files import dng

_DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><defs><linearGradient id="a"><stop offset="0"'
    b' stop-color="red"/><stop offset="1" stop-color="blue"/></linearGradient></defs><rect width="20" height="20"'
    b' fill="url(#a)"/><path d="M0 0 C 5 5 10 0 20 20 z"/><text x="3" y="9">Harbour</text></svg>'
)


def corpus(traps: Traps) -> dict[str, bytes]:
    """Return files by name; none is larger than some tens of kilobytes."""
    pictures = [Image.fromarray(photograph(64, 48, seed)) for seed in range(3)]
    return {
        **_stills(pictures),
        **_sounds(_saved(pictures[0], "JPEG")),
        **_films(),
        **_others(pictures),
        **_references(traps),
    }


def _stills(pictures: list[Image.Image]) -> dict[str, bytes]:
    first, rest = pictures[0], pictures[1:]
    transparent = first.copy()
    transparent.putalpha(128)
    saved: dict[str, tuple[Image.Image, str, dict[str, Any]]] = {
        "jpeg": (first, "JPEG", {}),
        "progressive jpeg": (first, "JPEG", {"progressive": True}),
        "cmyk jpeg": (first.convert("CMYK"), "JPEG", {}),
        "png": (transparent, "PNG", {}),
        "webp": (transparent, "WEBP", {}),
        "moving webp": (first, "WEBP", {"save_all": True, "append_images": rest}),
        "gif": (first, "GIF", {"save_all": True, "append_images": rest}),
        "tiff": (first, "TIFF", {"compression": "tiff_lzw", "save_all": True, "append_images": rest}),
        "jpeg tiff": (first, "TIFF", {"compression": "jpeg"}),
        "fax tiff": (first.convert("1"), "TIFF", {"compression": "group4"}),
        "bmp": (first, "BMP", {}),
        "avif": (first, "AVIF", {}),
        "jpeg 2000": (first, "JPEG2000", {}),
    }
    files = {name: _saved(image, kind, **options) for name, (image, kind, options) in saved.items()}
    stream = io.BytesIO()
    pillow_heif.from_pillow(first).save(stream)
    return {**files, "heic": stream.getvalue()}


def _films() -> dict[str, bytes]:
    scenes = [scene(0), scene(1)]
    short = {"frames_a_scene": 4}
    made: dict[str, Callable[[], bytes]] = {
        "h264 mp4": lambda: film(scenes, sound="aac", **short),
        "h264 mov, fragments": lambda: film(
            scenes, container="mov", container_options={"movflags": "frag_keyframe+empty_moov"}, **short
        ),
        "vp9 webm": lambda: film(scenes, container="webm", codec="libvpx-vp9", sound="libopus", **short),
        "vp8 webm": lambda: film(scenes, container="webm", codec="libvpx", **short),
        "ffv1 mkv": lambda: film(scenes, container="matroska", codec="ffv1", sound="flac", **short),
        "mpeg4 avi": lambda: film(scenes, container="avi", codec="mpeg4", sound="libmp3lame", **short),
        "mjpeg avi": lambda: film(scenes, container="avi", codec="mjpeg", pixel_format="yuvj420p", **short),
        "mpeg2 ts": lambda: film(scenes, container="mpegts", codec="mpeg2video", rate=25, sound="mp2", **short),
        "mpeg2 ps": lambda: film(scenes, container="mpeg", codec="mpeg2video", rate=25, **short),
        "mpeg2 mxf": lambda: film(scenes, container="mxf", codec="mpeg2video", rate=25, **short),
        "h264 flv": lambda: film(scenes, container="flv", sound="aac", **short),
        "wmv asf": lambda: film(scenes, container="asf", codec="wmv2", **short),
        "prores mov": lambda: film(scenes, container="mov", codec="prores_ks", pixel_format="yuv422p10le", **short),
    }
    return {name: make() for name, make in made.items()}


def _sounds(cover: bytes) -> dict[str, bytes]:
    made = {
        "wav": ("wav", "pcm_s16le", 8000, None),
        "float wav": ("wav", "pcm_f32le", 8000, None),
        "mp3": ("mp3", "libmp3lame", 44100, cover),
        "flac": ("flac", "flac", 44100, cover),
        "opus": ("ogg", "libopus", 48000, None),
        "adts": ("adts", "aac", 44100, None),
        "m4a": ("ipod", "aac", 44100, None),
        "alac": ("ipod", "alac", 44100, None),
        "aiff": ("aiff", "pcm_s16be", 8000, None),
        "caf": ("caf", "pcm_s16be", 8000, None),
        "ac3 mka": ("matroska", "ac3", 48000, None),
    }
    return {
        name: sound(np.stack([tone(0.4, rate=rate)] * 2), container=container, codec=codec, rate=rate, cover=art)
        for name, (container, codec, rate, art) in made.items()
    }


def _others(pictures: list[Image.Image]) -> dict[str, bytes]:
    planes = [np.asarray(pictures[0])[:, :, channel] for channel in range(3)]
    return {
        "psd": photoshop(planes, "rgb"),
        "psb": photoshop(planes, "rgb", large=True, runs=False),
        "dng": dng(),
        "svg": _DRAWING,
        "pdf": _saved(pictures[0], "PDF", save_all=True, append_images=pictures[1:]),
        "pdf of words": pdf([Page(words("Harbour")), Page(filled("1 0 0", (0, 0, 90, 90)))]),
    }


def _references(traps: Traps) -> dict[str, bytes]:
    path = str(traps.path)
    inside = film([scene(0)], container="mov", frames_a_scene=4)
    return {
        "hls to a file": hls(path),
        "hls to a server": hls(traps.url),
        "dash": dash(traps.url),
        "concat": concat(path),
        "svg that refers": svg(traps.url),
        "mov that refers": external_track(inside, path),
    }


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()
