"""Demo videos with sound: eight synthetic classes in four pairs, designed so that the right answer is known.

| pair | differs in | so it takes |
|---|---|---|
| plain disc, striped disc | the appearance of what wanders about | one frame |
| moves left, moves right | the direction of a motion | the order of the frames |
| turns clockwise, anticlockwise | the direction of a turn | the order of the frames |
| low bell, high bell | the pitch of a bell; a lamp lights up with it | the sound |

*Directions.* What moves leaves at one edge and enters at the other, and may begin anywhere, so that no frame betrays
where it goes. A clip of one direction has exactly the frames of a clip of the other in reverse order: one frame, or any
average over frames that does not know their order, gives both the same answer and is right half of the time. The scene
is lit from the left, so that a network that forgets places can still tell by brightness how far the motion has come.

*Bells.* Pictures of both are the same to the last pixel. The sound of the other six classes is drawn from one
distribution and tells nothing but that it is no bell.

*Sources.* Colours, background, brightness, size, speed, noise and pitch are drawn for each of 48 sources, and every
class is made with every source: none of these says anything of the class. Group = source; a fold tests twelve sources
that were never trained on.

So of an ideal network: single frame or average 5/8 = 62.5 %, with the order of the frames 7/8 = 87.5 %, sound alone
2/8 + 6/8 · 1/6 = 37.5 %, sight with order and sound together 100 %. Mirroring pictures swaps left and right: keep
`video_augmentation.flip` off.
"""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from core.control import Control
from core.datasets.base import Dataset, Modality, Report
from core.datasets.demo_scenes import CLASSES, FPS, RATE, VERSION, clip_pictures, clip_sound
from core.datasets.synthetic import Cut, make_missing

FOLDS = 4
SOURCES = 48
CUTS = 1  # clips of a class and a source
LICENCE = "Synthetic: these videos were computed by Sensorium and are in the public domain (CC0)."
NOTE = (
    "All videos are synthetic, and scores on them say nothing about real ones: the discs differ in appearance, "
    "the moves and the turns only in direction (the same frames in reverse order), the bells only in sound."
)


def open_demo_videos(root: Path, control: Control, report: Report | None = None) -> Dataset:
    """Open the demo videos below `root`, and make what is missing or of another version first (some seconds).

    Raises:
        UserError: the folder cannot be written to, or the disk is full.
        Cancelled: `control` was cancelled; the next call makes the videos.
    """
    cuts = _cuts()
    about = {"version": VERSION, "licence": LICENCE, "fps": FPS, "rate": RATE, "classes": list(CLASSES)}
    make_missing(root, about, cuts, _film, control, report)
    return Dataset(
        name="demo-videos",
        title="Demo videos (synthetic)",
        root=root,
        classes=CLASSES,
        clips=tuple(cut.clip(root) for cut in cuts),
        licence=LICENCE,
        modalities=frozenset(Modality),
        synthetic=True,
        notes=(NOTE,),
    )


def _cuts() -> list[Cut]:
    """Every class with every source; a source stays within one fold."""
    return [
        Cut(
            path=f"video/{name}/{name}-{source:02}-{cut}.mkv",
            label=label,
            source=source,
            cut=cut,
            fold=source % FOLDS + 1,
            group=f"source-{source:02}",
        )
        for label, name in enumerate(CLASSES)
        for source in range(SOURCES)
        for cut in range(CUTS)
    ]


def _film(cut: Cut) -> bytes:
    names = (cut.label, cut.source, cut.cut)
    return matroska(clip_pictures(*names), clip_sound(*names))


def matroska(frames: NDArray[np.uint8], sound: NDArray[np.int16]) -> bytes:
    """A Matroska file that gives back every pixel and every sample: FFV1 pictures and 16-bit PCM.

    Args:
        frames: (frames, rows, columns, 3) RGB, at FPS.
        sound: (samples,) at RATE.
    """
    file = io.BytesIO()
    with av.open(file, "w", format="matroska", options={"fflags": "+bitexact"}) as container:  # no random identifiers
        pictures = container.add_stream("ffv1", rate=FPS, options={"level": "3", "slices": "4"})
        pictures.height, pictures.width = frames.shape[1:3]
        pictures.pix_fmt = "bgr0"  # RGB without loss
        pictures.thread_count = 1
        track = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = number
            container.mux(pictures.encode(frame))
        samples = av.AudioFrame.from_ndarray(sound[None], format="s16", layout="mono")
        samples.sample_rate = RATE
        container.mux(track.encode(samples))
        for stream in (pictures, track):
            container.mux(stream.encode())
    return file.getvalue()
