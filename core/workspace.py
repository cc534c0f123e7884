"""The user's folder: datasets/ cache/ runs/ captures/ reviews/ weights/ searches/, with one writer at a time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import filelock
import psutil

from core.datasets import DATASETS
from core.datasets.base import DatasetInfo
from core.errors import UserError
from core.files import write_error


def default_workspace() -> Path:
    """`$SENSORIUM_WORKSPACE`, else `Sensorium` in the home folder."""
    chosen = os.environ.get("SENSORIUM_WORKSPACE")
    return Path(chosen).expanduser() if chosen else Path.home() / "Sensorium"


class Workspace:
    """Paths below one folder, and the lock that lets one program write there.

    Attributes:
        writable: whether this program holds the lock. A second program on the same folder reads only.
        read_only_because: the sentence for the banner, empty while writable.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()
        self.datasets = self.root / "datasets"
        self.cache = self.root / "cache"
        self.runs = self.root / "runs"
        self.captures = self.root / "captures"
        self.reviews = self.root / "reviews"
        self.weights = self.root / "weights"
        self.searches = self.root / "searches"
        self.writable = False
        self.read_only_because = "The workspace has not been opened for writing."
        self._lock = filelock.FileLock(self.root / ".lock", timeout=0)

    def open(self) -> Workspace:
        """Make the folders and take the lock; where that cannot be, stay read-only and say why."""
        try:
            for folder in (self.datasets, self.cache, self.runs, self.captures, self.reviews, self.weights):
                folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            (self.root / ".owner").write_text(str(os.getpid()))
        except filelock.Timeout:
            self.read_only_because = (
                f"{self.root} is in use by another Sensorium{self._owner()}: this one only reads. Close "
                "the other, then start this one again, to train here."
            )
        except OSError as error:
            self.read_only_because = str(write_error(self.runs, error))
        else:
            self.writable, self.read_only_because = True, ""
        return self

    def close(self) -> None:
        if self.writable:
            self._lock.release()
            self.writable = False

    def require_writable(self) -> None:
        """Raises UserError with the reason when this program may not write here."""
        if not self.writable:
            raise UserError(self.read_only_because)

    def require_there(self) -> None:
        """Raises UserError where there is no such folder, which only what writes makes."""
        if not self.root.is_dir():
            raise UserError(f"There is no workspace {self.root}. Check the path, or train a study there first.")

    @property
    def used_by_another(self) -> bool:
        """Whether another program that is alive writes here."""
        return not self.writable and bool(self._owner())

    def dataset_root(self, name: str, root: str = "") -> Path:
        """Where a dataset lies: the folder given, else its place in the workspace.

        Raises:
            UserError: no folder was given for a dataset that has no place of its own.
        """
        info: DatasetInfo = DATASETS[name]
        if root:
            return Path(root).expanduser().absolute()
        if not info.folder:
            raise UserError(f"{info.title} needs a folder: choose one in the Data panel or give --dataset-root.")
        return self.root / info.folder

    def free_bytes(self) -> int:
        """Free space where the workspace lies (or will lie)."""
        place = next(p for p in (self.root, *self.root.parents) if p.exists())
        return shutil.disk_usage(place).free

    def _owner(self) -> str:
        try:
            pid = int((self.root / ".owner").read_text())
            return f" (process {pid})" if psutil.pid_exists(pid) else ""
        except (OSError, ValueError):
            return ""
