"""The Errors panel driven from one end to the other: every filter with every other, and every key, on real films.

What the table must hold is read from the predictions clip by clip, as the tooltips of the filters say it in words.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.analysis.selection import Which
from core.analysis.study_records import PREFIX, StudyRecords
from core.control import Control
from core.datasets import demo_videos
from core.datasets.base import Modality
from core.run_spec import DatasetChoice
from gui.widgets.confusion_view import CELLS, ORDERS
from gui.widgets.review_bar import NOTE_KEY, VERDICT_KEYS
from tests.core.live.captured_tones import asked_live, keep
from tests.gui.make_runs import ClipList, make_modalities
from tests.gui.panels.errors.steps import STUDY, choose, shown

DEMO = DatasetChoice(name="demo-videos")
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def panel(qtbot, opened, context, monkeypatch):
    """Two architectures on sound, on sight and on both; two folds, two seeds; eight classes of synthetic films."""
    monkeypatch.setattr(demo_videos, "SOURCES", 8)
    films = demo_videos.open_demo_videos(context.workspace.datasets / DEMO.name, Control())
    clips = ClipList(
        films.classes,
        tuple(clip.id for clip in films.clips),
        tuple(clip.label for clip in films.clips),
        tuple(1 + (clip.fold or 0) % 2 for clip in films.clips),
    )
    runs = make_modalities(context.workspace, clips, dataset=DEMO, folds=(1, 2), seeds=(0, 1))
    keep(context.workspace, "morning", films.classes[0], 0, pitch=440.0, said=asked_live(runs[0]))
    return opened()


class Told:
    """Every prediction of a study as a row of words and numbers, and which of them each filter lets through."""

    def __init__(self, data: StudyRecords) -> None:
        records = data.records
        networks = {network.label: network for network in data.networks}
        self.names = [network.name for network in data.networks]
        self.classes = records.classes
        self.rows = []
        for i in range(len(records)):
            run = records.runs[records.run[i]]
            network = networks[run.network]
            self.rows.append(
                {
                    "network": network.name, "architecture": network.architecture, "modality": network.modality,
                    "fold": run.fold, "seed": run.seed, "clip": str(records.clip_ids[records.clip[i]]),
                    "true": records.classes[records.true[i]], "predicted": records.classes[records.predicted[i]],
                    "sure": float(data.predictions[records.run[i]].probabilities[records.row[i]].max()),
                }
            )  # fmt: skip
        for row in self.rows:
            row["right"] = row["true"] == row["predicted"]
        self.together = defaultdict(list)  # answers about a clip in the same fold with the same seed
        self.again = defaultdict(list)  # answers of a network about a clip with every seed
        for row in self.rows:
            self.together[row["clip"], row["fold"], row["seed"]].append(row)
            self.again[row["clip"], row["fold"], row["network"]].append(row)

    def let_through(self, which, network="all networks", fold="all", seed="all", label="all", words="", a="", b=""):
        """Places of the rows."""
        return [
            place
            for place, row in enumerate(self.rows)
            if fold in ("all", str(row["fold"]))
            and seed in ("all", str(row["seed"]))
            and label in ("all", row["true"])
            and all(
                any(word in row[of].casefold() for of in ("clip", "true", "predicted"))
                for word in words.casefold().split()
            )
            and self._of_network(row, which, network, b)
            and self._wanted(row, which, network, a)
        ]

    def _of_network(self, row, which, network, b):
        across = {Which.SIGHT_NOT_SOUND: Modality.AUDIO, Which.SOUND_NOT_SIGHT: Modality.VIDEO}
        if which is Which.A_NOT_B:
            return row["network"] == b
        if which in across:
            return row["modality"] is across[which] and self._architecture(network) in (None, row["architecture"])
        return network in ("all networks", row["network"])

    def _architecture(self, network):
        return next((row["architecture"] for row in self.rows if row["network"] == network), None)

    def _wanted(self, row, which, network, a):
        beside = self.together[row["clip"], row["fold"], row["seed"]]
        match which:
            case Which.ALL:
                return True
            case Which.ERRORS:
                return not row["right"]
            case Which.CONFIDENT:
                return not row["right"] and row["sure"] >= 0.9
            case Which.EVERYBODY:
                return not any(other["right"] for other in beside)
            case Which.A_NOT_B:
                return not row["right"] and any(other["right"] for other in beside if other["network"] == a)
            case Which.FLIPS:
                return len({other["predicted"] for other in self.again[row["clip"], row["fold"], row["network"]]}) > 1
        asked = [other for other in beside if self._architecture(network) in (None, other["architecture"])]
        sight, sound = (
            {other["right"] for other in asked if other["modality"] is modality}
            for modality in (Modality.VIDEO, Modality.AUDIO)
        )
        return (sight, sound) == (({True}, {False}) if which is Which.SIGHT_NOT_SOUND else ({False}, {True}))


def pick(combo, word):
    """As a hand does it."""
    place = combo.findText(word)
    assert place >= 0, word
    combo.setCurrentIndex(place)
    combo.activated.emit(place)


def words_of(combo):
    return [combo.itemText(place) for place in range(combo.count())]


def test_every_filter_with_every_other_shows_what_it_says_in_words(qtbot, panel, monkeypatch):
    monkeypatch.setattr(panel.clip_view, "show_clip", lambda *_: None)  # another would be decoded at every step
    filters, told, seen = panel.filters, Told(panel.data), 0

    def agrees(**chosen):
        rows = told.let_through(filters.which_clips.which, **chosen)
        assert sorted(shown(panel)) == rows, chosen
        assert panel.matrix._counts.sum() == len(rows)  # whatever cells are chosen: none is
        return len(rows)

    assert len(words_of(filters.network)) == 7
    for which in Which:
        choose(panel, which)
        free = filters.network.isEnabled()
        runs = (("all", "all"), ("2", "1"))
        for network, (fold, seed) in product(words_of(filters.network), runs):
            if free:
                pick(filters.network, network)
            pick(filters.fold, fold)
            pick(filters.seed, seed)
            a, b = filters.right.currentText(), filters.wrong.currentText()
            seen += agrees(network=network if free else "", fold=fold, seed=seed, a=a, b=b)
            if not free:
                pick(filters.right, network if network in told.names else told.names[0])
    assert seen > 500

    for combo in (filters.network, filters.fold, filters.seed):
        pick(combo, combo.itemText(0))
    pair = {"a": filters.right.currentText(), "b": filters.wrong.currentText()}
    for which, label in product(Which, words_of(filters.label)[::3]):
        choose(panel, which)
        pick(filters.label, label)
        agrees(label=label, **pair)
    pick(filters.label, "all")
    for which, word in product(Which, ("bell", "Moves low", "/0", "nowhere")):
        choose(panel, which)
        filters.search.clear()
        qtbot.keyClicks(filters.search, word)
        qtbot.waitUntil(lambda: not filters._typing.isActive())
        agrees(words=word, **pair)
    assert not len(shown(panel)) and "nowhere" in panel.table.why_empty

    filters.search.clear()
    choose(panel, Which.ALL)
    whole = len(told.rows)
    qtbot.waitUntil(lambda: len(shown(panel)) == whole)
    for cells, ordered in product(CELLS, ORDERS):
        pick(panel.matrix.cells, cells[0])
        pick(panel.matrix.order, ordered[0])
        assert len(shown(panel)) == whole and panel.matrix._counts.sum() == whole
    panel.matrix.difference.click()
    both = {filters.right.currentText(), filters.wrong.currentText()}
    assert len(both) == 2 and {told.rows[i]["network"] for i in shown(panel)} == both
    panel.matrix.difference.click()
    assert len(shown(panel)) == whole

    filters.thumbnails.click()
    heights = panel.table.verticalHeader().defaultSectionSize()
    filters.thumbnails.click()
    assert panel.table.verticalHeader().defaultSectionSize() < heights
    filters.captures.click()
    qtbot.waitUntil(lambda: panel.study == PREFIX + STUDY and len(shown(panel)) == 1)
    filters.captures.click()
    qtbot.waitUntil(lambda: panel.study == STUDY and len(shown(panel)) == whole)


def test_every_key_does_what_its_tooltip_says(qtbot, panel):
    table, view, matrix, filters = panel.table, panel.clip_view, panel.matrix.matrix, panel.filters
    player = view.player
    qtbot.waitUntil(lambda: panel.review.book is not None and not panel.review.reviewed.unknown(), timeout=30_000)

    def row():
        return table.currentIndex().row()

    def ready():
        qtbot.waitUntil(lambda: view._job is None and view.media is not None, timeout=30_000)

    # of the clip, wherever the focus is in the panel
    for place in (table, panel.matrix.pairs, panel):
        ready()
        place.setFocus()
        first = row()
        qtbot.keyClick(place, Qt.Key.Key_Right)
        assert row() == first + 1
        qtbot.keyClick(place, Qt.Key.Key_Left)
        assert row() == first
        ready()
        qtbot.keyClick(place, Qt.Key.Key_End)
        assert player.seconds == pytest.approx(player.duration, abs=0.05)
        qtbot.keyClick(place, Qt.Key.Key_Home)
        assert player.seconds == 0.0
        qtbot.keyClick(place, Qt.Key.Key_Period)
        assert player.seconds == pytest.approx(1 / demo_videos.FPS, abs=0.02)
        qtbot.keyClick(place, Qt.Key.Key_Comma)
        assert player.seconds == pytest.approx(0.0, abs=0.02)
        looped = view.transport.loop.isChecked()
        qtbot.keyClick(place, Qt.Key.Key_L)
        assert view.transport.loop.isChecked() is not looped
        qtbot.keyClick(place, Qt.Key.Key_Space)
        assert player.playing
        qtbot.keyClick(place, Qt.Key.Key_Space)
        assert not player.playing

    # of the table
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert row() == 2
    qtbot.keyClick(table, Qt.Key.Key_Up)
    assert row() == 1
    qtbot.keyClick(table, Qt.Key.Key_PageDown)
    further = row()
    assert further > 1
    qtbot.keyClick(table, Qt.Key.Key_PageUp)
    assert row() < further

    # of the review
    reviewed = panel.review.reviewed
    for verdict, key in VERDICT_KEYS.items():
        before, record = row(), table.current
        qtbot.keyClick(table, key)
        assert reviewed.given(verdict)[record] and row() != before
        qtbot.keyClick(table, Qt.Key.Key_Z, CONTROL)
        assert not reviewed.given(verdict)[record] and row() == before
        qtbot.keyClick(table, Qt.Key.Key_Z, CONTROL | SHIFT)
        assert reviewed.given(verdict)[record]
    clip = panel.data.name_of(table.current)[1]
    qtbot.keyClick(table, NOTE_KEY)
    qtbot.keyClicks(panel.review.note, "hums")
    qtbot.keyClick(panel.review.note, Qt.Key.Key_Return)
    assert {r.clip: r.note for r in panel.review.book.reviews.values()}[clip] == "hums"

    # of the matrix, reached with Tab
    matrix.setFocus(Qt.FocusReason.TabFocusReason)
    corner = matrix._cursor
    for key, by in ((Qt.Key.Key_Down, (1, 0)), (Qt.Key.Key_Right, (0, 1)), (Qt.Key.Key_Up, (-1, 0)),
                    (Qt.Key.Key_Left, (0, -1))):  # fmt: skip
        before = matrix._place[matrix._cursor[0]], matrix._place[matrix._cursor[1]]
        qtbot.keyClick(matrix, key)
        after = matrix._place[matrix._cursor[0]], matrix._place[matrix._cursor[1]]
        assert (after[0] - before[0], after[1] - before[1]) == by
    assert matrix._cursor == corner
    records = panel.data.records
    qtbot.keyClick(matrix, Qt.Key.Key_Return)
    assert matrix.selected == {corner}
    inside = (records.true == corner[0]) & (records.predicted == corner[1])
    assert sorted(shown(panel)) == np.flatnonzero(inside).tolist()
    qtbot.keyClick(matrix, Qt.Key.Key_Right)
    qtbot.keyClick(matrix, Qt.Key.Key_Return, SHIFT)
    assert len(matrix.selected) == 2
    qtbot.keyClick(matrix, Qt.Key.Key_Escape)
    assert not matrix.selected and len(shown(panel)) == len(records)
    whole = matrix._span
    qtbot.keyClick(matrix, Qt.Key.Key_Plus)
    qtbot.keyClick(matrix, Qt.Key.Key_Plus)
    closer = matrix._span
    assert closer < whole
    qtbot.keyClick(matrix, Qt.Key.Key_Minus)
    assert closer < matrix._span < whole
    qtbot.keyClick(matrix, Qt.Key.Key_0)
    assert matrix._span == whole
    for place in (table, panel, view):  # wherever the focus is, after a click on a cell
        matrix.select(frozenset({corner}))
        assert panel.leave.isVisible() and panel.chosen_words in filters.said.whole()
        qtbot.keyClick(place, Qt.Key.Key_Escape)
        assert not matrix.selected and not panel.leave.isVisible() and len(shown(panel)) == len(records)
    qtbot.keyClicks(filters.search, "bell")
    qtbot.waitUntil(lambda: 0 < len(shown(panel)) < len(records))
    qtbot.keyClick(filters.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(shown(panel)) == len(records))
    ready()
    qtbot.keyClick(matrix, Qt.Key.Key_Space)  # not one of the matrix: the clip plays
    assert player.playing
    qtbot.keyClick(matrix, Qt.Key.Key_Space)

    # filters, by the keyboard alone
    for combo in (filters.network, filters.fold, filters.seed, filters.label):
        combo.setFocus()
        before = len(shown(panel))
        qtbot.keyClick(combo, Qt.Key.Key_Down)
        assert combo.currentIndex() == 1 and len(shown(panel)) < before
    reached = set()
    filters.study.setFocus()
    for _ in range(80):
        reached.add(panel.focusWidget())
        qtbot.keyClick(panel.focusWidget(), Qt.Key.Key_Tab)
    wanted = {filters.network, filters.fold, filters.seed, filters.label, filters.search, filters.thumbnails,
              filters.captures, filters.which_clips.more, matrix, table, panel.export.button}  # fmt: skip
    assert wanted <= reached, wanted - reached
