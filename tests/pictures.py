"""Pictures of the real window for the README: `uv run python tests/pictures.py WORKSPACE FOLDER`.

Opens the workspace as the app does and saves every panel in the light and the dark scheme, under whatever platform
Qt runs on (`xvfb-run` gives a real X window). Nothing is trained: the workspace should hold a finished study.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import typer  # noqa: E402 - the repository is no package: its root comes first
from PySide6.QtWidgets import QApplication  # noqa: E402

from core.runs import list_studies  # noqa: E402
from core.study import read_study  # noqa: E402
from gui import theme  # noqa: E402
from gui.main_window import MainWindow  # noqa: E402
from gui.panels import PANELS  # noqa: E402
from gui.panels.data import DataPanel  # noqa: E402
from gui.panels.errors import ErrorsPanel  # noqa: E402
from gui.panels.errors_why import Why  # noqa: E402
from gui.panels.live import LivePanel  # noqa: E402
from gui.panels.live_bar import DATASET  # noqa: E402
from gui.session import open_context  # noqa: E402

REPLAY_SECONDS = 12.0  # that the timeline shows
SETTLE_SECONDS = 1.0  # after the last background job of a panel has delivered


def main(
    workspace: Annotated[Path, typer.Argument(help="A workspace with a finished study.")],
    folder: Annotated[Path, typer.Argument(help="Where the PNGs go.")],
    size: Annotated[str, typer.Option(help="Of the window, in pixels.")] = "1280x800",
    panels: Annotated[str, typer.Option(help="Names with commas between; all without it.")] = "",
    present: Annotated[bool, typer.Option(help="In presentation mode.")] = False,
) -> None:
    """Save PANEL-light.png and PANEL-dark.png for every panel."""
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    theme.apply(app, dark=False)
    context = open_context(workspace)
    window = MainWindow(context)
    width, height = (int(number) for number in size.split("x"))
    window.resize(width, height)
    window.move(0, 0)
    window.show()
    context.libraries.load(context.jobs)
    for name in panels.split(",") if panels else PANELS:
        window.show_panel(name)
        if name == "data":
            open_recordings(window)
        settle(app, window)
        if name == "errors":
            ask_why(window)
        if name == "live":
            replay(app, window)
        for dark in (False, True):
            theme.apply(app, dark=dark, scale=theme.PRESENTATION if present else 1.0)
            if present:
                window.toggle_presentation()
            settle(app, window)
            path = folder / f"{name}-{'dark' if dark else 'light'}.png"
            # Of the screen: `window.grab()` lays out panels that were never shown without the margins of their labels.
            window.screen().grabWindow(window.winId()).save(str(path))
            if present:
                window.toggle_presentation()
            print(path)
    window.close()


def open_recordings(window: MainWindow) -> None:
    """Those of the study trained last: what its person would have open."""
    workspace, panel = window.context.workspace, window.panels["data"]
    assert isinstance(panel, DataPanel)
    for study in list_studies(workspace)[:1]:
        panel.open(read_study(workspace.runs / study / "study.toml").dataset)


def ask_why(window: MainWindow) -> None:
    """What the networks went by, of the clip that is open."""
    panel = window.panels["errors"]
    assert isinstance(panel, ErrorsPanel)
    panel.clip_pages.setCurrentWidget(next(page for page in panel.pages if isinstance(page, Why)))


def replay(app: QApplication, window: MainWindow) -> None:
    """The clips in Data as if they were live, until there is something to be seen of them."""
    panel = window.panels["live"]
    assert isinstance(panel, LivePanel)
    panel.bar.choose_replay(DATASET)
    panel.bar.switch.click()
    settle(app, window, REPLAY_SECONDS)


def settle(app: QApplication, window: MainWindow, seconds: float = SETTLE_SECONDS) -> None:
    """Let the window work until its jobs are done and a moment longer."""
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < seconds:
        app.processEvents()
        if window.context.jobs.busy:
            quiet_since = time.monotonic()
        time.sleep(0.01)


if __name__ == "__main__":
    typer.run(main)
