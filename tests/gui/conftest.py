"""For every test of the window: no display needed, and nothing may be left behind."""

from __future__ import annotations

import gc
import os
import threading

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from gui import theme
from gui.context import Context
from tests.gui import fakes


def _delete_later() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True, scope="session")
def dressed(qapp):
    theme.apply(qapp, dark=False)


@pytest.fixture(autouse=True)
def nothing_survives(qapp):
    """After each test: no new thread, no running timer, no top-level window."""
    gc.freeze()  # what the libraries hold is not looked through again after every test: that would take half a second
    threads = set(threading.enumerate())
    windows = set(QApplication.topLevelWidgets())
    yield
    QTest.keyRelease(QWidget(), Qt.Key.Key_Control)  # Qt goes on believing in a key that a test held down last
    assert QApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier
    _delete_later()
    gc.collect()
    _delete_later()
    left = [t.name for t in set(threading.enumerate()) - threads if t.is_alive()]
    assert not left, f"threads survive the test: {left}"
    alive = [w for w in QApplication.topLevelWidgets() if w not in windows and w.isVisible()]
    assert not alive, f"windows survive the test: {alive}"
    timers = [t for t in qapp.findChildren(QTimer) if t.isActive()]
    for widget in QApplication.topLevelWidgets():
        if widget not in windows:
            timers += [t for t in widget.findChildren(QTimer) if t.isActive() and _is_ours(t)]
    assert not timers, f"timers survive the test: {[(t, t.parent()) for t in timers]}"


def _is_ours(timer: QObject) -> bool:
    """Timers inside Qt's and pyqtgraph's own widgets are theirs to stop."""
    parent = timer.parent()
    return parent is not None and type(parent).__module__.startswith("gui.")


@pytest.fixture
def context(qapp, workspace):
    """What panels are handed, on a temporary workspace, with an engine that trains nothing."""
    settings = QSettings(str(workspace.root / "window.ini"), QSettings.Format.IniFormat)
    made = Context(workspace, fakes.FakeEngine(workspace), settings)
    made.libraries.ready, made.libraries.device = True, "CPU"
    yield made
    made.close()


@pytest.fixture
def show_panel(qtbot, qapp, context):
    """Make a panel of a class, bring it to the front, and close it after the test."""
    theme.apply(qapp, dark=False)
    made = []

    def show(kind):
        panel = kind(context)
        qtbot.addWidget(panel)
        made.append(panel)
        panel.resize(1200, 720)
        panel.show()
        panel.activate()
        return panel

    yield show
    for panel in made:
        panel.close_panel()
        panel.hide()
