"""A finished run that is asked about what is heard and seen now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from numpy.typing import NDArray

from core.live.windows import Moment, Window, inputs, lengths
from core.runs import RunFolder
from core.training.restore import restore


class Lack(StrEnum):
    """Why a network was not asked."""

    NOTHING = ""  # it was
    NO_SOUND = "no sound"
    SILENCE = "silence"
    NO_PICTURE = "no picture"


@dataclass(frozen=True)
class Answer:
    """What one network said of one window.

    Attributes:
        run: name of its folder, STUDY/RUN.
        at: where the window ended.
        complete: when all of it was there, and `ready`: when the answer was.
        probabilities: (classes,) float32; None where something lacked.
    """

    run: str
    at: Moment
    complete: float
    ready: float
    probabilities: NDArray[np.float32] | None
    lack: Lack = Lack.NOTHING


class LiveRun:
    """The network of a finished run, in eval mode.

    Attributes:
        sight: seconds of sight that it is given, where neither its recipe nor its sound says; may be changed.

    Raises:
        UserError: the run is not finished, or its weights are not those of its network.
    """

    def __init__(self, folder: RunFolder, device: torch.device, sight: float) -> None:
        self.folder, self.spec, self.sight = folder, folder.spec, sight
        self.name = folder.name
        self.classes = folder.classes
        self._task = restore(folder, device)

    @property
    def seconds(self) -> dict[str, float]:
        """That it is given, by wing."""
        return lengths(self.spec.recipe, self.spec.modality.wings, self.sight)

    def lacks(self, window: Window, silence: float) -> Lack:
        """What the window has too little of; `silence` in dB below full scale is not listened to."""
        if "audio" in self.seconds:
            if window.sound is None:
                return Lack.NO_SOUND
            if window.loudness < silence and "video" not in self.seconds:
                return Lack.SILENCE
        if "video" in self.seconds and not window.seen:
            return Lack.NO_PICTURE
        return Lack.NOTHING

    @torch.inference_mode()
    def ask(self, window: Window) -> NDArray[np.float32]:
        """Class probabilities, shape (classes,)."""
        raw = inputs(window, self.spec.recipe, self.spec.modality.wings)
        moved = {wing: tuple(part.to(self._task.device) for part in parts) for wing, parts in raw.items()}
        probabilities: NDArray[np.float32] = self._task(moved).float().softmax(1)[0].cpu().numpy()
        return probabilities
