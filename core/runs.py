"""A run's folder: config, environment, log, checkpoints, predictions. Read and written only here."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.evaluation.predictions import Predictions, pooled, read_classes, read_clip_ids
from core.files import folder_size, remove_folder, slug, write_atomically
from core.run_records import INTERRUPTED, OUTDATED, Latency, LogRow, Phase, RunStatus
from core.run_spec import TRAINING, RunSpec, read_run_spec
from core.settings_file import write_toml
from core.tables import did_you_mean
from core.workspace import Workspace

LEVEL = re.compile(r"[+-]\d+(\.\d+)?(e[+-]?\d+)?")


@dataclass(frozen=True)
class RunFolder:
    """`runs/<study>/<run>/` on disk."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def study(self) -> str:
        return self.path.parent.name

    @property
    def name(self) -> str:
        """STUDY/RUN, as `find_run` takes it."""
        return f"{self.study}/{self.id}"

    @property
    def checkpoint(self) -> Path:
        """There while the run is under way: what it resumes from."""
        return self.path / "last.ckpt"

    @property
    def weights(self) -> Path:
        return self.path / "weights.safetensors"

    @property
    def tensorboard(self) -> Path:
        """Event files; see `core.training.trackers`."""
        return self.path / "tensorboard"

    def corrupted(self, corruption: str, level: float) -> Path:
        """Where the predictions on clips that were made worse are kept; see `core.robustness`."""
        return self.path / "robustness" / f"{corruption}{level:+g}.npz"

    def corrupted_levels(self, corruption: str) -> tuple[float, ...]:
        """The levels of which predictions are kept, ascending."""
        files = (self.path / "robustness").glob(f"{corruption}[+-]*.npz")
        names = (file.stem.removeprefix(corruption) for file in files)
        return tuple(sorted(float(name) for name in names if LEVEL.fullmatch(name)))  # copies have other names

    @cached_property
    def spec(self) -> RunSpec:
        """Raises UserError where study.toml is missing or no longer valid."""
        return read_run_spec(self.path / "study.toml")

    @property
    def status(self) -> RunStatus:
        try:
            content = json.loads((self.path / "status.json").read_text(encoding="utf-8"))
            return RunStatus(**{**content, "phase": Phase(content["phase"])})
        except FileNotFoundError:
            return RunStatus()
        except (ValueError, TypeError, KeyError, OSError) as error:
            return RunStatus(phase=Phase.FAILED, reason=f"{self.path / 'status.json'} cannot be read: {error}")

    def status_seen(self, trained: bool) -> RunStatus:
        """The status; interrupted where it says that the run is under way and no living programme trains it. Nothing
        goes on with a run that was begun when training was another."""
        status = self.status
        outdated = status.phase in (Phase.WAITING, Phase.RUNNING, Phase.CANCELLED) and self._outdated
        if status.phase is Phase.RUNNING and (outdated or not trained):
            status = replace(status, phase=Phase.INTERRUPTED, reason=INTERRUPTED)
        return replace(status, reason=OUTDATED) if outdated else status

    @property
    def _outdated(self) -> bool:
        try:
            return self.spec.training != TRAINING
        except UserError:  # that it cannot be read is said where it is
            return False

    def write_status(self, **changes: Any) -> RunStatus:
        """Change some fields of the status, keep the rest."""
        status = replace(self.status, **changes)
        write_atomically(self.path / "status.json", json.dumps(asdict(status), indent=1).encode())
        return status

    @property
    def predictions_file(self) -> Path:
        return self.path / "predictions.npz"

    @property
    def predicted_ns(self) -> int:
        """When the predictions were written; 0 where there are none."""
        return self.predictions_file.stat().st_mtime_ns if self.predictions_file.exists() else 0

    @property
    def _validation_file(self) -> Path:
        return self.path / "validation.npz"

    @property
    def validation_there(self) -> bool:
        """Whether `validation` has something to read."""
        return self._validation_file.exists()

    def write_validation(self, said: Predictions) -> None:
        """What the tested weights say of the validation part: nothing was learned from it, but for the best epoch.
        Without features, which would take most of the room."""
        pooled([said]).save(self._validation_file)

    def validation(self) -> Predictions | None:
        """What `write_validation` wrote; None = there is no such part, or it is from before it was kept.

        Raises:
            UserError: it is torn.
        """
        return Predictions.load(self._validation_file) if self.validation_there else None

    @property
    def trained_file(self) -> Path:
        """What the run says of the clips that it was trained on, where it was asked; see `core.analysis.nearest`."""
        return self.path / "training_clips.npz"

    @property
    def trained_ns(self) -> int:
        """When that was written; 0 = never. Older than the predictions, it is of a run before this one."""
        return self.trained_file.stat().st_mtime_ns if self.trained_file.exists() else 0

    @property
    def begun_ns(self) -> int:
        """When it was last begun or gone on with, on the clips that were there then; 0 = never."""
        file = self.path / "environment.json"
        return file.stat().st_mtime_ns if file.exists() else 0

    def predictions(self, *, whole: bool = True) -> Predictions:
        """As `Predictions.load`. Raises UserError where they are missing or torn."""
        return Predictions.load(self.predictions_file, whole=whole)

    @property
    def classes(self) -> tuple[str, ...]:
        """That the predictions are of. Raises UserError where these are missing or torn."""
        return read_classes(self.predictions_file)

    @property
    def tested(self) -> tuple[str, ...]:
        """Ids of the clips of its test fold. Raises UserError where the predictions are missing or torn."""
        return read_clip_ids(self.predictions_file)

    @property
    def latency_file(self) -> Path:
        return self.path / "latency.json"

    @property
    def latency(self) -> Latency | None:
        """None = it was not measured, or by a version that wrote something else."""
        try:
            return Latency(**json.loads(self._written("latency.json")))
        except (ValueError, TypeError):
            return None

    def write_latency(self, latency: Latency) -> None:
        write_atomically(self.latency_file, json.dumps(asdict(latency), indent=1).encode())

    def log(self) -> list[LogRow]:
        """Every epoch so far; a line that is torn ends the list."""
        rows: list[LogRow] = []
        try:
            with (self.path / "log.csv").open(newline="", encoding="utf-8") as file:
                for line in csv.DictReader(file):
                    try:
                        rows.append(_log_row(line))
                    except (KeyError, ValueError, TypeError):
                        break
        except OSError:
            pass
        return rows

    def epochs_kept(self) -> int:
        """Epochs that a resume does not train again. The log may have more: of a run on a cluster it comes home as it
        grows, the checkpoint when the run ends."""
        if not self.checkpoint.exists():
            return 0
        return self.status.resumable or len(self.log())  # not recorded by earlier versions

    def write_log(self, rows: list[LogRow]) -> None:
        names = list(LogRow.__dataclass_fields__)
        lines = [",".join(names)]
        lines += [",".join("" if v is None else repr(v) for v in asdict(row).values()) for row in rows]
        write_atomically(self.path / "log.csv", ("\n".join(lines) + "\n").encode())

    @property
    def environment(self) -> dict[str, Any]:
        try:
            content: dict[str, Any] = json.loads((self.path / "environment.json").read_text(encoding="utf-8"))
            return content
        except (OSError, ValueError):
            return {}

    def write_environment(self, content: dict[str, Any]) -> None:
        write_atomically(self.path / "environment.json", json.dumps(content, indent=1).encode())

    def write_initial_weights(self, lines: Sequence[str]) -> None:
        """What the run started from: source, digest, and which tensors were loaded, skipped and missing."""
        write_atomically(self.path / "initial_weights.txt", ("\n".join(lines) + "\n").encode())

    @property
    def initial_weights(self) -> tuple[str, ...]:
        """The lines that `write_initial_weights` wrote; () = it has not begun."""
        return tuple(self._written("initial_weights.txt").splitlines())

    def write_set_aside(self, clip_ids: Sequence[str]) -> None:
        """The training clips that nothing was learned from: a validation part that chooses the best epoch, and what is
        left where few clips of each class were asked for."""
        write_atomically(self.path / "set_aside.json", json.dumps(list(clip_ids)).encode())

    @property
    def set_aside(self) -> frozenset[str] | None:
        """What `write_set_aside` wrote; None = nothing, or it cannot be read."""
        try:
            return frozenset(json.loads(self._written("set_aside.json")))
        except (ValueError, TypeError):
            return None

    def create(self, spec: RunSpec) -> None:
        """Make the folder and write study.toml. What another run of that name was asked goes: it is not this one's.

        Raises:
            UserError: the folder cannot be written to.
        """
        if (self.path / "robustness").exists():
            remove_folder(self.path / "robustness")
        self.latency_file.unlink(missing_ok=True)
        write_toml(spec, self.path / "study.toml")

    def resumable(self) -> list[Path]:
        """The files that a training elsewhere needs to go on with the run."""
        if not self.checkpoint.exists():
            return [path for path in [self.path / "status.json"] if path.exists()]
        names = ("status.json", "log.csv", "last.ckpt", "best-*.safetensors")
        return [path for name in names for path in sorted(self.path.glob(name))]

    def receive(self, files: Mapping[str, bytes], gone: Collection[str] = ()) -> None:
        """Write files, by name, as a training elsewhere left them, and remove what it no longer had; the status comes
        last, so that no run is done without its results.

        Raises:
            UserError: a name leads out of the folder; the disk is full, or the folder cannot be written to.
        """
        below = self.path.resolve()
        for name in files:
            if below not in (self.path / name).resolve().parents:
                raise UserError(
                    f"What was trained elsewhere would write {name!r}, which is not in the folder of {self.id}. "
                    "Nothing was written. Use the same version of Sensorium on all machines, and only ones you trust."
                )
        for name in sorted(files, key=lambda name: name == "status.json"):
            if name == "status.json":
                for old in gone:
                    (self.path / old).unlink(missing_ok=True)
            write_atomically(self.path / name, files[name])

    @property
    def note(self) -> str:
        """What the user wrote about the run."""
        return self._written("note.txt")

    def write_note(self, text: str) -> None:
        write_atomically(self.path / "note.txt", text.encode())

    @property
    def title(self) -> str:
        """What the user calls the run; "" = nothing of their own."""
        return self._written("title.txt")

    def write_title(self, text: str) -> None:
        write_atomically(self.path / "title.txt", " ".join(text.split()).encode())

    def _written(self, file: str) -> str:
        try:
            return (self.path / file).read_text(encoding="utf-8")
        except OSError:
            return ""

    def size(self) -> int:
        """Bytes on disk."""
        return folder_size(self.path)

    def delete(self) -> None:
        """Remove the run for good; not while it is under way.

        Raises:
            UserError: the folder cannot be written to.
        """
        remove_folder(self.path)


def run_folder(workspace: Workspace, spec: RunSpec) -> RunFolder:
    """Where a run of a study lies (whether or not it exists yet)."""
    return RunFolder(workspace.runs / slug(spec.study) / spec.id)


def list_runs(workspace: Workspace, study: str | None = None) -> Iterator[RunFolder]:
    """Run folders of one study or of all, in order of name. Folders without a study.toml are passed over."""
    pattern = f"{slug(study)}/*/study.toml" if study else "*/*/study.toml"
    for file in sorted(workspace.runs.glob(pattern)):
        yield RunFolder(file.parent)


def list_studies(workspace: Workspace, *, finished: bool = False) -> list[str]:
    """Names of the folders of all studies that have a run, or a finished one; the one with the latest results first."""
    newest: dict[str, float] = {}
    for folder in list_runs(workspace):
        if finished and folder.status.phase is not Phase.DONE:  # predictions are written before a run is done
            continue
        for file in ("predictions.npz",) if finished else ("predictions.npz", "study.toml"):
            path = folder.path / file
            if path.is_file():
                newest[folder.study] = max(newest.get(folder.study, 0.0), path.stat().st_mtime)
    return sorted(newest, key=lambda study: -newest[study])


def nothing_finished(workspace: Workspace, study: str) -> UserError:
    """Why there is nothing to tell of a study that has no finished run: perhaps no study is called so."""
    known = list_studies(workspace)
    if slug(study) in known:
        return UserError(f"“{study}” has no finished run yet. Train it first.")
    return UserError(
        f"There is no study “{study}” in {workspace.runs}.{did_you_mean(study, known)} "
        f"Known: {', '.join(known) or 'none'}."
    )


def find_run(workspace: Workspace, name: str) -> RunFolder:
    """A run by STUDY/RUN, by RUN alone, or by the path of its folder; RUN is its folder's name or the user's own.

    Raises:
        UserError: no such run, or several.
    """
    as_path = Path(name)
    if (as_path / "study.toml").is_file():
        return RunFolder(as_path.absolute())
    study, _, run = name.rpartition("/")
    found = [f for f in list_runs(workspace) if run in (f.id, f.title) and (not study or f.study == study)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"Several runs are called “{name}”: {', '.join(f.name for f in found)}.")
    raise UserError(f"There is no run “{name}” in {workspace.runs}. The Compare panel lists all runs.")


def _log_row(line: dict[str, str]) -> LogRow:
    def number(key: str) -> float | None:
        return float(line[key]) if line[key] else None

    return LogRow(
        epoch=int(line["epoch"]),
        train_loss=float(line["train_loss"]),
        train_accuracy=float(line["train_accuracy"]),
        validation_loss=number("validation_loss"),
        validation_accuracy=number("validation_accuracy"),
        learning_rate=float(line["learning_rate"]),
        clips_per_second=float(line["clips_per_second"]),
        seconds=float(line["seconds"]),
    )
