"""Where the journal of a run is kept: TensorBoard's files in its folder and, if the study asks for it, W&B."""

from __future__ import annotations

import html
import os
import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.runs import RunFolder

Setting = str | float | int | bool | None
CLIPS = "mistakes"  # the tags of pictures of clips begin so
LONGEST_ID = 128  # letters, of W&B's ids
PATIENCE = 60.0  # s that W&B may take to answer, and to send what is left at the end of a run


class Tracker(Protocol):
    """Opened with nothing in it: what the run has gone through before it was resumed is told again."""

    title: str

    def scalars(self, values: Mapping[str, float], epoch: int, when: float) -> None:
        """Figures after so many epochs; `when` they were known, in seconds since 1970."""

    def picture(self, tag: str, pixels: NDArray[np.uint8], epoch: int) -> None:
        """(rows, columns, 3) RGB."""

    def licence(self, sentence: str, epoch: int) -> None:
        """That of the clips whose pictures follow."""

    def close(self, done: bool) -> None:
        """Write what is left; whether the run is done, or was stopped or failed."""


class TensorBoard:
    """Event files in the run's folder, for `tensorboard --logdir` on a run, a study or all of them."""

    title = "TensorBoard"

    def __init__(self, folder: RunFolder, settings: Mapping[str, Setting], study: str) -> None:
        from torch.utils.tensorboard import SummaryWriter
        from torch.utils.tensorboard.summary import hparams

        if folder.tensorboard.exists():
            shutil.rmtree(folder.tensorboard)
        self._writer = SummaryWriter(folder.tensorboard)
        # Without torch's summary of the experiment: the HPARAMS tab takes the first run's for all, where it would
        # else find out by itself in what the runs of a study differ, and show that first.
        _, start, self._end = hparams(dict(settings), {})
        self._writer._get_file_writer().add_summary(start)
        self._writer.add_text("study.toml", f"```toml\n{study}\n```")

    def scalars(self, values: Mapping[str, float], epoch: int, when: float) -> None:
        for tag, value in values.items():
            self._writer.add_scalar(tag, value, epoch, when)
        self._writer.flush()

    def picture(self, tag: str, pixels: NDArray[np.uint8], epoch: int) -> None:
        self._writer.add_image(tag, pixels, epoch, dataformats="HWC")

    def licence(self, sentence: str, epoch: int) -> None:
        self._writer.add_text("licence", sentence, epoch)

    def close(self, done: bool) -> None:
        if done:
            self._writer._get_file_writer().add_summary(self._end)
        self._writer.close()


class WeightsAndBiases:
    """A run of the W&B project that is called as the study. Offline, it lies in `wandb/` in the run's folder.

    Nothing is sent but what is told here, the versions of Python and W&B and which of some well-known packages are
    loaded: not the names of the computer and the user, its load, the code, what is printed, or reports of errors.
    Of clips that are private no pictures are kept.
    """

    title = "Weights & Biases"

    def __init__(
        self, folder: RunFolder, settings: Mapping[str, Setting], study: str, network: str, mode: str, private: bool
    ) -> None:
        wandb = _wandb()
        shutil.rmtree(folder.path / "wandb", ignore_errors=True)
        self._image, self._html, self._private = wandb.Image, wandb.Html, private
        self._run = wandb.init(
            project=folder.study,
            group=network,
            name=folder.id,
            id=folder.id[-LONGEST_ID:],
            dir=folder.path,
            config=dict(settings),
            mode=mode,
            resume="allow" if mode == "online" else None,  # epochs that W&B has already are left out by it
            reinit="create_new",
            save_code=False,
            settings=wandb.Settings(
                console="off",
                silent=True,
                disable_git=True,
                disable_code=True,
                x_disable_meta=True,
                x_disable_stats=True,
                x_disable_machine_info=True,
                x_save_requirements=False,
                host="",
                init_timeout=PATIENCE,
                finish_timeout=PATIENCE,
            ),
        )
        self._run.log({"study.toml": wandb.Html(f"<pre>{html.escape(study)}</pre>")}, step=0)

    def scalars(self, values: Mapping[str, float], epoch: int, when: float) -> None:
        self._run.log(dict(values), step=epoch)

    def picture(self, tag: str, pixels: NDArray[np.uint8], epoch: int) -> None:
        if not (self._private and tag.startswith(CLIPS)):
            self._run.log({tag: self._image(pixels)}, step=epoch)

    def licence(self, sentence: str, epoch: int) -> None:
        self._run.log({"licence": self._html(f"<p>{html.escape(sentence)}</p>")}, step=epoch)

    def close(self, done: bool) -> None:
        self._run.finish(exit_code=0 if done else 1)


def wandb_installed() -> bool:
    """Whether the extra is there, without importing it; a folder of its name would pass for a module."""
    try:
        return bool(version("wandb"))
    except PackageNotFoundError:
        return False


def require_wandb(mode: str) -> None:
    """Raises UserError where a study asks for W&B, and it is not installed or nobody is logged in to it."""
    if mode == "off":
        return
    if not wandb_installed():
        raise UserError(
            "The study asks for Weights & Biases, which is not installed. Start Sensorium with `uv run --extra wandb "
            "main.py`, or set wandb to “off”."
        )
    if mode == "online":
        try:
            logged_in = _wandb().login(timeout=1)  # who is not is asked in the terminal, where nobody may be
        except Exception:
            logged_in = False
        if not logged_in:
            raise UserError(
                "Nobody is logged in to Weights & Biases. Run `uv run --extra wandb wandb login` once, or set wandb "
                "to “offline”."
            )


def _wandb() -> Any:
    os.environ["WANDB_ERROR_REPORTING"] = "false"  # read when it is imported
    import wandb

    return wandb
