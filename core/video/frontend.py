"""The front end of sight: frames → what the network sees, on the device the frames are on."""

from __future__ import annotations

import torch
from torch import Tensor

from core.front_end import FrontEnd, Raw, Standardise
from core.recipe import Recipe
from core.video.augment import augmented, cut, plain_boxes, random_boxes


class VideoFrontEnd(FrontEnd):
    """Frames → crop → flip, colour and blur → difference where it is asked for → mean 0 and deviation 1 a channel.

    Raw clips are ((batch, taken, rows, columns, channels) uint8 pixels, (batch, 2) int64 sizes): clips smaller than
    the largest of a batch lie at the top left, and `sizes` are their own rows and columns. What the network sees has
    the shape (batch, frames, channels, size, size). With ImageNet weights too, mean and deviation are those of the
    training clips: pictures then have mean 0 and variance 1 as ImageNet's had.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.settings, self.strength = recipe.video, recipe.video_augmentation
        self.standardise = Standardise(sum(recipe.video.streams))

    def augment(self, raw: Raw, generator: torch.Generator) -> Tensor:
        """→ (batch, taken, channels, size, size) float32 from 0 to 1."""
        pixels, sizes = raw
        crops = self.training and self.strength.crop < 1
        sizes = sizes.cpu()
        boxes = (
            random_boxes(sizes, self.settings, self.strength.crop, generator)
            if crops
            else plain_boxes(sizes, self.settings.fit)
        )
        frames = cut(pixels, boxes, self.settings.size)
        return augmented(frames, self.settings, self.strength, generator) if self.training else frames

    def levels(self, clips: Tensor) -> Tensor:
        return clips.diff(dim=1) if self.settings.input == "difference" else clips

    def nothing(self, seen: Tensor) -> Tensor:
        """The mean colour of the training clips; of differences between frames, none."""
        still = torch.zeros(len(self.standardise.mean), 1, 1, device=seen.device)
        nothing: Tensor = self.standardise(still) if self.settings.input == "difference" else still
        return nothing

    def example(self, batch: int) -> Raw:
        side = self.settings.side
        shape = (batch, self.settings.taken, side, round(side * 4 / 3), sum(self.settings.streams))
        pixels = torch.randint(256, shape, generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
        return pixels, torch.tensor(shape[2:4]).expand(batch, 2)


def front_end(recipe: Recipe) -> VideoFrontEnd:
    """The front end that both wings offer under this name."""
    return VideoFrontEnd(recipe)
