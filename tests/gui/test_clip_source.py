"""The clips of a study's dataset: those of the folder asked for last, however long another takes to open."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from core.errors import UserError
from core.run_spec import DatasetChoice
from gui import clip_source
from gui.clip_source import ClipSource

FIRST, SECOND = (DatasetChoice(name="labelled-folder", root=root) for root in ("/first", "/second"))


@pytest.mark.parametrize("gone", [False, True])
def test_a_folder_that_opens_late_takes_no_other_ones_place(qtbot, context, monkeypatch, gone):
    late, ended = threading.Event(), threading.Event()

    def open_all(choice, *_):
        if choice == FIRST:
            late.wait(10)
            ended.set()
            if gone:
                raise UserError("/first is gone.")
        return SimpleNamespace(name=choice.name, root=choice.root, clips=())

    monkeypatch.setattr(clip_source, "open_all", open_all)
    source = ClipSource(context)
    source.open(FIRST)
    source.open(SECOND)
    qtbot.waitUntil(lambda: source.dataset is not None)
    late.set()
    assert ended.wait(10)
    qtbot.waitUntil(lambda: not context.jobs.busy)
    assert source.dataset.root == "/second"
    assert not source.trouble
