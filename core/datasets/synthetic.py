"""What synthesised datasets share: clips cut from sources, and a manifest that vouches for the files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.control import Control
from core.datasets.base import Clip, Report
from core.events import Progress
from core.files import write_atomically

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Cut:
    """One clip that is computed: its label, and the numbers that seed it."""

    path: str  # relative to the root, with forward slashes
    label: int
    source: int
    cut: int  # number among the clips of its class and source
    fold: int  # counted from 1
    group: str  # name of the source

    def clip(self, root: Path) -> Clip:
        return Clip(id=self.path, path=root / self.path, label=self.label, fold=self.fold, group=self.group)


def make_missing(
    root: Path,
    about: dict[str, Any],
    cuts: Sequence[Cut],
    make: Callable[[Cut], bytes],
    control: Control,
    report: Report | None = None,
) -> None:
    """Make the files below `root` that are not there in full length, and all where they are of another version.

    Args:
        about: what the manifest says besides the clips, the version above all; plain JSON.
        make: the content of the file of a clip.

    Raises:
        UserError: the folder cannot be written to, or the disk is full.
        Cancelled: `control` was cancelled; the manifest is written last, so that the next call begins anew.
    """
    manifest = {**about, "clips": [asdict(cut) for cut in cuts]}
    sizes = _vouched_for(root, manifest)
    missing = [cut for cut in cuts if _size(root / cut.path) != sizes.get(cut.path)]
    if not missing:
        return
    for done, cut in enumerate(missing):
        control.checkpoint()
        if report is not None:
            report(Progress("Making clips", done, len(missing)))
        content = make(cut)
        write_atomically(root / cut.path, content)
        sizes[cut.path] = len(content)
    write_atomically(root / MANIFEST, json.dumps({**manifest, "bytes": sizes}, indent=1).encode())


def _vouched_for(root: Path, manifest: dict[str, Any]) -> dict[str, int]:
    """Length of each file as it was written; none where there is no such manifest, or one of another version."""
    try:
        found = json.loads((root / MANIFEST).read_bytes())
        sizes: dict[str, int] = found.pop("bytes")
    except (OSError, ValueError, AttributeError, KeyError):
        return {}
    return sizes if found == manifest and isinstance(sizes, dict) else {}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
