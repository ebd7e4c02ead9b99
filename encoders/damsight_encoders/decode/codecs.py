"""Which of FFmpeg's formats and decoders are let near a file: what people keep, and what is fuzzed by others for years.

FFmpeg knows some 350 formats and 550 decoders, those of playlists and of forgotten games among them.
"""

from typing import Final

FORMATS: Final = (
    "mov",
    "matroska",
    "webm",
    "avi",
    "flv",
    "asf",
    "mpegts",
    "mpeg",
    "mpegvideo",
    "m4v",
    "mxf",
    "ogg",
    "wav",
    "w64",
    "aiff",
    "caf",
    "mp3",
    "aac",
    "flac",
    "ac3",
    "eac3",
    "amr",
    "au",
)
"""Names of demuxers. No playlist (hls, dash, concat) and nothing else that leads to other files."""

_FILM: Final = (
    "h264 hevc vvc libdav1d libaom-av1 av1 vp8 vp9 mpeg1video mpeg2video mpeg4 msmpeg4v1 msmpeg4v2 msmpeg4 wmv1 wmv2 "
    "wmv3 vc1 h263 flv theora vp6 vp6f vp6a mjpeg jpeg2000 png prores dnxhd cfhd dvvideo ffv1 huffyuv ffvhuff utvideo "
    "rawvideo v210 qtrle svq1 svq3 cinepak"
)
_SOUND: Final = (
    "aac aac_latm ac3 eac3 mp1float mp2float mp3float mp1 mp2 mp3 alac flac opus libopus vorbis wmav1 wmav2 wmapro "
    "wmalossless amrnb amrwb dca truehd mlp adpcm_ms adpcm_ima_wav adpcm_ima_qt gsm gsm_ms speex pcm_alaw pcm_mulaw "
    "pcm_bluray pcm_dvd pcm_f32be pcm_f32le pcm_f64be pcm_f64le pcm_s16be pcm_s16be_planar pcm_s16le pcm_s16le_planar "
    "pcm_s24be pcm_s24le pcm_s24le_planar pcm_s32be pcm_s32le pcm_s32le_planar pcm_s8 pcm_s8_planar pcm_u8"
)
CODECS: Final = (*_FILM.split(), *_SOUND.split())
"""Names of decoders."""
