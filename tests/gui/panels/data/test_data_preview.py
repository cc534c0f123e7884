"""The Data panel's preview of augmentations of sound."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from core.errors import UserError
from gui.panels.data_content import AUGMENTATION
from gui.widgets.sound_augmentation import KINDS, MASKS
from tests.gui.panels.data.steps import opened


@pytest.mark.parametrize("kind", KINDS, ids=[kind.title for kind in KINDS])
def test_every_augmentation_changes_what_it_says(qtbot, panel, folder, kind):
    opened(qtbot, panel, folder)
    panel.content.tabs.setCurrentIndex(AUGMENTATION)
    preview = panel.content.augmentation
    preview.kind.setCurrentText(kind.title)
    preview.seed.setValue(3)
    seen = []
    real = preview._show
    preview._show = lambda sides: (real(sides), seen.append(sides))
    preview._compute()
    qtbot.waitUntil(lambda: bool(seen), timeout=20_000)
    before, after = seen[-1]
    assert before.samples.shape == after.samples.shape
    assert np.array_equal(before.samples, after.samples) == (kind in MASKS)
    assert not np.array_equal(before.picture.decibels, after.picture.decibels)
    preview.again.click()
    assert preview.seed.value() == 4
    qtbot.waitUntil(lambda: len(seen) == 2 or preview._job is None, timeout=20_000)


def test_the_preview_names_its_clip(qtbot, panel, folder):
    opened(qtbot, panel, folder)
    clip = panel.content.browser.current
    assert panel.content.augmentation.clip_name.whole() == f"{panel.content.dataset.classes[clip.label]} · {clip.id}"
    panel.content.browser.search.setText("no such clip")
    qtbot.waitUntil(lambda: panel.content.browser.current is None, timeout=2000)
    preview = panel.content.augmentation
    assert preview.clip_name.whole() == "No clip is chosen under Clips"
    assert preview.pages.currentWidget() is preview.nothing, "no axes without a clip"
    preview.kind.setCurrentIndex(1)
    assert preview.pages.currentWidget() is preview.nothing
    panel.content.browser.search.clear()
    qtbot.waitUntil(lambda: preview.pages.currentWidget() is preview.sound, timeout=2000)


def test_the_preview_never_shows_one_clip_under_the_name_of_another(qtbot, panel, folder):
    opened(qtbot, panel, folder)
    panel.content.tabs.setCurrentIndex(AUGMENTATION)
    preview, browser = panel.content.augmentation, panel.content.browser
    sides = preview.sound.before, preview.sound.after
    browser.reveal("siren/0.wav")
    qtbot.waitUntil(lambda: all(side.player.duration > 0 for side in sides), timeout=20_000)
    assert all(side.play.isEnabled() for side in sides)
    qtbot.waitUntil(lambda: preview._job is None and panel._job is None, timeout=20_000)
    browser.reveal("rain/text.wav")
    assert not any(side.player.duration or side.play.isEnabled() for side in sides), "at once"
    qtbot.waitUntil(lambda: "text.wav" in preview.said.whole(), timeout=20_000)
    browser.reveal("siren/1.wav")
    assert "text.wav" not in preview.said.whole()
    qtbot.waitUntil(lambda: all(side.player.duration > 0 for side in sides), timeout=20_000)

    def broken(*arguments):
        raise UserError("Nothing comes of it.")

    preview.sound.work = lambda *arguments: broken
    preview.again.click()
    qtbot.waitUntil(lambda: preview.said.whole() == "Nothing comes of it.", timeout=5000)
    assert not any(side.player.duration for side in sides), "nor one change under the name of another"


def test_a_preview_that_takes_long_says_so(qtbot, panel, folder):
    opened(qtbot, panel, folder)
    panel.content.tabs.setCurrentIndex(AUGMENTATION)
    preview = panel.content.augmentation
    qtbot.waitUntil(lambda: preview._job is None, timeout=20_000)
    gate, work = threading.Event(), preview.sound.work
    preview.sound.work = lambda *what: lambda *arguments: (gate.wait(10), work(*what)(*arguments))[1]
    preview.again.click()
    qtbot.waitUntil(lambda: preview.said.whole() == "Preparing …", timeout=3000)
    gate.set()
    qtbot.waitUntil(lambda: preview.said.whole() == KINDS[0].help, timeout=20_000)
