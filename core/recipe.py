"""Recipe: everything that decides how a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import model_validator

from core.audio.settings import AudioAugmentation, AudioSettings
from core.settings import Settings, setting
from core.video.settings import VideoAugmentation, VideoSettings


@dataclass(frozen=True)
class FrontEnds:
    """What a network is given of a clip; None of what it neither hears nor sees."""

    audio: AudioSettings | None = None
    video: VideoSettings | None = None


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
    clips_per_class: int = setting(
        0,
        "Clips per class",
        "So many training clips of each class are learned from, of different recordings as far as there are, drawn "
        "anew for each seed; 0 = all. For learning curves and few-shot studies.",
        unit="clips",
        ge=0,
        le=100_000,
    )
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
