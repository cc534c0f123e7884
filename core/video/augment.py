"""Random changes of training videos, batched on the device, every one drawn from the generator that is passed in.

What is drawn for a clip is the same for all of its frames: a change from frame to frame would look like a motion.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms.v2 import functional as tv

from core.video.flow import NO_MOTION
from core.video.settings import VideoAugmentation, VideoSettings

NARROWEST = 3 / 4  # of width to height of a random crop, and 4/3 the widest: Szegedy et al. 2015, as torchvision
TRIES = 10  # for a crop that fits, before the largest one is taken
LEAST_SIGMA = 0.1  # px, of the blur
STILL = NO_MOTION / 255  # of a flow that is kept in 8 bits


def cut(pixels: Tensor, boxes: Tensor, size: int) -> Tensor:
    """The parts of clips inside boxes, brought to size × size.

    Args:
        pixels: (batch, frames, rows, columns, channels) uint8.
        boxes: (batch, 4) int64: top, left, height, width, inside each clip.

    Returns:
        (batch, frames, channels, size, size) float32 from 0 to 1; bilinear, low-pass filtered where it shrinks.
    """
    parts = []
    for clip, (top, left, height, width) in zip(pixels, boxes.tolist(), strict=True):
        part = clip[:, top : top + height, left : left + width].movedim(-1, 1)
        parts.append(tv.resize(part, [size, size], antialias=True) if (height, width) != (size, size) else part)
    return torch.stack(parts).float() / 255


def plain_boxes(sizes: Tensor, fit: str) -> Tensor:
    """The same box every time: the square in the middle (`crop`), or all of the frame (`whole`).

    Args:
        sizes: (batch, 2) int64 rows and columns of each clip.
    """
    if fit == "whole":
        return torch.cat([torch.zeros_like(sizes), sizes], dim=1)
    edge = sizes.amin(dim=1, keepdim=True).expand(-1, 2)
    return torch.cat([(sizes - edge) // 2, edge], dim=1)


def random_boxes(sizes: Tensor, settings: VideoSettings, smallest: float, generator: torch.Generator) -> Tensor:
    """A box in each clip with a share of its area between `smallest` and 1 and an aspect drawn log-uniformly.

    Szegedy et al., “Going deeper with convolutions”, CVPR 2015. With fit = crop the area is that of the frame and the
    box is seen as a square; with fit = whole the aspects are relative to the frame's own.

    Args:
        sizes: (batch, 2) int64 rows and columns of each clip.

    Returns:
        (batch, 4) int64: top, left, height, width, as `cut` takes them; `plain_boxes` where none of the draws fits.
    """
    boxes = plain_boxes(sizes, settings.fit)
    for row, (rows, columns) in enumerate(sizes.tolist()):
        native = columns / rows if settings.fit == "whole" else 1.0
        for _ in range(TRIES):
            draw = torch.rand(4, generator=generator)
            area = rows * columns * (smallest + (1 - smallest) * float(draw[0]))
            aspect = native * math.exp((2 * float(draw[1]) - 1) * math.log(1 / NARROWEST))
            height, width = round(math.sqrt(area / aspect)), round(math.sqrt(area * aspect))
            if 0 < height <= rows and 0 < width <= columns:
                top, left = int(draw[2] * (rows - height + 1)), int(draw[3] * (columns - width + 1))
                boxes[row] = torch.tensor([top, left, height, width])
                break
    return boxes


def augmented(
    frames: Tensor, settings: VideoSettings, strength: VideoAugmentation, generator: torch.Generator
) -> Tensor:
    """Flip, colour and blur, each drawn for a clip.

    Brightness multiplies x, contrast blends it with the mean grey of the whole clip, m + c·(x − m), saturation with
    the grey of each pixel; each is cut to 0 … 1.

    Args:
        frames: (batch, frames, channels, size, size) from 0 to 1; RGB, flow (½ = no motion), or both one after another.
    """
    colours = 3 if settings.input != "flow" else 0  # channels with colours; those after them are flow, x then y
    clips = []
    for clip in frames:
        draw = torch.rand(6, generator=generator).tolist()
        if strength.flip and draw[0] < 0.5:
            clip = clip.flip(-1)
            if clip.shape[1] > colours:  # what moved to the left moves to the right
                clip[:, colours] = 2 * STILL - clip[:, colours]
        if strength.colour and colours:
            brightness, contrast, saturation = (1 + strength.colour * (2 * value - 1) for value in draw[1:4])
            seen = tv.adjust_brightness(clip[:, :colours], brightness)
            grey = tv.rgb_to_grayscale(seen).mean()  # of the clip: torchvision's contrast takes that of each frame
            seen = tv.adjust_saturation((grey + contrast * (seen - grey)).clamp(0, 1), saturation)
            clip = torch.cat([seen, clip[:, colours:]], dim=1)
        if draw[4] < strength.blur:
            sigma = LEAST_SIGMA + (strength.blur_sigma - LEAST_SIGMA) * draw[5]
            clip = tv.gaussian_blur(clip, [2 * math.ceil(3 * sigma) + 1] * 2, [sigma, sigma])
        clips.append(clip)
    return torch.stack(clips)


def preview(
    pixels: NDArray[np.uint8], settings: VideoSettings, strength: VideoAugmentation, seed: int
) -> NDArray[np.uint8]:
    """Frames of one clip (n, h, w, 3) as training might show them, (n, size, size, 3), all in RGB.

    Whatever is on happens, also where only a share of clips is changed. Which frames are taken is drawn elsewhere.
    """
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.tensor([pixels.shape[1:3]])
    boxes = (
        random_boxes(sizes, settings, strength.crop, generator)
        if strength.crop < 1
        else plain_boxes(sizes, settings.fit)
    )
    frames = cut(torch.from_numpy(pixels)[None], boxes, settings.size)
    certain = strength.model_copy(update={"flip": False, "blur": float(strength.blur > 0)})
    frames = augmented(frames, settings.model_copy(update={"input": "rgb"}), certain, generator)[0]
    seen = frames.flip(-1) if strength.flip else frames
    shown: NDArray[np.uint8] = (255 * seen).round().to(torch.uint8).movedim(1, -1).contiguous().numpy()
    return shown
