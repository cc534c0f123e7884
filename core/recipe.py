"""Recipe: everything that decides how a network is trained. Every field describes itself for the form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Settings(BaseModel):
    """Base of everything a person can set: unknown keys are refused, values are checked, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def setting(default: Any, label: str, help: str, *, unit: str = "", **bounds: Any) -> Any:
    """A field with its label, tooltip, unit and bounds (`ge`, `gt`, `le`, `lt`, …): what the form is made from."""
    return Field(default, title=label, description=help, json_schema_extra={"unit": unit}, **bounds)


class AudioSettings(Settings):
    """The front end of the sound wing: waveform → log-mel spectrogram in dB."""

    rate: int = setting(
        22050,
        "Sample rate",
        "Sounds are resampled to this. Half of 44.1 kHz halves the work and keeps 11 kHz.",
        unit="Hz",
        ge=4000,
        le=192000,
    )
    seconds: float = setting(
        5.0,
        "Clip length",
        "Shorter clips are padded with silence; longer ones are cropped, at random in training "
        "and in the middle in testing. ESC clips are 5 s.",
        unit="s",
        ge=0.1,
        le=60.0,
    )
    n_fft: int = setting(
        1024,
        "Window",
        "Samples in one analysis window: longer resolves pitch, shorter resolves time.",
        unit="samples",
        ge=64,
        le=16384,
    )
    hop: int = setting(
        512,
        "Hop",
        "Samples between windows: columns of the picture the network sees.",
        unit="samples",
        ge=16,
        le=8192,
    )
    mels: int = setting(64, "Mel bands", "Rows of the picture the network sees.", ge=16, le=512)
    f_min: float = setting(0.0, "Lowest frequency", "Lower edge of the lowest mel band.", unit="Hz", ge=0.0, le=20000.0)
    f_max: float | None = setting(
        None,
        "Highest frequency",
        "Upper edge of the highest mel band; empty = half the sample rate.",
        unit="Hz",
        gt=0.0,
        le=96000.0,
    )
    top_db: float = setting(
        80.0,
        "Range",
        "What lies further below the loudest point of a clip is cut off.",
        unit="dB",
        ge=20.0,
        le=120.0,
    )

    windows: int = setting(
        1,
        "Windows",
        "The spectrogram is cut into this many windows, joined by the network's temporal model; 1 = it is seen whole.",
        ge=1,
        le=64,
    )

    @model_validator(mode="after")
    def _consistent(self) -> AudioSettings:
        if self.hop > self.n_fft:
            raise ValueError(f"hop ({self.hop}) must not exceed n_fft ({self.n_fft}), or sound between windows is lost")
        top = self.f_max if self.f_max is not None else self.rate / 2
        if top > self.rate / 2:
            raise ValueError(f"f_max ({top:g} Hz) must not exceed half the rate ({self.rate / 2:g} Hz)")
        if self.f_min >= top:
            raise ValueError(f"f_min ({self.f_min:g} Hz) must lie below f_max ({top:g} Hz)")
        return self

    @property
    def samples(self) -> int:
        """Samples of one clip as the network sees it."""
        return round(self.seconds * self.rate)

    @property
    def frames(self) -> int:
        """Columns of the spectrogram (centred windows)."""
        return self.samples // self.hop + 1


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


@dataclass(frozen=True)
class FrontEnds:
    """What a network is given of a clip; None of what it neither hears nor sees."""

    audio: AudioSettings | None = None
    video: VideoSettings | None = None


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


class AudioAugmentation(Settings):
    """Random changes of training clips. A probability of 0 switches one off."""

    noise: float = setting(
        0.0, "Noise: share of clips", "White noise is added to this share of training clips.", ge=0.0, le=1.0
    )
    noise_snr_low: float = setting(
        5.0,
        "Noise: lowest SNR",
        "Lower end of the signal-to-noise ratio, drawn evenly.",
        unit="dB",
        ge=-20.0,
        le=60.0,
    )
    noise_snr_high: float = setting(
        30.0, "Noise: highest SNR", "Upper end of the signal-to-noise ratio.", unit="dB", ge=-20.0, le=80.0
    )
    pitch: float = setting(
        0.0, "Pitch shift: share of clips", "Pitch is moved without changing the duration.", ge=0.0, le=1.0
    )
    pitch_semitones: int = setting(
        2, "Pitch shift: at most", "Whole semitones up or down, drawn evenly.", unit="semitones", ge=1, le=12
    )
    stretch: float = setting(
        0.0, "Time stretch: share of clips", "Speed is changed without changing the pitch.", ge=0.0, le=1.0
    )
    stretch_factor: float = setting(
        1.2,
        "Time stretch: at most",
        "Slowest 1/x, fastest x; drawn log-uniformly. 1.2 after Salamon & Bello 2017.",
        ge=1.01,
        le=2.0,
    )
    gain_db: float = setting(
        0.0, "Gain: at most", "Level is changed by up to this much up or down.", unit="dB", ge=0.0, le=24.0
    )
    shift: float = setting(
        0.0,
        "Time shift: at most",
        "The clip is rolled around by up to this share of its length; 1 = anywhere.",
        ge=0.0,
        le=1.0,
    )
    frequency_masks: int = setting(
        0,
        "SpecAugment: frequency masks",
        "Bands of the spectrogram set to its mean. Park et al. 2019.",
        ge=0,
        le=8,
    )
    frequency_width: int = setting(
        8,
        "SpecAugment: widest band",
        "Mel bands; the width is drawn evenly from 0.",
        unit="bands",
        ge=1,
        le=256,
    )
    time_masks: int = setting(0, "SpecAugment: time masks", "Stretches of the spectrogram set to its mean.", ge=0, le=8)
    time_width: int = setting(
        16,
        "SpecAugment: longest stretch",
        "Columns; the width is drawn evenly from 0.",
        unit="columns",
        ge=1,
        le=1000,
    )

    @model_validator(mode="after")
    def _ordered(self) -> AudioAugmentation:
        if self.noise_snr_low > self.noise_snr_high:
            raise ValueError(
                f"noise_snr_low ({self.noise_snr_low:g}) must not exceed noise_snr_high ({self.noise_snr_high:g})"
            )
        return self


class Recipe(Settings):
    """How a network is trained."""

    epochs: int = setting(30, "Epochs", "Times every training clip is seen.", ge=1, le=5000)
    batch_size: int = setting(
        32,
        "Batch",
        "Clips per step. Halved by itself, with accumulation doubled, when memory runs out.",
        unit="clips",
        ge=1,
        le=1024,
    )
    accumulate: int = setting(
        1,
        "Accumulate",
        "Batches whose gradients are averaged before a step: a larger effective batch in the same memory.",
        unit="batches",
        ge=1,
        le=256,
    )
    optimizer: Literal["adamw", "sgd"] = setting(
        "adamw", "Optimiser", "AdamW (Loshchilov & Hutter 2019) or SGD with Nesterov momentum."
    )
    learning_rate: float = setting(1e-3, "Learning rate", "The highest of the schedule.", gt=0.0, le=10.0)
    pretrained_rate: float = setting(
        1.0,
        "Pretrained layers",
        "Learning rate of layers that came with weights, as a multiple of the learning rate.",
        unit="×",
        ge=0.0,
        le=10.0,
    )
    momentum: float = setting(
        0.9,
        "Momentum",
        "Of SGD only, and not with the schedule one-cycle, which sets it: from 0.95 to 0.85 and back.",
        ge=0.0,
        lt=1.0,
    )
    weight_decay: float = setting(
        0.01, "Weight decay", "Decoupled in AdamW, L2 in SGD; not on biases and norms.", ge=0.0, le=1.0
    )
    schedule: Literal["one-cycle", "cosine", "step", "constant"] = setting(
        "cosine",
        "Schedule",
        "How the learning rate falls: one-cycle (Smith 2018; meanwhile the momentum of SGD, or AdamW's β₁, goes from "
        "0.95 to 0.85 and back), cosine to zero, ten-fold drops at 60 % and 85 %, or not at all.",
    )
    warmup: float = setting(
        0.05,
        "Warm-up",
        "Share of the training in which the rate rises linearly from near zero (one-cycle: the rising part).",
        ge=0.0,
        le=0.5,
    )
    clip_norm: float = setting(0.0, "Gradient clipping", "Largest norm of the gradient; 0 = none.", ge=0.0, le=1000.0)
    label_smoothing: float = setting(
        0.0, "Label smoothing", "Share of probability spread over all classes.", ge=0.0, lt=1.0
    )
    mixing: Literal["none", "between-class", "mixup"] = setting(
        "none",
        "Mixing",
        "Two clips are mixed and so are their labels: between-class learning (Tokozume et al. 2018; "
        "different classes, equal loudness) or mixup (Zhang et al. 2018).",
    )
    mixup_alpha: float = setting(0.2, "Mixup α", "Of the Beta(α, α) that mixup draws from.", gt=0.0, le=10.0)
    validation_share: float = setting(
        0.0,
        "Validation",
        "Share of the training clips, taken by group, that chooses the best epoch. 0 = fixed "
        "epochs, the final weights are tested, as published ESC protocols do.",
        ge=0.0,
        le=0.5,
    )
    patience: int = setting(
        0,
        "Early stopping",
        "Epochs without a better validation loss before training stops; 0 = never. Needs a validation part.",
        unit="epochs",
        ge=0,
        le=1000,
    )
    precision: Literal["auto", "fp32", "fp16", "bf16"] = setting(
        "auto", "Precision", "auto: mixed precision on a GPU that has it, fp32 elsewhere."
    )
    audio: AudioSettings = setting(AudioSettings(), "Spectrogram", "What the network sees of a sound.")
    augmentation: AudioAugmentation = setting(
        AudioAugmentation(), "Augmentation of sound", "Random changes of training clips."
    )
    video: VideoSettings = setting(VideoSettings(), "Frames", "What the network sees of a video.")
    video_augmentation: VideoAugmentation = setting(
        VideoAugmentation(), "Augmentation of video", "Random changes of training clips."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Recipe:
        if self.patience and not self.validation_share:
            raise ValueError("patience needs a validation part: set validation_share above 0")
        usual = Recipe.model_fields["momentum"].default
        if self.optimizer == "sgd" and self.schedule == "one-cycle" and self.momentum != usual:
            raise ValueError(
                f"momentum ({self.momentum:g}) has no effect with the schedule one-cycle, which moves it from 0.95 to "
                f"0.85 and back: leave it at {usual:g} or choose another schedule"
            )
        return self
