"""What tests of the Compare panel do with it, and the study that they make for it."""

from __future__ import annotations

from core.run_spec import DatasetChoice

STUDY = "fabricated-test-data"
ESC10 = DatasetChoice(name="esc10")


def page(panel, kind):
    """One of the tabs below the tables."""
    return next(page for page in panel.pages if isinstance(page, kind))


def rows(panel) -> list[str]:
    return [panel.tree.topLevelItem(i).text(0) for i in range(panel.tree.topLevelItemCount())]


def choose_metric(panel, name: str) -> None:
    panel.metric_choice.setCurrentIndex(panel.metric_choice.findData(name))
    panel.metric_choice.activated.emit(0)
