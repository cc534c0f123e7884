"""The tabs Why and Nearest on networks that were trained for a moment on synthetic sounds."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from core.control import Control
from core.datasets.base import Modality
from core.engine import run
from core.recipe import Recipe
from core.run_spec import DatasetChoice, Network
from core.study import Study
from core.workspace import Workspace
from gui.panels.errors_nearest import Nearest
from gui.panels.errors_why import Why
from tests.core.films import moving_square, write_film

RECIPE = {"epochs": 1, "audio": {"seconds": 1.0, "mels": 64}}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory):
    """A workspace with two networks that know next to nothing."""
    workspace = Workspace(tmp_path_factory.mktemp("trained")).open()
    study = Study(
        name="short", dataset=DatasetChoice(name="demo-sounds"), folds=(2,), modality=Modality.AUDIO,
        network=(Network(name="one"), Network(name="other", recipe={"learning_rate": 1e-2})),
        recipe=Recipe.model_validate(RECIPE),
    )  # fmt: skip
    run(study, workspace, lambda event: None, Control())
    workspace.close()
    return workspace.root


@pytest.fixture(scope="module")
def trained_on_films(tmp_path_factory: pytest.TempPathFactory):
    """The same of one network on films without sound."""
    root = tmp_path_factory.mktemp("films")
    for step, name in ((1, "slow"), (4, "fast")):
        (root / name).mkdir()
        for take in range(4):
            write_film(root / name / f"{take}.mkv", moving_square(12, step=step, seed=take))
    workspace = Workspace(tmp_path_factory.mktemp("trained-films")).open()
    study = Study(
        name="short", dataset=DatasetChoice(name="labelled-folder", root=str(root), folds=2), folds=(1,),
        modality=Modality.VIDEO, network=(Network(name="eye"),),
        recipe=Recipe.model_validate({"epochs": 1, "batch_size": 4, "video": {"frames": 4, "side": 48, "size": 48}}),
    )  # fmt: skip
    run(study, workspace, lambda event: None, Control())
    workspace.close()
    return workspace.root


@pytest.fixture
def on_clip(qtbot, opened, context, trained):
    """The Errors panel on the trained study, with a page in front."""

    def open_page(kind, of=trained):
        for folder in ("runs", "datasets", "cache"):
            shutil.copytree(of / folder, context.workspace.root / folder, dirs_exist_ok=True)
        panel = opened()
        qtbot.waitUntil(lambda: panel.table.current >= 0 and panel.clip_view.media is not None, timeout=60_000)
        page = next(page for page in panel.pages if isinstance(page, kind))
        panel.clip_pages.setCurrentWidget(page)
        return panel, page

    return open_page


def answered(page: Why) -> bool:
    return bool(page.columns) and all(column.explained is not None for column in page.columns.values())


def test_why_shows_maps_of_each_network_and_follows_a_hidden_part(qtbot, on_clip):
    panel, page = on_clip(Why)

    qtbot.waitUntil(lambda: answered(page), timeout=120_000)
    records, record = panel.data.records, panel.table.current
    names = {records.runs[run].network for run in page.columns}
    assert names == {"one", "other"}
    own = page.columns[int(records.run[record])].explained
    np.testing.assert_allclose(
        own.probabilities, panel.data.predictions[records.run[record]].probabilities[records.row[record]], atol=1e-5
    )
    for place, shown in page.columns.items():  # of each network what it said itself, and the true class
        said = int(records.predicted[(records.run == place) & (records.clip == records.clip[record])].item())
        true = int(records.true[record])
        labels = [evidence.label for evidence in shown.explained.evidence]
        assert labels == [said, true] if said != true else labels[1] == true != labels[0]
    column = next(iter(page.columns.values()))
    picture = column.pictures[0]
    before = column.figures[0].whole()
    qtbot.mousePress(picture, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    qtbot.mouseMove(picture, QPoint(picture.width() - 1, picture.height() - 1))
    qtbot.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=QPoint(picture.width() - 1, picture.height() - 1))
    qtbot.waitUntil(lambda: all("→" in c.figures[0].whole() for c in page.columns.values()), timeout=60_000)
    assert page.whole.isEnabled()
    for shown in page.columns.values():  # whatever it says of what is left
        now = int(np.argmax([float(text.split("→")[1].split("%")[0]) for text in [f.whole() for f in shown.figures]]))
        said = ["its answer" in figure.whole() for figure in shown.figures]
        assert " · says " in shown._name.whole() or said[now]
        assert any(said) is not (" · says " in shown._name.whole())
    method = page.method.currentIndex()
    page.method.setCurrentIndex(1 - method)  # another map, with the same part hidden
    qtbot.waitUntil(lambda: answered(page), timeout=120_000)
    qtbot.waitUntil(lambda: all("→" in c.figures[0].whole() for c in page.columns.values()), timeout=60_000)
    page.method.setCurrentIndex(method)
    qtbot.waitUntil(lambda: answered(page), timeout=120_000)
    panel.matrix.matrix.select(frozenset({(int(records.true[record]), int(records.predicted[record]))}))
    qtbot.mousePress(picture, Qt.MouseButton.RightButton, pos=QPoint(1, 1))
    assert page.hasFocus(), "a drag takes the focus there: Esc is of the box before it is of the matrix"
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert panel.matrix.matrix.selected
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not panel.matrix.matrix.selected
    qtbot.waitUntil(lambda: column.figures[0].whole() == before, timeout=60_000)
    assert not page.whole.isEnabled()
    shown = {run: c.explained for run, c in page.columns.items()}
    panel.table.step(1)
    qtbot.waitUntil(lambda: answered(page), timeout=60_000)
    assert all(page.columns[run].explained is not shown[run] for run in shown)
    panel.table.step(-1)
    qtbot.waitUntil(lambda: answered(page), timeout=60_000)
    assert all(page.columns[run].explained is shown[run] for run in shown), "what was explained is at hand"


def test_of_a_film_without_sound_the_frame_that_counted_most_is_shown_and_then_the_one_it_is_at(
    qtbot, on_clip, trained_on_films
):
    panel, page = on_clip(Why, trained_on_films)
    qtbot.waitUntil(lambda: answered(page), timeout=120_000)
    (column,) = page.columns.values()
    qtbot.waitUntil(lambda: len(column._frames) == 4, timeout=60_000)
    assert not page.listen.isVisible() and not page.wing.isVisible()
    player, explained = panel.clip_view.player, column.explained
    for shares, evidence in zip(column.shares, explained.evidence, strict=True):
        sums = evidence.maps["video"].sum(axis=(1, 2))
        assert shares.current == sums.argmax(), "nobody has moved yet: what counted most is shown"
        np.testing.assert_allclose(shares.shares * sums.max(), sums * shares.shares.max(), rtol=1e-4)
    player.seek(player.duration)
    assert [shares.current for shares in column.shares] == [3, 3]
    last = [picture.grab().toImage() for picture in column.pictures]
    qtbot.mouseClick(column.shares[0], Qt.MouseButton.LeftButton, pos=QPoint(1, 5))
    assert player.seconds == pytest.approx(column._seconds[0]) and [s.current for s in column.shares] == [0, 0]
    player.seek(0.0)
    assert [s.current for s in column.shares] == [0, 0], "somebody wanted the beginning"
    first = [picture.grab().toImage() for picture in column.pictures]
    assert all(one != other for one, other in zip(first, last, strict=True)), "the square has moved"


def test_what_was_used_is_heard_instead_until_the_button_is_released_or_the_tab_left(qtbot, on_clip):
    panel, page = on_clip(Why)
    qtbot.waitUntil(lambda: answered(page), timeout=120_000)
    loaded = []
    panel.clip_view.player.play = lambda: None
    load = panel.clip_view.player.load
    panel.clip_view.player.load = lambda samples, *rest: (loaded.append(samples), load(samples, *rest))
    page.listen.click()
    qtbot.waitUntil(lambda: bool(loaded), timeout=60_000)
    whole = panel.clip_view.media.samples
    assert len(loaded[0]) == len(whole) and 0 < np.square(loaded[0]).sum() < np.square(whole).sum()
    page.listen.click()
    assert loaded[-1] is whole
    page.listen.click()
    qtbot.waitUntil(lambda: len(loaded) == 3, timeout=60_000)
    panel.clip_pages.setCurrentIndex(0)
    assert loaded[-1] is whole and not page.listen.isChecked()


def test_nearest_lists_training_clips_and_shows_the_first(qtbot, on_clip):
    panel, page = on_clip(Nearest)
    qtbot.waitUntil(lambda: page.list.topLevelItemCount() == 2 and page.list.currentItem() is not None, timeout=120_000)
    records, record = panel.data.records, panel.table.current
    tested = set(panel.data.predictions[records.run[record]].clip_ids.tolist())
    true = records.classes[records.true[record]]
    for place in range(2):
        group = page.list.topLevelItem(place)
        ids = [group.child(i).data(0, Qt.ItemDataRole.UserRole) for i in range(group.childCount())]
        alike = [float(group.child(i).text(2)) for i in range(group.childCount())]
        assert ids and tested.isdisjoint(ids)
        assert alike == sorted(alike, reverse=True)
    assert {group.child(i).text(1) for i in range(group.childCount())} == {true}
    qtbot.waitUntil(lambda: page.neighbour.media is not None, timeout=60_000)


def test_without_weights_it_says_so_in_a_sentence(qtbot, opened, context):
    from tests.gui.make_runs import make_study, synthetic_clips

    make_study(context.workspace, synthetic_clips(3, per_class=8), dataset=DatasetChoice(name="demo-sounds"))
    panel = opened()
    page = next(page for page in panel.pages if isinstance(page, Why))
    panel.clip_pages.setCurrentWidget(page)
    qtbot.waitUntil(
        lambda: bool(page.columns) and all("weights" in c.figures[0].whole() for c in page.columns.values()),
        timeout=120_000,
    )
    page = next(page for page in panel.pages if isinstance(page, Nearest))
    panel.clip_pages.setCurrentWidget(page)
    qtbot.waitUntil(lambda: "not kept" in page.said, timeout=60_000)
