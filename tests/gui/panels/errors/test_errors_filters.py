"""The filters of the Errors panel beyond right and wrong: confidence, modalities, seeds, classes and captures."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt

from core.analysis.selection import SURE, Which, select
from core.analysis.study_records import PREFIX
from core.datasets.base import Modality
from gui.widgets.which_clips import HELP
from tests.core.live.captured_tones import asked_live, keep
from tests.gui.make_runs import NETWORKS, make_modalities, make_study, synthetic_clips
from tests.gui.panels.errors.steps import NOWHERE, STUDY, choose, shown


def test_every_way_to_choose_clips_is_offered_once_and_shows_what_it_says(qtbot, opened, context):
    make_modalities(
        context.workspace, synthetic_clips(5), dataset=NOWHERE, architectures=("baseline_cnn",), seeds=(0, 1)
    )
    panel = opened()
    chooser = panel.filters.which_clips
    offered = [b.text() for b in chooser._buttons.values()] + [a.text() for a in chooser._actions.values()]
    assert sorted(offered) == sorted(Which) and set(HELP) == set(Which)
    for which in Which:
        choose(panel, which)
        checked = [b.text() for b in (*chooser._buttons.values(), chooser.more) if b.isChecked()]
        assert checked == [which.value]
        assert sorted(shown(panel)) == select(panel.data, panel.filters.choice).tolist()
        assert panel.filters.choice.which is which and len(shown(panel))


def test_confidence_is_asked_for_where_it_counts(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    assert not panel.filters.confidence.isVisible()
    choose(panel, Which.CONFIDENT)
    records = panel.data.records
    wrong = ~records.correct
    assert panel.filters.confidence.isVisible()
    assert set(shown(panel)) == set(np.flatnonzero(wrong & (records.confidence >= SURE)))
    panel.filters.confidence.setValue(50)
    qtbot.waitUntil(lambda: set(shown(panel)) == set(np.flatnonzero(wrong & (records.confidence >= 0.5))))
    panel.save_state()
    assert opened().filters.choice.confidence == 0.5


def test_what_a_study_has_not_cannot_be_chosen_and_says_why(opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE, networks=NETWORKS[:1])
    panel = opened()
    chooser = panel.filters.which_clips
    assert not chooser._buttons[Which.EVERYBODY].isEnabled()
    assert "one network" in chooser._buttons[Which.EVERYBODY].toolTip()
    enabled = {which for which, entry in chooser._actions.items() if entry.isEnabled()}
    assert enabled == {Which.CONFIDENT}
    assert "one seed" in chooser._actions[Which.FLIPS].toolTip()


def test_a_class_narrows_to_its_row(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    combo, classes = panel.filters.label, panel.data.records.classes
    assert [combo.itemText(k) for k in range(1, combo.count())] == sorted(classes)
    place = combo.findText("kitchen rain")
    combo.setCurrentIndex(place)
    combo.activated.emit(place)
    assert {classes[label] for label in panel.data.records.true[shown(panel)]} == {"kitchen rain"}
    assert len(shown(panel)) == 3 * 16


def test_sight_right_sound_wrong_shows_the_sound_of_the_chosen_architecture(opened, context):
    make_modalities(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE)
    panel = opened()
    choose(panel, Which.SIGHT_NOT_SOUND)
    labels = {network.label: network for network in panel.data.networks}

    def answering():
        return {labels[panel.data.records.runs[panel.data.records.run[row]].network] for row in shown(panel)}

    assert {network.modality for network in answering()} == {Modality.AUDIO} and len(answering()) == 2
    place = next(k for k, n in enumerate(panel.data.networks, start=1) if n.architecture == "resnet50")
    panel.filters.network.setCurrentIndex(place)
    panel.filters.network.activated.emit(place)
    assert {network.architecture for network in answering()} == {"resnet50"}
    choose(panel, Which.SOUND_NOT_SIGHT)
    assert {network.modality for network in answering()} == {Modality.VIDEO}


def test_from_a_study_to_its_captures_and_back(qtbot, opened, context):
    runs = make_study(context.workspace, synthetic_clips(3), dataset=NOWHERE, networks=NETWORKS[:1], folds=(1,))
    panel = opened()
    button = panel.filters.captures
    assert not button.isEnabled() and "no captures" in button.toolTip()
    keep(context.workspace, "morning", runs[0].predictions().classes[0], 0, pitch=440.0, said=asked_live(runs[0]))
    panel.runs_changed()
    qtbot.waitUntil(button.isEnabled)
    qtbot.waitUntil(lambda: not panel.is_reading)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.study == PREFIX + STUDY)
    assert button.isChecked() and len(shown(panel)) == 1
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.study == STUDY)
    assert not button.isChecked()


def test_the_difference_of_two_networks_and_the_records_of_both_in_a_cell(opened, context):
    make_study(context.workspace, synthetic_clips(6, per_class=16), dataset=NOWHERE, networks=NETWORKS, folds=(1, 2))
    panel = opened()
    matrix, records, networks = panel.matrix, panel.data.records, panel.data.networks
    plain = matrix.readout.text()
    matrix.difference.click()
    for combo, place in ((panel.filters.right, 2), (panel.filters.wrong, 0)):
        assert combo.isVisible()
        combo.setCurrentIndex(place)
        combo.activated.emit(place)
    assert not panel.filters.network.isEnabled() and matrix.lists.tabText(0) == "Most different"

    def of(place):
        mine = np.array([records.runs[run].network == networks[place].label for run in records.run])
        made = np.zeros((6, 6), int)
        np.add.at(made, (records.true[mine], records.predicted[mine]), 1)
        return made

    a, b = of(2), of(0)
    assert (matrix.matrix._values == a - b).all()
    matrix.cells.setCurrentIndex(matrix.cells.findData("row"))
    np.testing.assert_allclose(matrix.matrix._values, a / a.sum(axis=1)[:, None] - b / b.sum(axis=1)[:, None])
    first = matrix.pairs.topLevelItem(0)
    cell = tuple(first.data(0, Qt.ItemDataRole.UserRole))
    assert [int(first.text(2)), int(first.text(3))] == [a[cell], b[cell]]
    matrix.matrix.select(frozenset({cell}))
    assert len(shown(panel)) == a[cell] + b[cell] > 0
    assert f"A {a[cell]} of" in matrix.readout.text() and f"B {b[cell]} of" in matrix.readout.text()
    assert f"A {a[cell]} of" in matrix.matrix.accessibleDescription()
    panel.save_state()
    again = opened()
    assert again.matrix.difference.isChecked() and again.filters.choice.comparing
    assert (again.matrix.matrix._values == matrix.matrix._values).all()
    matrix.difference.click()
    matrix.matrix.select(frozenset())
    assert matrix.readout.text() == plain and panel.filters.network.isEnabled()
    assert matrix.matrix._values.min() >= 0 and len(shown(panel)) == len(records)


def test_one_network_has_no_difference(opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE, networks=NETWORKS[:1])
    context.settings.setValue("errors/difference", "on")
    panel = opened()
    assert not panel.matrix.difference.isEnabled() and "one network" in panel.matrix.difference.toolTip()
    assert not panel.filters.choice.comparing and len(shown(panel)) == len(panel.data.records)


def test_agreement_of_seeds_is_a_column_where_there_are_several(qtbot, opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE, networks=NETWORKS[:1])
    panel = opened()
    assert "Seeds agree" not in [column.title for column in panel.table.clips.columns]
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE, networks=NETWORKS[:1], seeds=(1,))
    before = panel.data
    context.runs_changed.emit()
    qtbot.waitUntil(lambda: panel.data is not before)
    (column,) = [column for column in panel.table.clips.columns if column.title == "Seeds agree"]
    choose(panel, Which.FLIPS)
    assert len(shown(panel)) and {column.text(row) for row in shown(panel)} == {"50 %"}
    others = set(range(len(panel.data.records))) - set(shown(panel))
    assert others and {column.text(row) for row in others} == {"100 %"}


def test_thumbnails_come_back(opened, context):
    make_study(context.workspace, synthetic_clips(4, per_class=8), dataset=NOWHERE)
    first = opened()
    first.filters.thumbnails.click()
    assert not first.table.isColumnHidden(0)
    first.save_state()
    panel = opened()
    assert panel.filters.thumbnails.isChecked() and not panel.table.isColumnHidden(0)
