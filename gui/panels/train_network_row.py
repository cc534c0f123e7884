"""One network of a study: a short line, the rest folded away, and only what matters for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from core.datasets.base import Modality
from core.readable import counted, joined
from core.run_lists import Earlier
from core.run_spec import NOT_CLASSICAL, Network
from core.study import architectures
from gui import theme
from gui.field_editors import Choice, editor_for, wheel_only_with_focus, widen_list
from gui.looks import Look, variants
from gui.settings_form import SettingsForm, error_label, sentence, show_text

AS_THE_STUDY = "as the study"
_FOLDED = (
    "name", "weights_path", "temporal", "fusion", "learns_from", "sound", "sight", "joint", "transfer_stages", "freeze",
    "freeze_stages", "recipe",
)  # fmt: skip

DEPARTURES = {  # some keys of the recipe by section, as labels of fields are no keys
    "": ("epochs", "batch_size", "learning_rate", "weight_decay", "label_smoothing", "mixing"),
    "audio": ("seconds", "mels", "windows"),
    "augmentation": ("noise", "shift", "time_masks"),
    "video": ("input", "frames", "size"),
    "video_augmentation": ("crop", "flip"),
}
EXAMPLE = "epochs = 20, learning_rate = 3e-4, video = { frames = 8, size = 64 }"


@dataclass(frozen=True)
class Around:
    """What a network can be depends on the study it stands in.

    Attributes:
        modality: the study's.
        offered: what the clips have.
        windows: into how many a spectrogram is cut.
        before: the networks above, and what each looks at.
    """

    modality: Modality = Modality.AUDIO
    offered: tuple[Modality, ...] = (Modality.AUDIO,)
    windows: int = 1
    before: tuple[tuple[Network, Modality], ...] = ()


class NetworkRow(QWidget):
    """Architecture and initial weights in one line, the modality below it where there are several."""

    changed = Signal()
    removed = Signal(object)
    runs_wanted = Signal()  # the list of earlier runs is about to be looked at

    def __init__(self, network: Network) -> None:
        super().__init__()
        fields = Network.model_fields
        self.around = Around()
        self.network = network  # as it was when it was last in order
        self._over_time = False  # whether its temporal model matters
        self._frozen = True  # whether what it freezes matters
        self.architecture: Choice = _choice(fields["architecture"], architectures())
        self.weights: Choice = _choice(fields["weights"], None)
        self.modality: Choice = _choice(fields["modality"], {AS_THE_STUDY: AS_THE_STUDY})
        self.modality.widget.setMinimumContentsLength(len(AS_THE_STUDY))
        automatic = {"": "automatic"}
        self.form = SettingsForm(Network, only=_FOLDED, choices={"sound": automatic, "sight": automatic})
        self.form.explain("recipe", _of_departures())
        self.without_weights = theme.label(muted=True)  # why none are chosen
        self.earlier = QComboBox()
        self.earlier.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.earlier.setPlaceholderText("looking for your runs …")
        self.earlier.setEnabled(False)
        wheel_only_with_focus(self.earlier)
        self.earlier.setToolTip("A finished run of yours, on sound or on sight; what does not fit is skipped and said.")
        self._swatch = QLabel()
        self.more = QToolButton()
        self.more.setCheckable(True)
        self.more.setProperty("fold", True)
        self.remove = QToolButton()
        self.remove.setToolTip("Take this network out of the study.")
        theme.set_icon(self.remove, "mdi6.close", "muted")
        self.browse = QToolButton()
        self.browse.setText("Choose a weights file …")
        self.browse.setToolTip("A .safetensors file, or a .pth file that holds tensors only.")
        self.said = error_label()
        self._lay_out()
        for editor, value in (
            (self.architecture, network.architecture),
            (self.weights, network.weights),
            (self.modality, network.modality),
        ):
            editor.set(value)
        self.form.set_value(network)
        self.unfold(False)
        self.show_around(self.around)
        for editor in (self.architecture, self.weights, self.modality):
            editor.on_change(self._edited_line)
        self.form.changed.connect(self._edited_form)
        self.more.toggled.connect(self.unfold)
        self.remove.clicked.connect(self._remove)
        self.browse.clicked.connect(self._browse)
        self.earlier.activated.connect(self._run_chosen)

    @property
    def looks_at(self) -> Modality:
        """What it is given of a clip."""
        own = self.modality.get()
        return self.around.modality if own == AS_THE_STUDY else Modality(own)

    @property
    def from_branches(self) -> bool:
        return self.fuses and not self.form.editors["joint"].get()

    @property
    def fuses(self) -> bool:
        """Whether sound and sight become one answer."""
        return self.looks_at == Modality.AUDIO_VISUAL and not self.classical

    @property
    def weightless(self) -> bool:
        """Whether no initial weights are chosen for it."""
        return self.from_branches or self.classical

    @property
    def classical(self) -> bool:
        """Whether it is fitted rather than trained: nothing that is of networks matters."""
        return str(self.architecture.get()) not in architectures(classical=False)

    @property
    def learns_on_validation(self) -> bool:
        """Whether it is fitted to clips that its branches were not trained on."""
        averaged = self.form.editors["fusion"].get() == "score average"
        return self.from_branches and (averaged or self.form.editors["learns_from"].get() == "validation part")

    def value(self) -> Network | None:
        """The network, or None with a sentence in view."""
        show_text(self.said, "")
        weights = "none" if self.weightless else self.weights.get()
        made = self.form.value(architecture=self.architecture.get(), weights=weights, modality=self.modality.get())
        if made is None:
            if weights in ("file", "run") and not self.form.editors["weights_path"].get():
                self.form.say("", "")
                show_text(self.said, f"Choose the {weights} whose weights it starts from.")
            self.unfold(True)
            return None
        # What is out of view stays in the form for when it matters again, and changes nothing now.
        unused = ["weights_path"] if self.from_branches else ["sound", "sight"]
        unused += [] if self._over_time else ["temporal"]
        unused = list(NOT_CLASSICAL) if self.classical else unused
        made = made.model_copy(update={name: Network.model_fields[name].default for name in unused})
        self.network = made
        return made

    def say(self, text: str) -> None:
        """What is wrong with it beside the other networks, or with the study's recipe."""
        of_departures = f"Network “{self.network.label}”, recipe: "
        if text.startswith(of_departures):
            self.form.say("recipe", sentence(text.removeprefix(of_departures)))
            self.unfold(True)
        else:
            show_text(self.said, text)

    def unfold(self, on: bool) -> None:
        theme.set_icon(self.more, "mdi6.chevron-down" if on else "mdi6.chevron-right", "muted")
        self.more.setChecked(on)
        self._folded.setVisible(on)
        self._summarise()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_folded"):
            self._show_what_matters()  # shades follow the scheme
        super().changeEvent(event)

    def show_around(self, around: Around) -> None:
        """Follow the study: show what now matters, and no more."""
        self.around = around
        own = {modality.value: modality.word for modality in around.offered}
        self.modality.offer({AS_THE_STUDY: f"{AS_THE_STUDY}: {around.modality.word}", **own})
        self.modality.widget.setVisible(len(around.offered) > 1)
        for field, modality in (("sound", Modality.AUDIO), ("sight", Modality.VIDEO)):
            fitting = [network for network, of in around.before if of == modality]
            alike = [network.label for network in fitting if network.architecture == self.network.architecture]
            branch = self.form.editors[field]
            assert isinstance(branch, Choice)
            automatic = ": ".join(("automatic", *alike[:1]))  # as Study.branches_of finds it
            branch.offer({"": automatic, **{network.label: network.label for network in fitting}})
        self._show_what_matters()

    def show_runs(self, runs: Sequence[Earlier]) -> None:
        """Earlier runs whose weights it can start from."""
        path = self.form.editors["weights_path"].get()
        with QSignalBlocker(self.earlier):
            self.earlier.clear()
            for run in runs:
                self.earlier.addItem(run.words, run.name)
            if path and self.weights.get() == "run" and self.earlier.findData(path) < 0:
                self.earlier.addItem(path, path)  # by another of its names, or gone
            self.earlier.setCurrentIndex(self.earlier.findData(path) if path else -1)
        self.earlier.setEnabled(self.earlier.count() > 0)
        self.earlier.setPlaceholderText("choose a run" if runs else "no run is finished yet")
        widen_list(self.earlier)
        self._summarise()

    def _show_what_matters(self) -> None:
        """Of an audio-visual network that starts from trained branches, those decide most."""
        both, branched, weightless = self.fuses, self.from_branches, self.weightless
        form, weights = self.form, self.weights.get()
        averaged = form.editors["fusion"].get() == "score average"
        self._over_time = not weightless and (self.looks_at != Modality.AUDIO or self._windows() > 1)
        self._frozen = not self.learns_on_validation and not self.classical  # else its branches stay as they are
        self.weights.widget.setVisible(not weightless)
        self.without_weights.setVisible(weightless)
        self.without_weights.setText("fitted, no weights" if self.classical else "from its branches")
        self.earlier.setVisible(not weightless and weights == "run")
        self.browse.setVisible(not weightless and weights == "file")
        for field, on in (
            ("weights_path", not weightless and weights == "file"),
            ("temporal", self._over_time),
            ("fusion", both),
            ("learns_from", branched and not averaged),
            ("sound", branched),
            ("sight", branched),
            ("joint", both and (not averaged or not branched)),
            ("transfer_stages", not weightless and weights != "none"),
            ("freeze", self._frozen),
            ("freeze_stages", self._frozen and form.editors["freeze"].get() == "stages"),
        ):
            form.show_field(field, on)
        folded = [
            words
            for words, on in (
                ("its name", True),
                ("its temporal model", self._over_time),
                ("its fusion", both),
                ("its branches", branched),
                ("what is frozen", self._frozen),
                ("where it departs from the recipe", True),
            )
            if on
        ]
        self.more.setToolTip(f"{', '.join(folded[:-1])} and {folded[-1]}.".capitalize())
        architecture = str(self.architecture.get())
        before = ((network.label, (network.architecture, of)) for network, of in self.around.before)
        own = (self.network.label, (architecture, self.looks_at))
        icon = Look(architecture, self.looks_at, variants((*before, own))[own]).icon()
        self._swatch.setPixmap(icon.pixmap(theme.icon_size()))
        self._summarise()

    def _windows(self) -> int:
        own = self.network.recipe.get("audio", {})
        windows = own.get("windows") if isinstance(own, dict) else None
        return windows if isinstance(windows, int) else self.around.windows

    def _summarise(self) -> None:
        """One quiet line for what is folded away and not as usual."""
        shown = {name: editor.text() for name, editor in self.form.editors.items()}
        both, branched = self.fuses, self.from_branches
        weights = "" if self.weightless else self.weights.get()
        parts = [shown["name"]]
        if weights == "file":
            parts.append(Path(shown["weights_path"]).name)
        elif weights == "run":
            parts.append(self.earlier.currentText() or shown["weights_path"])
        if self._over_time and shown["temporal"] != "average":
            parts.append(shown["temporal"])
        if both and shown["fusion"] != "gated attention":
            parts.append(shown["fusion"])
        if branched and shown["fusion"] != "score average" and shown["learns_from"] != "validation part":
            parts.append(f"learns from {shown['learns_from']}")
        if both and not branched:
            parts.append("trained jointly")
        if branched:
            chosen = (str(self.form.editors[branch].get()) for branch in ("sound", "sight"))
            parts += [f"from {label}" for label in chosen if label]
        if weights not in ("", "none") and int(shown["transfer_stages"]):
            parts.append(f"{counted(int(shown['transfer_stages']), 'first stage')} transferred")
        if self._frozen:
            first = counted(int(shown["freeze_stages"]), "first stage")
            frozen = {"nothing": "", "stages": f"{first} frozen"}
            parts.append(frozen.get(shown["freeze"], "all but the head frozen"))
        parts.append(shown["recipe"])
        text = joined(parts, " · ")
        self._summary.setText(text)
        self._summary.setVisible(bool(text) and not self.more.isChecked())

    def _edited_line(self) -> None:
        self._show_what_matters()
        if not self.weightless and self.weights.get() in ("file", "run"):
            self.unfold(True)
        if not self.earlier.isHidden():
            self.runs_wanted.emit()
        self.value()
        self.changed.emit()

    def _edited_form(self) -> None:
        self.value()
        self._show_what_matters()
        self.changed.emit()

    def _browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Initial weights", "", "Weights (*.safetensors *.pth *.pt)")
        if path:
            self.form.editors["weights_path"].set(path)

    def _run_chosen(self) -> None:
        self.form.editors["weights_path"].set(self.earlier.currentData())

    def _remove(self) -> None:
        self.removed.emit(self)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID // 2)
        line.addWidget(self._swatch)
        line.addWidget(self.architecture.widget, 3)
        line.addWidget(self.weights.widget, 2)
        line.addWidget(self.without_weights, 2)
        line.addWidget(self.more)
        line.addWidget(self.remove)
        column.addLayout(line)
        indent = 3 * theme.GRID
        second = QHBoxLayout()
        second.setContentsMargins(indent, 0, 0, 0)
        second.addWidget(self.modality.widget, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(second)
        self._summary = theme.label("", theme.SMALL, muted=True, wrap=True)
        self._summary.setContentsMargins(indent, 0, 0, 0)
        column.addWidget(self._summary)
        self.said.setContentsMargins(indent, 0, 0, 0)
        column.addWidget(self.said)
        self._folded = QWidget()
        inside = QVBoxLayout(self._folded)
        inside.setContentsMargins(indent, 0, 0, theme.GRID)
        inside.addWidget(self.earlier)
        inside.addWidget(self.browse, 0, Qt.AlignmentFlag.AlignLeft)
        inside.addWidget(self.form)
        column.addWidget(self._folded)


def _of_departures() -> str:
    keys = (f"{f'in {section}: ' if section else ''}{', '.join(names)}" for section, names in DEPARTURES.items())
    return "\n".join((f"Written as in a study's file, for example {EXAMPLE}", "Some of the keys:", *keys))


def _choice(field: object, words: dict[str, str] | None) -> Choice:
    editor = editor_for(field, words)  # type: ignore[arg-type]
    assert isinstance(editor, Choice)
    editor.widget.setToolTip(editor.tooltip)
    return editor
