from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QObject

from core.errors import UserError
from gui.jobs import Jobs


class Ear(QObject):
    """Lives in the window's thread and remembers what it hears, and where."""

    def __init__(self):
        super().__init__()
        self.heard = []

    def done(self, result):
        self.heard.append(("done", result, threading.current_thread() is threading.main_thread()))

    def failed(self, sentence):
        self.heard.append(("failed", sentence))

    def progress(self, value):
        self.heard.append(("progress", value))


@pytest.fixture
def jobs(qapp):
    made = Jobs()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def ear(qapp):
    return Ear()


def test_results_and_progress_arrive_in_the_window_s_thread(jobs, ear, qtbot):
    jobs.run(lambda control, report: (report(1), 42)[1], ear.done, ear.failed, ear.progress)
    qtbot.waitUntil(lambda: ear.heard == [("progress", 1), ("done", 42, True)])
    qtbot.waitUntil(lambda: not jobs.busy)


def test_what_a_person_can_mend_is_passed_on_as_it_is(jobs, ear, qtbot):
    def work(control, report):
        raise UserError("Mend it.")

    jobs.run(work, ear.done, ear.failed)
    qtbot.waitUntil(lambda: ear.heard == [("failed", "Mend it.")])


def test_a_fault_nobody_handles_is_not_lost(jobs, ear, qtbot):
    jobs.unhandled.connect(ear.failed)
    jobs.run(lambda control, report: 1 / 0, ear.done)
    qtbot.waitUntil(lambda: bool(ear.heard) and "ZeroDivisionError" in ear.heard[0][1])


def test_nothing_arrives_after_cancel(jobs, ear, qtbot):
    started, go_on = threading.Event(), threading.Event()

    def work(control, report):
        started.set()
        go_on.wait(5)
        return "late"

    job = jobs.run(work, ear.done, ear.failed)
    assert started.wait(5)
    job.cancel()
    go_on.set()
    qtbot.waitUntil(lambda: not jobs.busy)
    assert ear.heard == []


def test_closing_cancels_what_runs_and_refuses_more(jobs, ear, qtbot):
    started = threading.Event()

    def work(control, report):
        started.set()
        while True:
            control.checkpoint()

    jobs.run(work, ear.done)
    assert started.wait(5)
    jobs.close()
    assert jobs.run(lambda control, report: 1, ear.done).control.cancelled
    qtbot.wait(20)
    assert ear.heard == []
