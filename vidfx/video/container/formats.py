"""Container formats, by FFmpeg's names: which are opened, and what timestamps they store.

A format is opened if it is media in itself. Formats that refer to other files or addresses are not:
playlists (hls, dash, concat, imf), session descriptions (sdp, rtsp), file name patterns (image2),
devices (lavfi, v4l2), subtitles with a picture file beside them (vobsub) and recordings in several
files (mlv). Nor are those that take any text for media (tty, rawvideo).
"""

from __future__ import annotations

from av.format import ContainerFormat

_FILES = "mov matroska webm avi mpegts mpeg flv asf ogg mxf nut rm ivr gif apng wtv nsv swf"
_STREAMS = (
    "mpegvideo m4v h261 h263 h264 hevc vvc evc av1 obu ivf cavsvideo avs2 avs3 dirac dnxhd vc1 "
    "vc1test apv mjpeg mpjpeg mjpeg_2000 yuv4mpegpipe"
)
_CAMERAS = (
    "dv dhav luodat ifv iv8 hxvs ingenient siff msnwctcp smjpeg lmlm4 mgsts cine gxf lxf "
    "pva ty nuv mtv pmp vivo"
)
"of cameras, recorders, telephones and studios"
_DISCS = "bink smk roq flic film_cpk thp mods moflex psxstr xmv rl2 bfi vmd"
"of games and players"
_PICTURES = (
    "jpeg_pipe png_pipe webp_pipe bmp_pipe tiff_pipe jpegls_pipe jpegxl_pipe jpegxl_anim "
    "jpegxs_pipe j2k_pipe pgm_pipe ppm_pipe pam_pipe qoi_pipe dpx_pipe exr_pipe hdr_pipe "
    "sgi_pipe sunrast_pipe gif_pipe"
)
"one picture, or several in a row"
_SOUNDS = "mp3 aac wav flac ac3 eac3 aiff amr ape caf dts"
"opened so that the error is 'no video in it' instead of 'not media'"

FORMATS = ",".join(" ".join((_FILES, _STREAMS, _CAMERAS, _DISCS, _PICTURES, _SOUNDS)).split())
"as FFmpeg's format_whitelist takes it"

MEDIA_HINT = "give a video file, a picture, or a folder of pictures"
CONVERT_HINT = "convert it, for example with: ffmpeg -i INPUT -c:v libx264 OUTPUT.mp4"

_NO_TIMESTAMPS, _DISCONTINUOUS = 0x80, 0x200
"AVFMT_NOTIMESTAMPS and AVFMT_TS_DISCONT of AVInputFormat.flags"


def is_raw(format_: ContainerFormat) -> bool:
    """Whether a format stores a raw stream: pictures in a row, without timestamps."""
    return bool(format_.flags & _NO_TIMESTAMPS)


def stores_dts_only(format_: ContainerFormat) -> bool:
    """AVI stores no PTS: frames are shown at the DTS, in order."""
    return format_.name == "avi"


def may_be_discontinuous(format_: ContainerFormat) -> bool:
    """Whether timestamps are those of a recorder's clock, which may be set at any time."""
    return format_.name == "flv" or bool(format_.flags & _DISCONTINUOUS and not is_raw(format_))
