"""What a person does to runs, in whatever panel: annotate, name and delete, with one question and one rule."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog, QLineEdit, QMessageBox, QWidget

from core import readable
from core.engine import State
from core.errors import UserError
from core.files import slug
from core.runs import RunFolder
from core.workspace import default_workspace
from gui.context import Context


def under_way(context: Context, run: RunFolder) -> bool:
    """Whether a run belongs to the study that runs: the engine comes back to it."""
    status = context.engine.status
    return status.state is not State.IDLE and slug(status.study) == run.study


def write_note(context: Context, runs: Sequence[RunFolder], parent: QWidget) -> str | None:
    """Ask for a note beside some runs and keep it; None where nothing was written."""
    about = runs[0].id if len(runs) == 1 else f"{len(runs)} runs"
    text, agreed = QInputDialog.getMultiLineText(parent, "Note", f"Note beside {about}:", runs[0].note)
    if agreed and _change(context, [partial(run.write_note, text.strip()) for run in runs]):
        return text.strip()
    return None


def write_title(context: Context, run: RunFolder, parent: QWidget) -> str | None:
    """Ask what a run is to be called and keep it; None where nothing was written."""
    text, agreed = QInputDialog.getText(
        parent, "Name", f"Name of {run.id} (empty: none of its own):", QLineEdit.EchoMode.Normal, run.title
    )
    return run.title if agreed and _change(context, [partial(run.write_title, text)]) else None


def copy_name(context: Context, run: RunFolder) -> None:
    """Put on the clipboard what a finished run is called on the command line."""
    QGuiApplication.clipboard().setText(run.name)
    root = context.workspace.root
    where = "" if root == default_workspace().absolute() else f" --workspace {shlex.quote(str(root))}"
    command = f"uv run main.py verify {run.name}{where}"
    context.message.emit(
        f"Copied. “{command}” trains the run again and says whether its predictions are equal.", "info"
    )


def delete_runs(context: Context, runs: Sequence[RunFolder], parent: QWidget) -> bool:
    """Delete runs for good after a question."""
    at_rest = partial(_at_rest, context, runs)  # asked again: a study may start while the question is open
    return at_rest() and _agrees(runs, parent) and at_rest() and _change(context, [run.delete for run in runs])


def _at_rest(context: Context, runs: Sequence[RunFolder]) -> bool:
    """Whether none of the runs is under way, which is said where one is."""
    if any(under_way(context, run) for run in runs):
        context.message.emit("Runs of the study under way cannot be deleted: stop the study first.", "error")
        return False
    return True


def _agrees(runs: Sequence[RunFolder], parent: QWidget) -> bool:
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setText(f"Delete {runs[0].id if len(runs) == 1 else f'{len(runs)} runs'}?")
    size = readable.size(sum(run.size() for run in runs))
    box.setInformativeText(f"Weights, curves and predictions go for good; {size} become free.")
    delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton("Keep", QMessageBox.ButtonRole.RejectRole))
    box.exec()
    agreed = box.clickedButton() is delete
    box.deleteLater()
    return agreed


def _change(context: Context, actions: Sequence[Callable[[], None]]) -> bool:
    """Change files of runs, and let every panel read them again."""
    changed = False
    try:
        context.workspace.require_writable()
        for action in actions:
            action()
            changed = True
    except UserError as error:
        context.message.emit(str(error), "error")
    if changed:
        context.runs_changed.emit()
    return changed
