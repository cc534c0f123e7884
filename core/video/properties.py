"""What is measured of a video: how much moves, how bright, how much contrast, how sharp, how long."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.control import Control
from core.datasets.base import Dataset
from core.events import Progress
from core.property_cache import Property, PropertyCache, open_measured
from core.video.decode import Frame, Reader, VideoFacts

VERSION = 1  # raise it when one of them is measured otherwise

PROPERTIES = (
    Property("Motion", "%", "Mean absolute difference of a pixel from one frame to the next, of full scale. A camera "
             "that moves or flickers counts as well.", "move more", "move less", 2, logarithmic=True),
    Property("Brightness", "%", "Mean of all pixels, of full scale.", "are brighter", "are darker", 1),
    Property("Contrast", "%", "Standard deviation of the grey levels within a frame, of full scale; mean of all "
             "frames.", "have more contrast", "have less contrast", 1),
    Property("Sharpness", "", "Variance of the Laplacian of the grey levels (0 to 255) at the video's own size; mean "
             "of all frames. Fine texture and noise count as sharp, motion blur and strong compression do not.",
             "are sharper", "are blurrier", logarithmic=True),
    Property("Length of video", "s", "From the first frame to the end of the last.", "last longer", "are shorter", 2),
)  # fmt: skip


def open_properties(
    dataset: Dataset,
    cache_dir: Path,
    control: Control | None = None,
    report: Callable[[Progress], None] | None = None,
) -> PropertyCache:
    """What is measured of the videos of a dataset; what is missing or has changed is measured first.

    Raises:
        UserError, Cancelled: as `core.clip_cache.open_clips`.
    """
    return open_measured(
        "video", VERSION, PROPERTIES, VideoFacts, measure_file, "videos", dataset, cache_dir, control, report
    )


def measure_file(path: Path, control: Control) -> tuple[NDArray[np.float32], VideoFacts]:
    """(properties,) of a file, of every frame at its own size, in the order of PROPERTIES, and its facts.

    Motion is not known of a single frame.

    Raises:
        UserError: as `core.video.decode.decode`.
        Cancelled: through `control`.
    """
    reader = Reader(path, control)
    contrast, sharpness = np.mean([contrast_and_sharpness(frame) for frame, _ in reader], axis=0)
    facts = reader.facts()
    motion = 100 * facts.motion if facts.frames > 1 else np.nan
    values = (motion, 100 * facts.brightness, 100 * contrast, sharpness, facts.seconds)
    return np.array(values, np.float32), facts


def contrast_and_sharpness(frame: Frame) -> tuple[float, float]:
    """Of a frame (h, w, 3) in BGR with grey levels g from 0 to 255: σ(g) / 255, and σ²(∇²g).

    The variance of the Laplacian as a measure of focus: J. L. Pech-Pacheco et al. 2000, "Diatom autofocusing in
    brightfield microscopy: a comparative study", ICPR 15, 314–317.
    """
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    _, deviation = cv2.meanStdDev(grey)
    _, of_edges = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    return float(deviation[0, 0]) / 255, float(of_edges[0, 0]) ** 2
