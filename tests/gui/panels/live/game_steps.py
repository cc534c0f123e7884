"""What tests of the guessing game do: clips that exist, a device that hears, and keys where the focus is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QListWidget, QTreeWidget

from core.run_spec import DatasetChoice
from tests.core.films import moving_square, tone, write_film
from tests.gui.make_runs import NETWORKS, ClipList, make_modalities, make_study

RATE = 8000
FINGERPRINT = {"audio": "of these clips"}


def clip_list(classes: int, per_class: int, suffix: str) -> ClipList:
    names = [f"class {chr(97 + place)}" for place in range(classes)]
    return ClipList(
        classes=tuple(names),
        ids=tuple(f"{name}/take-{i}{suffix}" for name in names for i in range(per_class)),
        labels=tuple(label for label in range(classes) for _ in range(per_class)),
        folds=tuple(1 + i % 2 for _ in names for i in range(per_class)),
    )


def sound_study(context, root: Path, classes: int = 3, per_class: int = 8, study: str = "fabricated sounds"):
    """Two networks that have tested sounds which are there."""
    clips = clip_list(classes, per_class, ".wav")
    for number, name in enumerate(clips.ids):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).normal(0, 0.1, RATE // 5)
        soundfile.write(root / name, noise, RATE)
    choice = DatasetChoice(name="labelled-folder", root=str(root))
    runs = make_study(context.workspace, clips, study=study, dataset=choice, networks=NETWORKS[:2], folds=(1, 2))
    return finished(runs), clips


def film_study(context, root: Path):
    """Sound, sight and both, of one architecture, on short films with sound."""
    clips = clip_list(2, 4, ".mkv")
    for number, name in enumerate(clips.ids):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        write_film(root / name, moving_square(5, seed=number), sound=tone(0.2, 300.0 + 20 * number))
    choice = DatasetChoice(name="labelled-folder", root=str(root))
    runs = make_modalities(
        context.workspace, clips, study="fabricated films", dataset=choice, architectures=("alexnet",), folds=(1, 2)
    )
    return finished(runs), clips


def finished(runs):
    """As Live lists them, and as Compare knows their clips."""
    for run in runs:
        run.weights.write_bytes(b"")
        run.write_environment({"dataset_fingerprint": FINGERPRINT})
    return runs


def press(qtbot, panel, key) -> None:
    """A key where the focus is, as a person's comes."""
    qtbot.keyClick(QApplication.focusWidget() or panel, key)


def digit(place: int) -> Qt.Key:
    return Qt.Key(Qt.Key.Key_1 + place)


def begin(qtbot, panel, rounds: int) -> None:
    """Open the game, and start it as soon as its clips are there."""
    press(qtbot, panel, Qt.Key.Key_G)
    start = panel.game.start
    qtbot.waitUntil(start.start.isEnabled, timeout=30_000)
    start.rounds.setValue(rounds)
    press(qtbot, panel, Qt.Key.Key_Return)
    assert panel.game.board.isVisible()


def wait_for_clip(qtbot, panel) -> None:
    """Until it is heard or seen."""
    board = panel.game.board
    qtbot.waitUntil(lambda: board._since is not None and not board._told, timeout=20_000)


def answer(qtbot, panel, *, right: bool) -> None:
    """Guess the clip that is played, and go on."""
    wait_for_clip(qtbot, panel)
    board = panel.game.board
    true, classes = board.game.current.true, len(board.game.classes)
    press(qtbot, panel, digit(true if right else (true + 1) % classes))
    press(qtbot, panel, Qt.Key.Key_Return)


def words_in_view(widget) -> str:
    """All that can be read, tooltips included."""
    words = [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]
    words += [child.toolTip() for child in widget.findChildren(QLabel) if child.isVisible()]
    return " ".join(words)


def rows(tree: QTreeWidget) -> list[list[str]]:
    items = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    return [[item.text(column) for column in range(item.columnCount())] for item in items]


def tick(networks: QListWidget, place: int, on: bool) -> None:
    networks.item(place).setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
