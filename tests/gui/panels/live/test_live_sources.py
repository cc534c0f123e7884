"""What the Live panel offers to be replayed, and what becomes of it."""

from __future__ import annotations

import shutil

import pytest

from core.datasets.base import Modality
from gui.panels.live_bar import DATASET, REPLAY, LiveBar
from gui.panels.live_sources import TRAINED, UNTRAINED, LiveSources
from tests.gui.panels.live.game_steps import sound_study


@pytest.fixture
def asked():
    """The runs that are asked: the tests say which."""
    return []


@pytest.fixture
def sources(qtbot, context, asked):
    bar = LiveBar(REPLAY)
    qtbot.addWidget(bar)
    return LiveSources(context, bar, lambda: asked, bar)


def offered(sources) -> list[str]:
    bar = sources._bar.replays
    return [bar.itemText(place) for place in range(bar.count())]


def test_where_nothing_is_open_in_data_the_clips_of_the_networks_are_replayed(qtbot, sources, asked, context, tmp_path):
    runs, clips = sound_study(context, tmp_path / "sounds")
    sources.offer_learned()
    asked += [run for run in runs if run.spec.fold == 1]
    sources.offer_learned()
    qtbot.waitUntil(lambda: len(offered(sources)) == 2)
    assert sources._bar.replay == DATASET
    replay = sources.make().replay
    tested = {name for name, fold in zip(clips.ids, clips.folds, strict=True) if fold == 1}
    assert {str(take.path.relative_to(tmp_path / "sounds")) for take in replay.takes} == tested
    assert all(take.label == take.path.parent.name for take in replay.takes) and replay.words == UNTRAINED
    assert replay.sight is None and sources.modality is Modality.AUDIO_VISUAL
    asked += [run for run in runs if run.spec.fold == 2]
    every = sources.make().replay
    assert len(every.takes) == len(clips.ids) and every.words == TRAINED


def test_clips_that_are_gone_are_not_offered(qtbot, sources, asked, context, tmp_path):
    asked += sound_study(context, tmp_path / "sounds")[0]
    shutil.rmtree(tmp_path / "sounds")
    sources.offer_learned()
    qtbot.waitUntil(lambda: not context.jobs.busy)
    sources.offer_replays()
    assert offered(sources) == ["A file …"] and not sources.make().replay.takes


def test_where_what_is_replayed_was_deleted_the_source_is_another(qtbot, sources, tmp_path):
    recording = tmp_path / "recording 10-00-00"
    recording.mkdir()
    sources.choose_file(recording)
    with qtbot.assertNotEmitted(sources.changed):
        sources.offer_replays()
    assert sources._bar.replay == str(recording)
    recording.rmdir()
    with qtbot.waitSignal(sources.changed):
        sources.offer_replays()
    assert sources._bar.replay == DATASET
