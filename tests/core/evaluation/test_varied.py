"""Networks in order along a number that they differ in."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from core.datasets.base import Modality
from core.evaluation.statistics import Mean
from core.evaluation.summary import NetworkRow, ScoredRun, Summary
from core.evaluation.varied import Question, axes
from core.presets import PRESETS
from core.run_records import RunStatus
from core.run_spec import Network
from core.runs import RunFolder
from core.study import Study, read_study


def summary_of(study: Study) -> Summary:
    """As if every network had been trained once, each with another accuracy."""
    rows = []
    for place, spec in enumerate(study.runs((1,))):
        score = {"accuracy": place / 100}
        run = ScoredRun(RunFolder(Path(spec.id)), spec, RunStatus(), spec.network.label, score, 8, "same")
        rows.append(NetworkRow(spec.network.label, (run,), {"accuracy": Mean(place / 100, None, None, 1, 1, None)}))
    return Summary(networks=tuple(rows))


def preset(name: str) -> Summary:
    return summary_of(read_study(PRESETS / f"{name}.toml").model_copy(update={"seeds": (0,)}))


def test_transferred_stages_begin_from_scratch_on_both_lines() -> None:
    summary = preset("esc10-transfer")
    first = axes(summary)[0]
    assert first.title == "Transferred stages" and first.values == (0, 1, 2, 3, 4, 5) and not first.apart
    assert sorted(line.name for line in first.lines) == ["kept", "trained further"]
    for line in first.lines:
        named = [f"{n} {line.name}" for n in range(1, 6)]
        assert [row.label for row in line.networks.values()] == ["from scratch", *named]


def test_clips_of_each_class_end_with_all_of_them() -> None:
    (axis,) = axes(preset("esc10-few"))  # epochs go with them and make no axis of their own
    assert axis.values == (1, 2, 4, 8, 16, math.inf) and axis.ticks[-1] == "all"
    assert axis.title == "Clips per class"
    assert [line.name for line in axis.lines] == ["scratch", "ImageNet"]
    table = axis.table("accuracy")
    assert len(table.rows) == 6 and table.headings[1:] == tuple(line.name for line in axis.lines)
    assert table.rows[5][1].startswith("5.0") and table.rows[5][2].startswith("11.0")


@pytest.mark.parametrize("name", ["esc10", "esc50", "esc10-augmentation", "demo-depth"])
def test_networks_that_differ_in_words_alone_have_no_axis(name: str) -> None:
    assert not axes(preset(name))


def test_a_number_beside_the_axis_parts_the_lines() -> None:
    grid = [
        Network(name=f"{rate:g} {decay:g}", recipe={"learning_rate": rate, "weight_decay": decay})
        for rate in (1e-4, 1e-3, 1e-2)
        for decay in (0.0, 0.1, 0.2)
    ]
    found = {axis.title: axis for axis in axes(summary_of(Study(network=tuple(grid))))}
    assert set(found) == {"Learning rate", "Weight decay"}
    lines = found["Learning rate"].lines
    assert [line.name for line in lines] == ["weight decay 0", "weight decay 0.1", "weight decay 0.2"]
    assert all(list(line.networks) == [1e-4, 1e-3, 1e-2] for line in lines)


def test_each_question_sets_its_own_pairs_beside_each_other() -> None:
    axis = axes(preset("esc10-transfer"))[0]
    assert axis.questions == tuple(Question)
    asked = {question: [(a.label, b.label) for a, b in axis.pairs(question)] for question in Question}
    kept_first = axis.lines[0].name == "kept"
    both = [(f"{n} kept", f"{n} trained further") for n in range(1, 6)]
    assert asked[Question.LINES] == (both if kept_first else [(b, a) for a, b in both]), "from scratch lies on both"
    for line in ("kept", "trained further"):
        steps = [pair for pair in asked[Question.STEPS] if pair[0].endswith(line)]
        assert steps == [("1 " + line, "from scratch")] + [(f"{n} {line}", f"{n - 1} {line}") for n in range(2, 6)]
        start = [pair for pair in asked[Question.START] if pair[0].endswith(line)]
        assert start == [(f"{n} {line}", "from scratch") for n in range(1, 6)]
    alone = axes(summary_of(Study(network=tuple(Network(name=f"{n}", recipe={"epochs": n}) for n in (2, 4, 8)))))[0]
    assert alone.questions == (Question.STEPS, Question.START)


def test_lines_are_called_as_their_networks_are_where_that_tells_them_apart() -> None:
    def named(form: str) -> list[str]:
        networks = [
            Network(name=form.format(word=word, n=n, rate=rate), recipe={"epochs": n, "learning_rate": rate})
            for word, rate in (("slow", 1e-4), ("fast", 1e-2))
            for n in (2, 4, 8)
        ]
        found = {axis.title: axis for axis in axes(summary_of(Study(network=tuple(networks))))}
        return [line.name for line in found["Epochs"].lines]

    assert named("{n} epochs, {word}") == ["epochs, slow", "epochs, fast"]
    assert named("{word}: {n}") == ["slow", "fast"]
    assert named("{n} at {rate:g}") == ["at 0.0001", "at 0.01"]
    assert named("{n}·{rate:g}") == ["learning rate 0.0001", "learning rate 0.01"], "no words"


def test_what_is_on_no_line_is_told() -> None:
    networks = (
        *(Network(name=f"{n}", recipe={"epochs": n}) for n in (2, 4, 8)),
        Network(architecture="alexnet", recipe={"epochs": 4}),
    )
    (axis,) = axes(summary_of(Study(network=networks)))
    assert axis.apart == ("AlexNet",) and [line.name for line in axis.lines] == [""]


def test_what_a_modality_does_not_look_at_is_no_axis() -> None:
    networks = tuple(Network(name=f"{n}", recipe={"video": {"frames": n}}) for n in (4, 8, 16))
    assert not axes(summary_of(Study(network=networks)))
    assert axes(summary_of(Study(network=networks, modality=Modality.VIDEO)))[0].title.startswith("Frames")
