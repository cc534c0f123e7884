"""What a summary says beside the forest plot."""

from __future__ import annotations

from core.evaluation.comparison import with_clips
from core.evaluation.design import NO_GROUPS, few_folds
from core.evaluation.summary import summarise
from core.workspace import Workspace
from gui.widgets.findings import findings
from tests.gui.make_runs import NETWORKS, make_study, synthetic_clips


def test_findings_stand_before_what_they_cannot_show(workspace: Workspace) -> None:
    network = NETWORKS[1].model_copy(update={"name": "<AlexNet>"})
    runs = make_study(workspace, synthetic_clips(4, per_class=8), networks=(NETWORKS[0], network), seeds=(0, 1))
    summary = summarise(runs)
    said = findings(summary, "accuracy")
    first, seeds, warnings = said[0], said.index("<b>Seeds</b>"), said.index("<b>What this cannot show</b>")
    assert "percentage points" in first and "&lt;AlexNet&gt;" in first
    assert 0 < seeds < warnings and said[warnings + 1] == few_folds(4).replace("'", "&#x27;").replace("<", "&lt;")
    assert all(sentence.startswith("<small>") for sentence in said[warnings + 2 :])
    assert "<b>On the same clips</b>" not in said
    with_them = findings(summary, "accuracy", with_clips(summary.differences, workspace))
    assert with_them.index("<b>On the same clips</b>") == 1 and NO_GROUPS in with_them
