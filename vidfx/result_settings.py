"""The settings that say what a run reads, finds and writes."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from vidfx.hide_settings import HideSettings
from vidfx.look_settings import LookSettings
from vidfx.notation import count_or_auto, seconds
from vidfx.setting import Name, Option, Seconds
from vidfx_engines.validation import Share

EncoderName = Literal["auto", "x264", "nvenc"]
Preset = Literal[
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"
]  # fmt: skip
Read = Literal["auto", "every"]


@dataclass(frozen=True)
class ResultSettings(HideSettings, LookSettings):
    """Of the input, what to find and what to write."""

    detector: Annotated[
        Name,
        Option(
            "Face detector: embedded, centerface, an ONNX file (SCRFD with landmarks, YuNet, "
            "CenterFace) or an insightface pack such as buffalo_s.",
            "`embedded` is our detector; CenterFace checks its faces every 2.5 s, and where a face "
            "is in doubt. `centerface` uses CenterFace alone, which takes three times as long. "
            "insightface downloads its packs; their licence is non-commercial.",
            decides="files",
        ),
    ] = "embedded"
    detector_size: Annotated[
        int,
        Meta(ge=64, le=4096),
        Option(
            "Long side in pixels of the detector's input.",
            "Larger values find smaller faces; the time grows with the square of the value.",
        ),
    ] = 640
    thorough: Annotated[
        bool,
        Option(
            "Detect with CenterFace alone, in a picture 1.5 times as large as --detector-size.",
            "For crowds, and for faces of 10 to 20 px: about six times the time for detection. "
            "Without it, a face that only CenterFace sees is found up to 2.5 s late if it enters "
            "in the middle of a shot. With another `--detector`, that one gets the larger picture.",
        ),
    ] = False
    detector_threshold: Annotated[
        Annotated[float, Meta(ge=0.05, le=1)] | None,
        Option(
            "Minimum score of a face.",
            "A track is shown once it is confirmed: by one detection of 0.75, two with a mean of "
            "0.65, five at this score, or one on every frame of a shot shorter than that. With the "
            "default detector, CenterFace must have found it too.",
            default="the detector's own, 0.5 for the included ones",
        ),
    ] = None
    every: Annotated[
        int,
        Meta(ge=0, le=100),
        Option(
            "Detect faces on every Nth frame.",
            "Faces are also detected at cuts; boxes between are interpolated. The default is the "
            "first frame in each fifth of a second, whatever the frame rate.",
            default="auto, 5 times a second",
            read=count_or_auto,
        ),
    ] = 0
    read: Annotated[
        Read,
        Option(
            "Which detected faces are classified: auto (some a second of each track) or every one.",
            "With `--every 1` as well, each face is classified on each frame. Differences: "
            "[benchmarks.md](benchmarks.md).",
        ),
    ] = "auto"
    recognition: Annotated[
        Name,
        Option("Recognition ENGINE (a file or the folder of a training) or none.", decides="files"),
    ] = "none"
    emotion: Annotated[
        Name,
        Option(
            "Expression ENGINE (a file or the folder of a training), embedded, embedded-8 or none.",
            decides="files",
        ),
    ] = "embedded"
    people: Annotated[
        Name,
        Option(
            "GALLERY of people to name (vidfx people add), or none.",
            "A name of the gallery counts more than one of `--recognition`. `other` is nobody of "
            "it, `unknown` perhaps somebody. Videos are then drawn in a second pass.",
            decides="files",
        ),
    ] = "none"
    target_far: Annotated[
        Annotated[float, Meta(gt=0, le=0.5)],
        Option(
            "Share of strangers who may get a name of the gallery.",
            "Thresholds are set for it, by the size of the gallery.",
        ),
    ] = 0.001
    embedding_engine: Annotated[
        Name,
        Option(
            "ENGINE of embeddings: auto, dlib-face, an insightface pack or a file.",
            default="auto, the gallery's own or dlib-face",
            decides="files",
        ),
    ] = "auto"
    embeddings: Annotated[
        bool,
        Option(
            "Keep the embeddings of each track, to name people later.",
            "They are biometric data, in NAME.embeddings.npz, for `vidfx people identify` and "
            "`vidfx people group`. Of photographs none are kept.",
            group="What to write",
        ),
    ] = False
    min_confidence: Annotated[
        Share | None,
        Option(
            "Minimum smoothed probability of an expression; below it `emotion` is empty.",
            "An expression that is shown is kept until its probability is 0.05 lower. At 0.5 it is "
            "more likely than all others together. The `p_` columns always have the "
            "probabilities; with 0 there is always an expression.",
            default="the engine's own (0.64 for the included one), else 0.5",
        ),
    ] = None
    min_quality: Annotated[
        Share,
        Option(
            "Minimum quality of a face, as in the CSV; below it `emotion` is empty.",
            "The quality is smoothed over the track. Such faces do not count for names either.",
        ),
    ] = 0.05
    min_face: Annotated[
        Annotated[float, Meta(ge=0, le=10_000)] | None,
        Option(
            "Minimum shorter side of a face in pixels; below it `emotion` is empty.",
            "Such faces do not count for identities either.",
            default="the engine's own (20 for the included one)",
        ),
    ] = None
    messages: Annotated[
        Name,
        Option(
            "Texts by expression: default, none, or a TOML or JSON FILE.",
            'A line of it: `happy = "Keep smiling!!"`.',
            decides="files",
            group="What to write",
        ),
    ] = "default"
    start: Annotated[
        Seconds | None,
        Option(
            "Start at this playback time: seconds or [HH:]MM:SS[.mmm].", read=seconds, group="Input"
        ),
    ] = None
    end: Annotated[
        Seconds | None,
        Option(
            "End before this playback time: seconds or [HH:]MM:SS[.mmm].",
            read=seconds,
            group="Input",
        ),
    ] = None
    sequence: Annotated[
        bool | None,
        Option(
            "Whether the pictures of a folder are the frames of one video.",
            "By default they are if they are numbered like frames; otherwise each is a photograph.",
            default="by their names",
            decides="run",
        ),
    ] = None
    file_column: Annotated[
        bool,
        Option(
            "Begin each row of the CSVs with the name of its input.",
            "The files of several inputs can then be concatenated.",
            group="What to write",
        ),
    ] = False
    video: Annotated[
        bool, Option("Write the annotated video, or only CSVs and summary.", group="What to write")
    ] = True
    crf: Annotated[
        int,
        Meta(ge=0, le=51),
        Option(
            "Quality of the video, 0 (lossless) to 51; 18 to 28 is usual.",
            decides="video",
            group="What to write",
        ),
    ] = 23
    preset: Annotated[
        Preset,
        Option(
            "x264 preset, from ultrafast to veryslow: speed against size.",
            decides="video",
            group="What to write",
        ),
    ] = "veryfast"
    encoder: Annotated[
        EncoderName,
        Option(
            "What encodes the video: auto, x264 or nvenc.",
            "`auto` uses NVENC if the engines run on a GPU that has it.",
            decides="video",
            group="What to write",
        ),
    ] = "auto"
    overwrite: Annotated[
        bool,
        Option(
            "Replace results that were made with other settings.",
            decides="run",
            group="What to write",
        ),
    ] = False
