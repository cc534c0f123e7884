"""The user's folder: one writer, sentences when it cannot be written to."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from core.errors import UserError
from core.files import folder_size, replace_synced, write_atomically
from core.workspace import Workspace, default_workspace


def test_a_second_writer_only_reads_until_the_first_is_gone(tmp_path: Path) -> None:
    first, second = Workspace(tmp_path / "w").open(), Workspace(tmp_path / "w").open()
    assert first.writable and not second.writable
    with pytest.raises(UserError, match="in use by another Sensorium"):
        second.require_writable()
    first.close()
    third = Workspace(tmp_path / "w").open()
    assert third.writable
    third.close()


def test_a_file_in_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "w").write_text("not a folder")
    place = Workspace(tmp_path / "w").open()
    assert not place.writable and place.read_only_because


def test_a_dataset_without_a_place_needs_a_folder(workspace: Workspace) -> None:
    assert workspace.dataset_root("esc50") == workspace.datasets / "ESC-50"
    assert workspace.dataset_root("esc50", "/somewhere/else") == Path("/somewhere/else")
    with pytest.raises(UserError, match="needs a folder"):
        workspace.dataset_root("labelled-folder")


def test_the_default_is_in_the_home_folder_or_as_the_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SENSORIUM_WORKSPACE", raising=False)
    assert default_workspace() == Path.home() / "Sensorium"
    monkeypatch.setenv("SENSORIUM_WORKSPACE", "/data/lab")
    assert default_workspace() == Path("/data/lab")


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "file"
    write_atomically(target, b"old")

    def full(file: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(UserError, match="disk is full"):
        write_atomically(target, full)
    with pytest.raises(UserError, match="disk is full"), replace_synced(target) as aside:
        aside.write_bytes(b"half")
        full(aside)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_replace_synced_takes_the_name_only_on_success(tmp_path: Path) -> None:
    with replace_synced(tmp_path / "new" / "file") as aside:
        aside.write_bytes(b"whole")
        assert not (tmp_path / "new" / "file").exists()
    assert (tmp_path / "new" / "file").read_bytes() == b"whole"
    assert folder_size(tmp_path) == 5
