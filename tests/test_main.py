"""The command line as a user meets it: in a process of its own, and where that shows nothing more, in this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from core.live.shift_table import KEPT
from core.runs import list_runs
from core.settings_file import write_toml
from core.study import read_study
from core.workspace import Workspace
from main import PRESETS, app
from tests.core.live.captured_tones import asked_live, keep_sessions
from tests.core.tones import tone_study, write_tones

ROOT = Path(__file__).parents[1]


def call(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "main.py", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, env=os.environ | {"COLUMNS": "200"} | environment,
    )  # fmt: skip


def here(*arguments: object, **environment: str) -> Result:
    """The same in this process, which has torch imported already: a new one takes ten seconds for it."""
    return CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "200"} | environment)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    write_toml(tone_study(write_tones(folder / "tones"), folds=(1, 2)), folder / "study.toml")
    return folder / "study.toml"


def test_run_prints_lines_and_a_table_then_does_nothing_twice_and_verifies(study: Path, tmp_path: Path) -> None:
    first = call("run", study, "--workspace", tmp_path / "w")
    assert first.returncode == 0, first.stderr
    assert "2 runs, about" in first.stdout
    assert "Baseline CNN, fold 1, seed 0:" in first.stdout and "left)" in first.stdout
    assert "folds × seeds" in first.stdout and "Traceback" not in first.stderr
    second = here("run", study, "--workspace", tmp_path / "w")
    assert second.exit_code == 0
    assert "0 runs to train on CPU, 2 done already" in second.stdout
    run = next((tmp_path / "w" / "runs" / "tones").glob("*fold1*")).name
    compared = here("compare", "tones", "--rope", 2, "--workspace", tmp_path / "w")
    assert compared.exit_code == 0, compared.output
    assert "accuracy %" in compared.stdout and "2 × 1" in compared.stdout and "One seed:" in compared.stdout
    verified = here("verify", f"tones/{run}", "--workspace", tmp_path / "w")
    assert verified.exit_code == 0, verified.output
    assert "Equal" in verified.stdout


def test_a_run_is_asked_about_captures_and_adapted_to_them(study: Path, tmp_path: Path) -> None:
    assert here("run", study, "--workspace", tmp_path / "w").exit_code == 0
    refused = here("shift", "--workspace", tmp_path / "w")
    assert refused.exit_code == 1 and "holds no captures yet" in refused.stderr
    workspace = Workspace(tmp_path / "w")
    first, second = list_runs(workspace)
    keep_sessions(workspace, said=asked_live(first))
    every = here("shift", "--workspace", tmp_path / "w", COLUMNS="400")
    assert every.exit_code == 0, every.output
    assert first.name in every.stdout and second.name in every.stdout
    assert every.stdout.count("16 captures of 2 sessions") == 2 and KEPT in every.stdout
    one = here("shift", first.name, "--workspace", tmp_path / "w", COLUMNS="400")
    assert second.name not in one.stdout
    adapted = here("adapt", first.name, "--workspace", tmp_path / "w")
    assert adapted.exit_code == 0, adapted.output
    assert "2 runs, about" in adapted.stdout
    assert "of 16 captures of 2 sessions were right before" in adapted.stdout and "McNemar" in adapted.stdout
    again = here("adapt", first.name, "--workspace", tmp_path / "w")
    assert "0 runs to train on CPU, 2 done already" in again.stdout and "right before" in again.stdout


def test_the_workspace_may_stand_before_the_command(study: Path, tmp_path: Path) -> None:
    elsewhere = {"SENSORIUM_WORKSPACE": str(tmp_path / "not here")}
    result = here("--workspace", tmp_path / "w", "run", study, **elsewhere)
    assert result.exit_code == 0, result.output
    assert list((tmp_path / "w" / "runs").iterdir())
    assert not (tmp_path / "not here").exists()


def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(study: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.toml"
    long.write_text(study.read_text().replace("epochs = 4", "epochs = 4000"))
    process = subprocess.Popen(
        [sys.executable, "main.py", "run", str(long), "--workspace", str(tmp_path / "w")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("w/runs/tones/*/log.csv")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "To go on: uv run main.py run" in out.replace("\n", " ")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["run", "absent.toml"], 1, "There is no file absent.toml"),
        (["verify", "no/run"], 1, "There is no run “no/run”"),
        (["rnu"], 2, "No such command"),
        (["run"], 2, "Missing argument"),
    ],
)
def test_mistakes_get_a_sentence_and_the_right_code(
    arguments: list[str], code: int, sentence: str, tmp_path: Path
) -> None:
    workspace = ["--workspace", str(tmp_path / "w")] if len(arguments) == 2 else []
    result = call(*arguments, *workspace)
    assert result.returncode == code
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("modality", ["video", "audio-visual"])
def test_the_demo_of_every_modality_is_a_study(modality: str) -> None:
    study = read_study(PRESETS / f"demo-{modality}.toml")
    assert study.dataset.name == "demo-videos"
    assert {study.modality_of(network).value for network in study.network} >= {modality}
    unknown = here("demo", "--modality", "smell")
    assert unknown.exit_code == 2 and "audio-visual" in unknown.stderr


def test_a_wrong_dataset_root_and_a_busy_workspace_are_said(study: Path, tmp_path: Path) -> None:
    result = here("run", study, "--workspace", tmp_path / "w", "--dataset-root", tmp_path / "nowhere")
    assert result.exit_code == 1 and "nowhere" in result.stderr and "Traceback" not in result.stderr
    busy = Workspace(tmp_path / "busy").open()
    result = here("run", study, "--workspace", busy.root)
    busy.close()
    assert result.exit_code == 1 and "in use by another Sensorium" in result.stderr


def test_without_a_display_one_sentence_names_the_headless_command(tmp_path: Path) -> None:
    environment = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": "", "SENSORIUM_WORKSPACE": str(tmp_path)}
    if sys.platform != "linux":
        pytest.skip("only Linux may have no display")
    result = call(**environment)
    assert result.returncode == 1
    assert "main.py demo" in result.stderr and "Traceback" not in result.stderr
