"""Settings of the sight wing: what a network is given of a video, and what is changed of it in training."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from core.settings import Settings, setting

Region = tuple[float, float, float, float]  # left, top, right and bottom edge as shares of width and height
WHOLE: Region = (0.0, 0.0, 1.0, 1.0)
NARROWEST = 0.02  # share of the width or height that a region must have


class VideoSettings(Settings):
    """The front end of the sight wing: frames → what the network sees."""

    frames: int = setting(16, "Frames", "Frames of a clip that the network sees.", ge=1, le=256)
    start: float = setting(
        0.0, "From", "What is seen of a clip begins so long after its first frame.", unit="s", ge=0.0, le=3600.0
    )
    length: float = setting(0.0, "Length", "How much is seen from there; 0 = to the end.", unit="s", ge=0.0, le=3600.0)
    sampling: Literal["even", "segments", "window"] = setting(
        "even",
        "Sampling",
        "even: spread over the whole clip; segments: one from each of as many equal parts, at random in training "
        "(Wang et al. 2016); window: neighbouring frames at the rate below, from anywhere in training and from the "
        "middle in testing.",
    )
    rate: float = setting(
        12.5, "Frame rate", "Frames a second, with the sampling “window”.", unit="fps", ge=0.5, le=120.0
    )
    views: int = setting(
        1,
        "Views",
        "With the sampling “window”, probabilities of this many windows over the clip are averaged in testing.",
        ge=1,
        le=20,
    )
    spare: int = setting(
        3,
        "Kept per frame",
        "Frames kept on disk for each one that is seen: what temporal jitter draws from. More need more disk.",
        ge=1,
        le=10,
    )
    region: Region = setting(
        WHOLE,
        "Region",
        "The part of each frame that is looked at: its left, top, right and bottom edge as shares of width and height, "
        "e.g. 0.25, 0.5, 0.75, 1 = the middle of the lower half. For a camera that stands still.",
    )
    side: int = setting(
        128,
        "Shorter side",
        "Frames, or the region of them, are kept on disk with their shorter side this long.",
        unit="px",
        ge=32,
        le=512,
    )
    size: int = setting(112, "Picture", "Rows and columns of the picture the network sees.", unit="px", ge=32, le=448)
    fit: Literal["crop", "whole"] = setting(
        "crop",
        "Fit",
        "crop: the square in the middle, as is usual; whole: all of the frame, squeezed into the square.",
    )
    input: Literal["rgb", "difference", "flow", "rgb+flow"] = setting(
        "rgb",
        "Input",
        "rgb: the pictures; difference: each frame less the one before; flow: dense optical flow "
        "(Kroeger et al. 2016); rgb+flow: both, as two streams (Simonyan & Zisserman 2014).",
    )

    @model_validator(mode="after")
    def _consistent(self) -> VideoSettings:
        left, top, right, bottom = self.region
        if min(self.region) < 0 or max(self.region) > 1 or min(right - left, bottom - top) < NARROWEST:
            raise ValueError(
                f"region ({', '.join(f'{edge:g}' for edge in self.region)}) is no part of the frame: give its left, "
                f"top, right and bottom edge from 0 to 1, right and bottom at least {NARROWEST:g} larger"
            )
        if self.size > 2 * self.side:
            raise ValueError(f"size ({self.size} px) is more than twice the side kept ({self.side} px): raise side")
        if self.views > 1 and self.sampling != "window":
            raise ValueError("views above 1 need the sampling “window”: the others look at the whole clip")
        return self

    @property
    def taken(self) -> int:
        """Frames taken from the cache: a difference needs one more than it gives."""
        return self.frames + (self.input == "difference")

    @property
    def streams(self) -> tuple[int, ...]:
        """Channels of each stream of the network."""
        return {"rgb": (3,), "difference": (3,), "flow": (2,), "rgb+flow": (3, 2)}[self.input]


class VideoAugmentation(Settings):
    """Random changes of training videos, the same for all frames of a clip."""

    crop: float = setting(
        1.0,
        "Random crop: smallest",
        "A part of the picture with at least this share of its area is enlarged to the whole; 1 = off.",
        ge=0.05,
        le=1.0,
    )
    flip: bool = setting(
        False,
        "Flip",
        "Half of the clips are mirrored. Leave it off where left and right tell classes apart, or text is seen.",
    )
    colour: float = setting(
        0.0, "Colour", "Brightness, contrast and saturation change by up to this share.", ge=0.0, le=1.0
    )
    blur: float = setting(0.0, "Blur: share of clips", "This share of clips is blurred.", ge=0.0, le=1.0)
    blur_sigma: float = setting(
        1.5, "Blur: at most", "Standard deviation of the Gaussian, drawn evenly from 0.1.", unit="px", ge=0.1, le=10.0
    )
    jitter: bool = setting(
        True, "Temporal jitter", "Which of the kept frames are seen is drawn anew each time; off = always the same."
    )
