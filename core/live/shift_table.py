"""Domain shift as a table for people, with what has to be said beside it."""

from __future__ import annotations

from core.evaluation.tables import TextTable
from core.live.shift import Shift, Shifts
from core.readable import counted, figure

KEPT = (
    "Captures are kept by hand, mostly where a network erred: their accuracy says how far a recording situation "
    "differs, not how often a network errs in it."
)
ALIKE = (
    "Brackets hold Wilson's 95 % interval. It, and McNemar's test, take clips as independent; those of one session are "
    "much alike, and the true uncertainty is larger."
)
HEADINGS = ("Network", "Given", "Run", "Test accuracy %", "Captured accuracy %", "Difference (points)", "Left out")


def shift_table(found: Shifts) -> TextTable:
    """A row a run."""
    return TextTable(HEADINGS, tuple(_row(shift) for shift in found.shifts), text_columns=3)


def caveats(found: Shifts) -> tuple[str, ...]:
    """What has to be known to read the table, the most important first; then what is wrong."""
    unnamed = counted(found.unnamed, "capture is", "captures are")
    replayed = counted(found.replayed, "capture comes", "captures come")
    return (
        KEPT,
        ALIKE,
        *([f"{unnamed} not counted, as nobody has said yet what was captured."] if found.unnamed else []),
        *([f"{replayed} from a replay: a network may have been trained on what was played."] if found.replayed else []),
        *found.problems,
    )


def network(shift: Shift) -> str:
    """What a run is called: its own name, or that of its network."""
    return shift.run.title or shift.run.spec.network.label


def left_out(shift: Shift) -> str:
    """Why it was not asked about how many captures; a dash where it was asked about all."""
    lack = {"audio": "without sound", "video": "without pictures"}[shift.run.spec.modality.wings[-1]]
    reasons = (
        (shift.unknown, "of a class it does not know"),
        (shift.unfit, lack),
        (shift.learned, "it may have learned from"),
    )
    return ", ".join(f"{count} {why}" for count, why in reasons if count) or "–"


def _row(shift: Shift) -> tuple[str, ...]:
    test, capture = shift.test, shift.capture
    from_sessions = f", {counted(capture.of, 'capture')} of {counted(shift.sessions, 'session')}" if capture.of else ""
    points = 100 * (capture.value - test.value)
    return (
        network(shift),
        shift.run.spec.modality.word,
        shift.run.name,
        f"{test.figures()}, {counted(test.of, 'clip')}",
        f"{capture.figures()}{from_sessions}",
        figure(points, "+.1f") if capture.of and test.of else "–",
        left_out(shift),
    )
