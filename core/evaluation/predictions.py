"""Predictions: the table of class probabilities a run gave to its test clips.

The only source of every score, matrix, curve and test shown anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.files import write_atomically


@dataclass(frozen=True)
class Predictions:
    """What a run said of clips it was not trained on.

    Attributes:
        classes: names, in the order of the columns of `probabilities`.
        clip_ids: (clips,) ids within the dataset.
        labels: (clips,) int64, true class of each clip.
        probabilities: (clips, classes) float32, each row sums to 1.
        features: (clips, dimensions) float16, penultimate activations; (clips, 0) where none were kept.
        frame_probabilities: (clips, frames, classes) float16, what was said of single frames of a video or windows of
            a sound; no frames where the network says nothing of them.
        shares: (clips, 2) float16, how much sound and sight counted, each row sums to 1; (clips, 0) where the network
            is not given both, or does not weigh them.
    """

    classes: tuple[str, ...]
    clip_ids: NDArray[np.str_]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    features: NDArray[np.float16]
    frame_probabilities: NDArray[np.float16] = field(default_factory=lambda: np.zeros((0, 0, 0), np.float16))
    shares: NDArray[np.float16] = field(default_factory=lambda: np.zeros((0, 0), np.float16))

    def __post_init__(self) -> None:
        clips, classes = self.probabilities.shape
        if not len(self.frame_probabilities):
            object.__setattr__(self, "frame_probabilities", np.zeros((clips, 0, classes), np.float16))
        if not len(self.shares):
            object.__setattr__(self, "shares", np.zeros((clips, 0), np.float16))
        if not (len(self.clip_ids) == len(self.labels) == len(self.features) == len(self.shares) == clips):
            raise ValueError("clip_ids, labels, probabilities, features and shares must have one row a clip")
        if self.frame_probabilities.shape[::2] != (clips, classes):
            raise ValueError("frame_probabilities must have one row a clip and one column a class")
        if classes != len(self.classes):
            raise ValueError(f"{classes} columns of probabilities for {len(self.classes)} classes")
        if clips and not 0 <= self.labels.min() <= self.labels.max() < classes:
            raise ValueError(f"a label is none of the {classes} classes")
        if clips and not np.isfinite(self.probabilities).all():
            raise ValueError("a probability is not a finite number")

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """(clips,) the class with the highest probability; the first of equals."""
        return self.probabilities.argmax(axis=1)

    @cached_property
    def confidence(self) -> NDArray[np.float32]:
        """(clips,) probability of the predicted class."""
        return self.probabilities.max(axis=1)

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """(clips,) whether the predicted class is the true one."""
        return self.predicted == self.labels

    @cached_property
    def loss(self) -> NDArray[np.float64]:
        """(clips,) −ln of the probability of the true class, in nats; probabilities are floored at 1e-12."""
        true = self.probabilities[np.arange(len(self)), self.labels].astype(np.float64)
        return -np.log(np.maximum(true, 1e-12))

    def save(self, path: Path) -> None:
        """Write as .npz, atomically.

        Raises:
            UserError: the disk is full or the folder cannot be written to.
        """

        def write(file: BinaryIO) -> None:
            np.savez_compressed(
                file,
                classes=np.asarray(self.classes, dtype=np.str_),
                clip_ids=self.clip_ids,
                labels=self.labels,
                probabilities=self.probabilities,
                features=self.features,
                frame_probabilities=self.frame_probabilities,
                shares=self.shares,
            )

        write_atomically(path, write)

    @classmethod
    def load(cls, path: Path, *, whole: bool = True) -> Predictions:
        """Read what `save` wrote; nothing in the file is executed.

        Args:
            path: the file.
            whole: or without features and what was said of single frames, which take long to read.

        Raises:
            UserError: missing, truncated, foreign or inconsistent.
        """
        with _read(path) as file:
            labels = file["labels"].astype(np.int64)
            return cls(
                classes=_classes(file),
                clip_ids=file["clip_ids"].astype(np.str_),
                labels=labels,
                probabilities=file["probabilities"].astype(np.float32),
                features=file["features"].astype(np.float16) if whole else np.zeros((len(labels), 0), np.float16),
                frame_probabilities=file["frame_probabilities"].astype(np.float16)
                if whole and "frame_probabilities" in file  # absent before there were videos
                else np.zeros((0, 0, 0), np.float16),
                shares=file["shares"].astype(np.float16)
                if "shares" in file  # absent before fusions told theirs
                else np.zeros((0, 0), np.float16),
            )


def read_classes(path: Path) -> tuple[str, ...]:
    """The names of the classes alone: features take long to read.

    Raises:
        UserError: as `Predictions.load`.
    """
    with _read(path) as file:
        return _classes(file)


def read_clip_ids(path: Path) -> tuple[str, ...]:
    """The clips alone. Raises UserError as `Predictions.load`."""
    with _read(path) as file:
        return tuple(str(name) for name in file["clip_ids"])


@contextmanager
def _read(path: Path) -> Iterator[Mapping[str, NDArray[Any]]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            yield file
    except FileNotFoundError:
        raise UserError(f"{path} is missing: the run has not finished, or the file was moved.") from None
    except Exception as error:  # zip, header and key errors of a torn or foreign file are of many kinds
        raise UserError(
            f"{path} is not a predictions file of Sensorium ({error}). Delete the run and train it again."
        ) from error


def _classes(file: Mapping[str, NDArray[Any]]) -> tuple[str, ...]:
    return tuple(str(name) for name in file["classes"])


def pooled(tables: Sequence[Predictions]) -> Predictions:
    """Several runs' predictions as one table, without features; with shares where all have them.

    Raises:
        ValueError: there is none, or their classes differ.
    """
    if not tables or any(table.classes != tables[0].classes for table in tables):
        raise ValueError("predictions of the same classes are needed")
    clips, told = sum(map(len, tables)), len({table.shares.shape[1] for table in tables}) == 1
    return Predictions(
        classes=tables[0].classes,
        clip_ids=np.concatenate([table.clip_ids for table in tables]),
        labels=np.concatenate([table.labels for table in tables]),
        probabilities=np.concatenate([table.probabilities for table in tables]),
        features=np.zeros((clips, 0), np.float16),
        shares=np.concatenate([table.shares for table in tables]) if told else np.zeros((clips, 0), np.float16),
    )
