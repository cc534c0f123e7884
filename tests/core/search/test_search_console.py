"""`main.py search` on a terminal: a line a trial, what was found, and the command that trains it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from core.console.shown import FAILED, OK
from core.console.training import search_study
from core.settings_file import write_toml
from core.study import read_study
from tests.core.search.searches import plan_of


def test_what_was_found_is_printed_and_can_be_run(
    tones: Path, tmp_path: Path, made_up: object, capsys: pytest.CaptureFixture[str]
) -> None:
    write_toml(plan_of(tones).study, tmp_path / "tones.toml")

    def search(**asked: object) -> tuple[int, str]:
        code = search_study(tmp_path / "tones.toml", asked, tmp_path / "workspace", None)
        said = capsys.readouterr()
        return code, said.out + said.err

    code, said = search(trials=7, epochs=1)
    assert code == OK
    lines = said.splitlines()
    assert "7 trials on CPU." in lines
    assert sum(line.startswith("Trial ") for line in lines) == 7
    assert any(line.startswith("Best of 7 trials: learning rate ") for line in lines)
    assert any("no test score" in line for line in lines)
    assert any(line.split()[:2] == ["Learning", "rate"] and line.endswith("%") for line in lines)
    file = Path(shlex.split(next(line for line in lines if "main.py run" in line))[-1])
    assert read_study(file).name.startswith("tones searched, Baseline CNN fold 1, ")
    code, said = search(trials=8, epochs=1)
    assert code == OK and "8 trials on CPU, 7 done already." in said
    assert sum(line.startswith("Trial ") for line in said.splitlines()) == 1
    code, said = search(network="AlexNet")
    assert code == FAILED and "no network “AlexNet”" in said
    code, said = search(trials=0)
    assert code == FAILED and "the search: trials = 0" in said
