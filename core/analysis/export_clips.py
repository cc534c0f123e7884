"""Clips with all that was said of them, to be taken home: a folder, or one page."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from core.analysis.export_page import write_page
from core.analysis.export_pictures import Drawn, draw_pictures
from core.analysis.exported import Exported
from core.control import Control
from core.events import Progress
from core.files import new_folder, replace_synced, require_space
from core.workspace import Workspace

Report = Callable[[Progress], None]
PAGE = "errors.html"


def export_folder(
    exported: Exported, workspace: Workspace, folder: Path, control: Control, report: Report
) -> tuple[str, ...]:
    """Write the clips as they are, a picture of each, a table, the licence and the page into a new folder.

    Returns:
        Sentences that say what could not be taken along.

    Raises:
        UserError: there is something of that name, or it cannot be written. Nothing of it is left then.
        Cancelled: through `control`; the same.
    """
    require_space(folder, exported.folder_bytes, "The export")
    with new_folder(folder) as place:
        clips, pictures = place / "clips", place / "pictures"
        clips.mkdir()
        pictures.mkdir()
        drawn = draw_pictures(exported, workspace, pictures, control, report)
        for clip in exported.clips:
            control.checkpoint()
            if clip.clip is not None and clip.id not in drawn.unread:
                shutil.copyfile(clip.clip.path, clips / clip.file)
        (place / "clips.csv").write_text(exported.table(drawn.lacking).csv(), encoding="utf-8-sig")
        licence = "\n\n".join([exported.licence, *exported.licence_files()])
        (place / "LICENCE.txt").write_text(f"{licence}\n", encoding="utf-8")
        _write(place / PAGE, exported, drawn, workspace, control, report)
    return _problems(exported, drawn)


def export_page(
    exported: Exported, workspace: Workspace, path: Path, control: Control, report: Report
) -> tuple[str, ...]:
    """Write the page alone; a file of that name is replaced.

    Returns:
        Sentences that say what could not be taken along.

    Raises:
        UserError: it cannot be written. What was there before is there still.
        Cancelled: through `control`; the same.
    """
    require_space(path, exported.page_bytes, "The page")
    with replace_synced(path) as aside, tempfile.TemporaryDirectory() as pictures:
        drawn = draw_pictures(exported, workspace, Path(pictures), control, report)
        _write(aside, exported, drawn, workspace, control, report)
    return _problems(exported, drawn)


def _write(
    path: Path, exported: Exported, drawn: Drawn, workspace: Workspace, control: Control, report: Report
) -> None:
    with path.open("wb") as file:
        for written in write_page(file, exported, drawn, workspace, control):
            report(Progress("Writing the page", written, len(exported.clips)))


def _problems(exported: Exported, drawn: Drawn) -> tuple[str, ...]:
    """Of several clips or networks with the same trouble the first is named."""
    said = [f"{clip} is left out: {why}" for clip, why in drawn.unread.items()]
    if drawn.lacking:
        record, why = next(iter(drawn.lacking.items()))
        name, _ = exported.network(record)
        said.append(
            f"{len(drawn.lacking)} answers are without a map (the first is of {name}: {why.removeprefix('no: ')})."
        )
    return tuple(said)
