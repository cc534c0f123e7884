"""A sitting: windows one after the other, uncaught exceptions, Ctrl-C, garbage in the window's thread."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from core.errors import UserError
from gui import session as sessions
from gui.libraries import Libraries
from gui.session import Collector, Session

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sitting(qapp, monkeypatch, tmp_path):
    """A session that keeps its memory in the test's folder and imports no torch."""
    monkeypatch.setattr(
        sessions, "_memory", lambda: QSettings(str(tmp_path / "memory.ini"), QSettings.Format.IniFormat)
    )
    monkeypatch.setattr(Libraries, "load", lambda self, jobs: None)
    monkeypatch.setattr(QApplication, "quit", lambda: None)
    monkeypatch.delenv("SENSORIUM_WORKSPACE", raising=False)
    made = Session(qapp)
    with made.hooks():
        yield made
        if made.window is not None:
            made.window.close()
    made.deleteLater()


def test_the_folder_open_last_comes_back(sitting, tmp_path):
    sitting.open(tmp_path / "one")
    assert sessions.last_workspace() == tmp_path / "one"
    assert (tmp_path / "one" / "runs").is_dir()


def test_another_workspace_opens_in_place_of_the_first(sitting, tmp_path, qtbot):
    sitting.open(tmp_path / "one")
    first = sitting.window
    first.workspace_chosen.emit(tmp_path / "two")
    assert sitting.window is not first
    assert sitting.window.context.workspace.root == tmp_path / "two"
    assert sitting.window.context.workspace.writable
    assert not first.context.workspace.writable, "the first workspace is free for others"


def test_an_uncaught_exception_is_a_sentence_and_a_traceback_in_the_log(sitting, tmp_path, qtbot):
    sitting.open(tmp_path / "one")

    sys.excepthook(ZeroDivisionError, ZeroDivisionError("by nought"), None)
    rows = sitting.window.banner.rows
    qtbot.waitUntil(lambda: any("by nought" in row.text for row in rows))
    assert next(row for row in rows if "by nought" in row.text).level == "error"
    assert "ZeroDivisionError: by nought" in (tmp_path / "one" / "sensorium.log").read_text()


def test_what_a_person_can_mend_is_shown_as_it_is(sitting, tmp_path, qtbot):
    sitting.open(tmp_path / "one")
    sitting.trouble(UserError("The disk is full. Free some space."))
    qtbot.waitUntil(lambda: any(row.text == "The disk is full. Free some space." for row in sitting.window.banner.rows))


def test_an_exception_in_a_thread_reaches_the_banner(sitting, tmp_path, qtbot):
    sitting.open(tmp_path / "one")
    error = RuntimeError("far away")
    facts = threading.ExceptHookArgs((RuntimeError, error, None, None))
    thread = threading.Thread(target=threading.excepthook, args=(facts,))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: any("far away" in row.text for row in sitting.window.banner.rows))


def test_a_workspace_that_cannot_be_made_opens_and_says_why(sitting, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    sitting.open(tmp_path / "file" / "workspace")
    assert "could not be written" in sitting.window.banner.rows[0].text
    assert sitting.window.current == "train"
    assert sitting.window.panels["train"].controls.start_button.isVisible()


def test_absent_portaudio_is_said_in_the_banner(sitting, tmp_path, qtbot, monkeypatch):
    monkeypatch.setattr(sessions, "sound_problem", lambda: "Sound is off: sudo apt-get install libportaudio2.")
    sitting.open(tmp_path / "one")
    qtbot.waitUntil(lambda: any("libportaudio2" in row.text for row in sitting.window.banner.rows))


def test_garbage_is_collected_in_the_window_s_thread_only(qapp, qtbot):
    where = []

    class Trash:
        def __init__(self):
            self.me = self

        def __del__(self):
            where.append(threading.current_thread())

    collector = Collector()
    assert not gc.isenabled()

    def litter():
        for _ in range(5000):
            Trash()

    thread = threading.Thread(target=litter)
    thread.start()
    thread.join()
    assert where == [], "nothing is collected where the rubbish is made"
    collector.collect()
    assert len(where) >= 5000 and set(where) == {threading.main_thread()}
    collector.stop()
    collector.deleteLater()
    assert gc.isenabled()


def test_no_display_is_a_sentence_and_exit_code_1():
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    code = "import sys; from gui.app import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == (1 if sys.platform.startswith("linux") else 0)
    assert "uv run main.py demo" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_ctrl_c_in_the_terminal_closes_cleanly(tmp_path):
    code = (
        "import sys, gui.libraries; from pathlib import Path;"
        "gui.libraries.Libraries.load = lambda self, jobs: print('shown', flush=True);"
        "from gui.app import main; sys.exit(main(Path(sys.argv[1])))"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path / "config")}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "one")],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "shown\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert (tmp_path / "one" / "window.ini").exists(), "the window's state was saved"


def test_the_timer_is_stopped_with_its_collector(qapp):
    collector = Collector()
    collector.stop()
    assert not any(timer.isActive() for timer in collector.findChildren(QTimer))
    collector.deleteLater()
