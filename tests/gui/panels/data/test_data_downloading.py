"""The Data panel offers what is not here yet, and downloads it while other datasets are looked at."""

from __future__ import annotations

import threading

import pytest

from core.datasets import download
from core.errors import UserError
from core.events import Progress
from gui.panels import data
from tests.gui.panels.data.steps import ESC10, endless, opened


def test_nothing_has_come_of_a_dataset_that_is_only_offered(qtbot, panel, context, folder, monkeypatch):
    opened(qtbot, panel, folder)
    monkeypatch.setattr(data, "open_chosen", endless)
    panel.select("demo-sounds")
    panel.select("esc50")
    assert panel.pages.currentWidget() is panel.download and panel.choice == context.dataset_choice
    panel.activate()
    assert panel.chooser.cards["esc50"].place.whole() == "Not downloaded yet"


def test_a_dataset_that_is_not_here_is_offered_and_an_address_that_fails_is_said(qtbot, panel, context):
    panel.chooser.cards["esc50"].clicked.emit("esc50")
    assert panel.pages.currentWidget() is panel.download
    assert "NC" in panel.download.licence.text() or "non-commercial" in panel.download.licence.text()
    official = panel.download.address.text()
    panel.download.address.setText("http://127.0.0.1:9/esc50.zip")  # nothing listens there
    panel.download.start.click()
    assert panel.download.progress.isVisible() and not panel.download.start.isEnabled()
    qtbot.waitUntil(lambda: not panel.download.trouble.isHidden(), timeout=20_000)
    assert "127.0.0.1:9" in panel.download.trouble.text() and panel.download.start.isEnabled()
    panel.select("esc10")
    assert panel.download.address.text() == "http://127.0.0.1:9/esc50.zip", "the address is a setting"
    panel.download.address.clear()
    panel.download.address.editingFinished.emit()
    assert panel.download.address.text() == official


@pytest.mark.skipif(not ESC10.is_dir(), reason="the ESC-10 recordings are not in ../shared/data")
def test_what_was_downloaded_is_opened(qtbot, panel, context, monkeypatch):
    def arrive(name, target, address, control, report):
        report(Progress("Downloading ESC-50", 50, 100, "bytes", "50 B of 100 B, 10 B/s, 5 s left"))
        while not panel.download.progress.detail.text():  # shown before the end
            control.checkpoint()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(ESC10)
        return target

    monkeypatch.setattr(download, "download_dataset", arrive)
    panel.select("esc10")
    panel.download.start.click()
    qtbot.waitUntil(lambda: panel.pages.currentWidget() is panel.content, timeout=20_000)
    assert panel.download.progress.detail.text() == "50 B of 100 B, 10 B/s, 5 s left"
    assert context.dataset.name == "esc10" and context.dataset_choice.root == ""
    assert panel.chooser.cards["esc50"].place.whole() == "In the workspace"


def test_a_download_goes_on_while_other_datasets_are_looked_at(qtbot, panel, context, folder, monkeypatch):
    controls = []

    def slow(name, target, address, control, report):
        controls.append(control)
        report(Progress("Downloading ESC-50", 50, 100, "bytes", "50 B of 100 B"))
        while not arrived.wait(0.01):
            control.checkpoint()
        return target

    arrived = threading.Event()
    monkeypatch.setattr(download, "download_dataset", slow)
    page = panel.download
    panel.select("esc50")
    page.start.click()
    qtbot.waitUntil(lambda: page.progress.detail.text() != "", timeout=5000)
    opened(qtbot, panel, folder)
    panel.select("esc50")
    assert page.isVisible() and page.progress.isVisible() and not page.start.isEnabled()
    assert page.progress.detail.text() == "50 B of 100 B" and not controls[0].cancelled
    panel.select("ucf101")
    assert page.progress.isHidden(), "it cannot be downloaded here"
    opened(qtbot, panel, folder)
    with qtbot.waitSignal(context.message, timeout=5000) as said:
        arrived.set()
    assert said.args == ["ESC-50 has been downloaded: choose it on the left to open it.", "info"]
    assert panel.pages.currentWidget() is panel.content and panel.choice.name == "labelled-folder"
    assert page.start.isEnabled()


def test_a_download_that_fails_is_not_said_under_the_title_of_another(qtbot, panel, context, monkeypatch):
    def fail(name, target, address, control, report):
        assert gate.wait(5)
        raise UserError("ESC-50 did not come.")

    gate = threading.Event()
    monkeypatch.setattr(download, "download_dataset", fail)
    panel.select("esc50")
    panel.download.start.click()
    panel.select("ucf101")
    with qtbot.waitSignal(context.message, timeout=5000) as said:
        gate.set()
    assert said.args == ["ESC-50 did not come.", "error"] and panel.download.trouble.isHidden()
    panel.select("esc50")
    panel.download.start.click()
    panel.select("esc10")  # in the same archive
    qtbot.waitUntil(lambda: panel.download.trouble.text() == "ESC-50 did not come.", timeout=5000)


def test_a_download_ends_by_its_own_cancel(qtbot, panel, monkeypatch):
    monkeypatch.setattr(download, "download_dataset", lambda *arguments: endless(*arguments))
    panel.select("esc50")
    panel.download.start.click()
    job = panel._download_job
    panel.download.progress.cancel.click()
    assert job.control.cancelled and panel.download.progress.isHidden() and panel.download.start.isEnabled()
