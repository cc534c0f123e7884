"""What may go wrong with pictures on their way to the network: in tests of robustness."""

from __future__ import annotations

import cv2
import torch
from torch import Tensor


def with_blur(pixels: Tensor, sizes: Tensor, sigma: float) -> Tensor:
    """Frames out of focus: every channel convolved with a Gaussian, exp(−(x² + y²) / 2σ²) normalised to sum 1.

    Frames are mirrored at their own edges, so that what lies beside a frame smaller than its batch stays out of it.
    Optical flow, where it is kept in place of pictures, is blurred itself: an approximation to the flow of blurred
    pictures, of which none are kept.

    Args:
        pixels: (batch, taken, rows, columns, channels) uint8.
        sizes: (batch, 2) int64 rows and columns of each clip.
        sigma: standard deviation in px of the kept frames, above 0; 1 px and less is barely seen.

    Returns:
        The same shape and type; what was given is left as it is.
    """
    blurred = pixels.clone()
    for clip, (rows, columns) in zip(blurred, sizes.tolist(), strict=True):
        for frame in clip:
            own = frame[:rows, :columns]
            softer = cv2.GaussianBlur(own.contiguous().numpy(), (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
            own.copy_(torch.from_numpy(softer))
    return blurred
