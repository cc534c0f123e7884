from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gui.platform_checks import display_problem, missing_packages, x_server_answers

ROOT = Path(__file__).parents[2]


def test_no_display_names_the_headless_command():
    assert "uv run main.py demo" in display_problem({}, "linux")
    assert display_problem({}, "darwin") == ""


def test_a_chosen_platform_needs_no_display():
    assert display_problem({"QT_QPA_PLATFORM": "offscreen"}, "linux") == ""


def test_missing_libraries_are_named_by_package():
    def load(name: str) -> None:
        if name in ("libxcb-cursor.so.0", "libxcb-icccm.so.4"):
            raise OSError

    libraries = {
        "libxcb-cursor.so.0": "libxcb-cursor0",
        "libxcb-icccm.so.4": "libxcb-icccm4",
        "libEGL.so.1": "libegl1",
    }
    assert missing_packages(libraries, load) == ["libxcb-cursor0", "libxcb-icccm4"]


def test_a_display_that_does_not_answer_is_found_before_qt_aborts():
    assert not x_server_answers(":98765")


def test_the_way_into_the_window_imports_neither_qt_nor_torch():
    """Or a missing system library would end in a traceback instead of a sentence."""
    code = "import sys, gui.app; print([m for m in ('PySide6', 'torch', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_window_imports_no_torch():
    code = (
        "import sys, gui.session, gui.panels.train; "
        "print([m for m in ('torch', 'lightning', 'sklearn', 'librosa') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
