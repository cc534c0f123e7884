"""PANELS: the one table of panels, in the order of the rail. To add one: a new file here and a row below."""

from core.tables import Table
from gui.panels.base import PanelInfo, Shortcut

PLAYBACK_KEYS = (
    Shortcut("Space", "play or pause"),
    Shortcut("Home", "back to the start"),
    Shortcut("End", "to the end"),
    Shortcut("Left", "previous clip"),
    Shortcut("Right", "next clip"),
    Shortcut(",", "one frame back"),
    Shortcut(".", "one frame on"),
    Shortcut("L", "loop"),
)
REVIEW_KEYS = (
    Shortcut("E", "label error; a key once more takes it back"),
    Shortcut("A", "ambiguous"),
    Shortcut("N", "noise"),
    Shortcut("F", "fine: the label is right"),
    Shortcut("T", "write a note"),
    Shortcut("Ctrl+Z", "take back what was said last"),
    Shortcut("Ctrl+Shift+Z", "say it again"),
)
MATRIX_KEYS = (
    Shortcut("Return", "in the matrix, reached with Tab: choose the cell that the arrows lead to"),
    Shortcut("Shift+Return", "add the cell, or take it away"),
    Shortcut("Esc", "show what is hidden in Why, or else choose no cell and nothing else"),
    Shortcut("+", "zoom in; - zooms out, 0 shows all"),
)

PANELS: Table[PanelInfo] = Table(
    "panel",
    [
        (
            "data",
            PanelInfo(
                title="Data",
                icon="mdi6.folder-music-outline",
                help="Choose recordings, check them, hear and see them.",
                factory="gui.panels.data:DataPanel",
                shortcuts=PLAYBACK_KEYS,
            ),
        ),
        (
            "train",
            PanelInfo(
                title="Train",
                icon="mdi6.chart-bell-curve-cumulative",
                help="Set up a study and watch it learn.",
                factory="gui.panels.train:TrainPanel",
                shortcuts=(
                    Shortcut("Ctrl+Return", "start the study"),
                    Shortcut("Del", "delete the chosen runs"),
                ),
            ),
        ),
        (
            "compare",
            PanelInfo(
                title="Compare",
                icon="mdi6.scale-balance",
                help="Which architecture wins, and by how much.",
                factory="gui.panels.compare:ComparePanel",
            ),
        ),
        (
            "errors",
            PanelInfo(
                title="Errors",
                icon="mdi6.target",
                help="Hear, see and question every mistake.",
                factory="gui.panels.errors:ErrorsPanel",
                shortcuts=(*PLAYBACK_KEYS, *REVIEW_KEYS, *MATRIX_KEYS),
            ),
        ),
        (
            "live",
            PanelInfo(
                title="Live",
                icon="mdi6.access-point",
                help="Microphone and camera: the networks answer side by side.",
                factory="gui.panels.live:LivePanel",
                shortcuts=(
                    Shortcut("Ctrl+Return", "switch on or off"),
                    Shortcut("C", "capture the last seconds"),
                    Shortcut("R", "record everything, or end it"),
                    Shortcut("1", "capture as the first class, 2 as the second …; hold to record while you teach"),
                    Shortcut("G", "guess against the networks"),
                ),
            ),
        ),
        (
            "robustness",
            PanelInfo(
                title="Robustness",
                icon="mdi6.shield-half-full",
                help="How far networks fall as clips get worse.",
                factory="gui.panels.robustness:RobustnessPanel",
            ),
        ),
    ],
)
