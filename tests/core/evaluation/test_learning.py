"""Learning curves and gaps: whose mean they are, how far they go, and what their bands are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.control import Control
from core.errors import Cancelled
from core.evaluation.learning import (
    Along,
    LearningCurve,
    Part,
    Quantity,
    Spread,
    gap_table,
    gaps,
    learning_curve,
    read_learning,
)
from core.evaluation.statistics import mean_over_folds
from core.evaluation.summary import NetworkRow, summarise
from core.run_records import LogRow
from core.runs import list_runs
from core.workspace import Workspace
from tests.gui.make_runs import NETWORKS, make_modalities, make_study, synthetic_clips

Key = tuple[int, int]


@pytest.fixture
def network(workspace: Workspace) -> NetworkRow:
    make_study(workspace, synthetic_clips(3, per_class=8), networks=NETWORKS[:1], folds=(1, 2), seeds=(0, 1))
    (row,) = summarise(list_runs(workspace)).networks
    return row


def log(epochs: int, loss: Callable[[int], float], seconds: float = 2.0, validated: bool = True) -> list[LogRow]:
    return [
        LogRow(e, loss(e), e / 100, loss(e) + 1 if validated else None, e / 200 if validated else None, 0.1, 9, seconds)
        for e in range(1, epochs + 1)
    ]


def shown(row: NetworkRow, logs: dict[Key, list[LogRow]], **chosen: object) -> LearningCurve:
    what = {"part": Part.TRAINING, "quantity": Quantity.LOSS, "along": Along.EPOCH, "spread": Spread.INTERVAL} | chosen
    curve = learning_curve(row, logs, **what)  # type: ignore[arg-type]
    assert curve is not None
    return curve


def test_a_point_is_the_mean_over_folds_of_the_means_over_seeds(network: NetworkRow) -> None:
    level = {(1, 0): 0.4, (1, 1): 0.6, (2, 0): 0.8, (2, 1): 0.8}
    logs = {key: log(5, lambda e, v=value: v / e) for key, value in level.items()}  # type: ignore[misc]
    curve = shown(network, logs)
    np.testing.assert_array_equal(curve.x, [1, 2, 3, 4, 5])
    for place, epoch in enumerate(curve.x):
        expected = network.mean({key: value / epoch for key, value in level.items()})
        assert expected.low is not None
        assert (curve.y[place], curve.low[place], curve.high[place]) == pytest.approx(
            (0.65 / epoch, max(0.0, expected.low), expected.high)
        )
    ends = shown(network, logs, spread=Spread.RANGE)
    np.testing.assert_allclose((ends.low, ends.high), (0.4 / curve.x, 0.8 / curve.x))
    validation = shown(network, logs, part=Part.VALIDATION)
    np.testing.assert_allclose(validation.y, curve.y + 1)
    accuracy = shown(network, logs, part=Part.VALIDATION, quantity=Quantity.ACCURACY)
    np.testing.assert_allclose(accuracy.y, curve.x / 200)
    assert curve.basis == "2 folds × 2 seeds"


def test_curves_end_where_the_shortest_run_does_and_say_how_many_went_on(network: NetworkRow) -> None:
    epochs = {(1, 0): 4, (1, 1): 6, (2, 0): 4, (2, 1): 9}
    curve = shown(network, {key: log(count, float) for key, count in epochs.items()})
    np.testing.assert_array_equal(curve.x, [1, 2, 3, 4])
    np.testing.assert_array_equal(curve.y, [1, 2, 3, 4])
    assert curve.longer == 2


def test_shares_and_times_are_read_off_between_epochs(network: NetworkRow) -> None:
    logs = {(1, 0): log(4, float, seconds=2.0), (2, 0): log(8, float, seconds=0.5)}
    share = shown(network, logs, along=Along.SHARE)
    np.testing.assert_allclose(share.x, [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(share.y, [1.5, 3, 4.5, 6])  # of epochs 1, 2, 3, 4 and 2, 4, 6, 8
    assert not share.longer
    time = shown(
        network, logs, along=Along.TIME
    )  # from 2 s, the first epoch of the slower, to 4 s, the end of the other
    np.testing.assert_allclose(time.x, np.linspace(2, 4, 4))
    np.testing.assert_allclose(time.y, (time.x / 2 + time.x / 0.5) / 2)
    assert time.longer == 1


def test_one_fold_has_no_interval_and_one_run_no_range(network: NetworkRow) -> None:
    alone, seeds = {(1, 0): log(3, float)}, {(1, 0): log(3, float), (1, 1): log(3, lambda e: 2.0 * e)}
    for logs, spread in ((alone, Spread.INTERVAL), (alone, Spread.RANGE), (seeds, Spread.INTERVAL)):
        assert np.isnan(shown(network, logs, spread=spread).low).all()
    np.testing.assert_allclose(shown(network, seeds, spread=Spread.RANGE).high, [2, 4, 6])


def test_a_part_that_a_run_has_no_figures_of_has_no_curve(network: NetworkRow) -> None:
    chosen = (Quantity.LOSS, Along.EPOCH, Spread.INTERVAL)
    bare = {(1, 0): log(3, float), (2, 0): log(3, float, validated=False)}
    assert learning_curve(network, bare, Part.VALIDATION, *chosen) is None
    assert learning_curve(network, bare, Part.TRAINING, *chosen) is not None
    assert learning_curve(network, {(1, 0): log(3, float), (2, 0): []}, Part.TRAINING, *chosen) is None
    assert learning_curve(network, {}, Part.TRAINING, *chosen) is None


def test_score_averages_have_no_curve_and_reading_can_be_cancelled(workspace: Workspace) -> None:
    make_modalities(
        workspace, synthetic_clips(3, per_class=8), architectures=("alexnet",), fusions=("score average",), folds=(1,)
    )
    networks, chosen = summarise(list_runs(workspace)).networks, (Quantity.LOSS, Along.EPOCH, Spread.INTERVAL)
    found = read_learning(networks, *chosen, Control(), lambda event: None)
    assert {curve.network.modality for curve in found} == {"audio", "video"} and len(networks) == 3
    assert {curve.part for curve in found} == {Part.TRAINING}
    stopped = Control()
    stopped.cancel()
    with pytest.raises(Cancelled):
        read_learning(networks, *chosen, stopped, lambda event: None)


def test_gaps_are_means_of_the_gaps_of_runs(network: NetworkRow, workspace: Workspace) -> None:
    values = {(1, 0): 0.99, (1, 1): 0.97, (2, 0): 0.95, (2, 1): 1.0}
    for run in network.runs:
        run.folder.write_status(train_accuracy=values[run.spec.fold, run.spec.seed], validation_accuracy=0.5)
    summary = summarise(list_runs(workspace))
    (gap,) = gaps(summary)
    row = summary.networks[0]
    by_hand = {key: values[key] - accuracy for key, accuracy in row.scores("accuracy").items()}
    expected = mean_over_folds(by_hand, n_train=row.runs[0].status.train_clips, n_test=row.runs[0].test_clips)
    assert gap.gap is not None and gap.training is not None and gap.validation is not None
    assert gap.gap.value == pytest.approx(row.gap) == pytest.approx(expected.value)
    assert gap.gap.low == pytest.approx(max(-1.0, expected.low or 0))
    assert (gap.training.value, gap.validation.value) == pytest.approx((0.9775, 0.5))
    assert gap.test == row.means["accuracy"] and gap.training.high == 1.0
    assert gap_table([gap]).rows[0][1:5] == tuple(m.text() for m in (gap.training, gap.validation, gap.test, gap.gap))


def test_what_is_not_known_of_every_run_is_not_shown(network: NetworkRow, workspace: Workspace) -> None:
    network.runs[0].folder.write_status(train_accuracy=None)
    (gap,) = gaps(summarise(list_runs(workspace)))
    assert (gap.training, gap.validation, gap.gap) == (None, None, None)
    assert gap_table([gap]).rows[0][1] == "–"
