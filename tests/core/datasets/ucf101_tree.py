"""A tiny UCF101 in the official layout, with real videos of a few frames."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

CLASSES = ("ApplyEyeMakeup", "Archery", "HandstandPushups")
IN_FILES = {"HandstandPushups": "HandStandPushups"}  # as in the official set, names of files differ from the class
TESTED = {1: (1, 2), 2: (8, 9), 3: (15, 16)}  # groups in each test list
ALWAYS = (22, 23)
GROUPS = sorted([*ALWAYS, *(group for groups in TESTED.values() for group in groups)])


def clip_id(name: str, group: int) -> str:
    return f"{name}/v_{IN_FILES.get(name, name)}_g{group:02}_c01.avi"


def make_ucf101(root: Path) -> Path:
    """`root` with UCF-101/ and ucfTrainTestlist/: 3 classes of 8 groups of 1 clip."""
    film = _film(root)
    for name in CLASSES:
        (root / "UCF-101" / name).mkdir(parents=True)
        for group in GROUPS:
            (root / "UCF-101" / clip_id(name, group)).write_bytes(film)
    lists = root / "ucfTrainTestlist"
    lists.mkdir()
    # With Windows line ends, as one meets them.
    (lists / "classInd.txt").write_bytes(b"".join(f"{i} {name}\r\n".encode() for i, name in enumerate(CLASSES, 1)))
    for split, tested in TESTED.items():
        test = [clip_id(name, group) for name in CLASSES for group in tested]
        train = [
            f"{clip_id(name, group)} {number}"
            for number, name in enumerate(CLASSES, 1)
            for group in GROUPS
            if group not in tested
        ]
        (lists / f"testlist{split:02}.txt").write_text("\n".join(test) + "\n\n")
        (lists / f"trainlist{split:02}.txt").write_text("\n".join(train) + "\n")
    return root


def _film(root: Path) -> bytes:
    root.mkdir(parents=True, exist_ok=True)
    path = root / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (32, 24))
    for level in (40, 120, 200):
        writer.write(np.full((24, 32, 3), level, np.uint8))
    writer.release()
    content = path.read_bytes()
    path.unlink()
    return content
