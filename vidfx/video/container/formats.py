"""The formats that are opened: those that are media in themselves, by FFmpeg's names.

None of them follows what it says to other files or addresses, as playlists (hls, dash, concat,
imf), descriptions of streams (sdp, rtsp), patterns of names (image2), devices (lavfi, v4l2),
subtitles with a picture file beside them (vobsub) and recordings in several files (mlv) do; and
none takes any text for media (tty, rawvideo).
"""

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
"one, or one after the other"
_SOUNDS = "mp3 aac wav flac ac3 eac3 aiff amr ape caf dts"
"without video, and it is better to say so than that they are not media"

FORMATS = ",".join(" ".join((_FILES, _STREAMS, _CAMERAS, _DISCS, _PICTURES, _SOUNDS)).split())
"as FFmpeg's format_whitelist takes it"
CONVERT = "convert it, for example with: ffmpeg -i INPUT -c:v libx264 OUTPUT.mp4"
