"""The Errors panel's clip view and bars: sound, sight and both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QLabel

from core.analysis.selection import Which
from core.datasets.base import Clip, Dataset, Modality
from core.recipe import FrontEnds
from core.run_spec import DatasetChoice, Network
from gui import theme
from gui.context import ErrorsRequest
from gui.widgets.probabilities import ROW
from tests.gui.make_runs import FRAMES, NETWORKS, ClipList, make_modalities, make_study, synthetic_clips
from tests.gui.panels.errors.steps import NOWHERE, STUDY, choose, shown


def test_where_the_clips_are_gone_a_sentence_says_so_and_the_rest_works(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    assert "/nowhere" in panel.source.trouble
    assert any("/nowhere" in label.text() for label in panel.clip_view.findChildren(QLabel))
    assert panel.bars.rows


def test_a_clip_is_handed_to_the_clip_view_with_the_settings_of_its_run(qtbot, opened, context, tmp_path, monkeypatch):
    ids = []
    for name in ("dog", "rain"):
        (tmp_path / "clips" / name).mkdir(parents=True)
        for i in range(4):
            noise = np.random.default_rng(i).normal(0, 0.1, 8000)
            soundfile.write(tmp_path / "clips" / name / f"{i}.wav", noise, 8000)
            ids.append(f"{name}/{i}.wav")
    clips = ClipList(("dog", "rain"), tuple(ids), (0,) * 4 + (1,) * 4, (1, 2) * 4)
    choice = DatasetChoice(name="labelled-folder", root=str(tmp_path / "clips"))
    make_study(context.workspace, clips, dataset=choice, networks=(Network(),), folds=(1, 2))
    seen = []
    monkeypatch.setattr("gui.widgets.clip_view.ClipView.show_clip", lambda self, *given: seen.append(given))
    panel = opened()
    qtbot.waitUntil(lambda: bool(seen))
    dataset, clip, given = seen[-1]
    record = panel.table.current
    assert clip.id == panel.data.records.clip_ids[panel.data.records.clip[record]]
    assert dataset.root == tmp_path / "clips"
    assert given == FrontEnds(audio=panel.data.specs[panel.data.records.run[record]].recipe.audio)
    qtbot.keyClick(panel.table, Qt.Key.Key_Right)
    assert panel.table.current == shown(panel)[1]
    assert seen[-1][1].id == panel.data.records.clip_ids[panel.data.records.clip[shown(panel)[1]]]
    qtbot.keyClick(panel.table, Qt.Key.Key_Left)
    assert panel.table.current == shown(panel)[0]


def test_clips_that_are_opened_in_data_meanwhile_are_shown_when_the_runs_are_read_again(
    qtbot, opened, context, monkeypatch
):
    clips, given = synthetic_clips(4, per_class=8), []
    make_study(context.workspace, clips, dataset=NOWHERE)
    monkeypatch.setattr("gui.widgets.clip_view.ClipView.show_clip", lambda self, _, clip, __: given.append(clip.id))
    panel = opened()
    assert panel.source.trouble and not given
    found = tuple(
        Clip(name, Path(name), label, fold, name)
        for name, label, fold in zip(clips.ids, clips.labels, clips.folds, strict=True)
    )
    sound = frozenset({Modality.AUDIO})
    context.set_dataset(NOWHERE, Dataset("labelled-folder", "", Path("/nowhere"), clips.classes, found, "", sound))
    before = panel.data
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: panel.data is not before)
    assert given == [panel.data.name_of(panel.table.current)[1]]


def test_after_a_click_on_a_cell_the_space_bar_plays(qtbot, opened, context, monkeypatch):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    played = []
    monkeypatch.setattr(panel.clip_view.player, "toggle", lambda: played.append(True))
    panel.filters.search.setFocus()
    canvas = panel.matrix.matrix
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas._rect((0, 0)).center().toPoint())
    qtbot.keyClick(panel.window().focusWidget(), Qt.Key.Key_Space)
    assert played
    assert not panel.filters.search.text()


def test_sight_right_and_sound_wrong_are_told_apart_and_swapped(opened, context):
    make_modalities(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    networks = panel.data.networks
    names = [panel.filters.right.itemText(place) for place in range(panel.filters.right.count())]
    assert names == [network.name for network in networks]
    assert [network.modality for network in networks] == list(Modality) * 2
    assert all(name.endswith(network.modality.word) for name, network in zip(names, networks, strict=True))
    choose(panel, Which.A_NOT_B)
    records, runs = panel.data.records, panel.data.records.runs

    def right(place):
        """(clip, fold, seed) of a network → whether it was right."""
        return {
            (records.clip[i], runs[records.run[i]].fold, runs[records.run[i]].seed): bool(records.correct[i])
            for i in range(len(records))
            if runs[records.run[i]].network == networks[place].label
        }

    sound, sight = right(0), right(1)
    for swapped, (a, b) in enumerate(((sound, sight), (sight, sound))):
        assert panel.filters.choice.right == swapped
        clips = {records.clip[i] for i in shown(panel)}
        assert clips == {key[0] for key in a if a[key] and not b[key]}
        assert clips
        panel.filters.swap.click()


def test_networks_with_names_of_their_own_say_their_modality(qtbot, opened, context):
    named = tuple(
        network.model_copy(update={"name": f"my {k}"}) for k, network in enumerate(NETWORKS[:2])
    )  # fmt: skip
    make_modalities(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE, folds=(1,))
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE, networks=named, folds=(1,))
    panel = opened()
    assert {"my 0, sound", "my 1, sound"} <= {network.name for network in panel.data.networks}
    before = panel.data
    context.want_errors(ErrorsRequest(STUDY, "my 1"))  # by its label
    panel.activate()
    qtbot.waitUntil(lambda: panel.data is not before)
    assert panel.filters.network.currentText() == "my 1, sound"


def test_bars_name_architecture_and_modality_and_tell_more_under_the_pointer(opened, context):
    make_modalities(
        context.workspace,
        synthetic_clips(6, per_class=8),
        dataset=NOWHERE,
        fusions=("gated attention", "score average"),
    )
    panel = opened()
    opinions = panel.bars._opinions
    assert [opinion.group for opinion in opinions] == ["Baseline CNN"] * 4 + ["ResNet-50"] * 4
    assert [opinion.modality for opinion in opinions[:2]] == [Modality.AUDIO, Modality.VIDEO]
    assert [opinion.short for opinion in opinions[:2]] == ["sound", "sight"]
    assert {opinion.short.split(", ")[1] for opinion in opinions[2:4]} == {"gated attention", "score average"}
    bars = panel.bars
    y = (bars._head() + 0.5) * theme.pixels(ROW)
    told = {bars.words_at(QPointF(bars._names() + (k + 0.5) * bars._width(), y)) for k in range(8)}
    assert {words.split("\n")[0] for words in told} == {network.name for network in panel.data.networks}
    assert not bars.grab().isNull()


def test_what_is_said_of_single_frames_is_handed_on_and_another_class_can_be_chosen(
    qtbot, opened, context, tmp_path, monkeypatch
):
    clips = synthetic_clips(4, per_class=8)
    for clip_id in clips.ids:
        path = tmp_path / "clips" / clip_id
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros(800), 8000)
    choice = DatasetChoice(name="labelled-folder", root=str(tmp_path / "clips"))
    make_modalities(context.workspace, clips, dataset=choice, architectures=("alexnet",), folds=(1, 2))
    handed = []
    monkeypatch.setattr("gui.widgets.clip_view.ClipView.show_clip", lambda self, *given: None)
    monkeypatch.setattr(
        "gui.widgets.clip_view.ClipView.show_frame_probabilities", lambda self, *given: handed.append(given)
    )
    panel = opened()
    qtbot.waitUntil(lambda: bool(handed), timeout=10_000)
    for network in panel.data.networks:
        panel.filters.network.setCurrentIndex(panel.filters.network.findText(network.name))
        panel.filters.network.activated.emit(1)
        record, classes = panel.table.current, panel.data.records.classes
        assert panel.data.records.runs[panel.data.records.run[record]].network == network.label
        if network.modality != Modality.VIDEO:
            assert handed[-1] == (None,)
            assert panel.bars.of_frames == -1
            continue
        run, row = panel.data.records.run[record], panel.data.records.row[record]
        said = panel.data.predictions[run].frame_probabilities[row].astype(np.float32)
        predicted, true = int(panel.data.records.predicted[record]), int(panel.data.records.true[record])
        assert len(said) == FRAMES
        assert handed[-1][1] == classes[predicted]
        np.testing.assert_array_equal(handed[-1][0], said[:, predicted])
        bars = panel.bars
        assert bars.of_frames == predicted
        first = QPoint(20, round((bars._head() + 0.5) * theme.pixels(ROW)))
        qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=first)  # the true class
        assert bars.rows[0] == true == bars.of_frames
        assert handed[-1][1] == classes[true]
        assert f"how probable {classes[true]} is" in handed[-1][2] and "Click another class" in handed[-1][2]
        np.testing.assert_array_equal(handed[-1][0], said[:, true])
        before = panel.data
        context.runs_changed.emit()
        qtbot.waitUntil(lambda: panel.data is not before)  # noqa: B023
        assert bars.of_frames == true and handed[-1][1] == classes[true], "the clip stays open, and its bars act on it"
