"""Which files of a folder are taken in, and under which names."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import InvalidRequest
from core.service import files_in


def test_a_folder_gives_its_own_files_only(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    (folder / "below").mkdir(parents=True)
    (outside / "secret.txt").write_text("not of this folder", encoding="utf-8")
    (folder / "a.txt").write_text("a", encoding="utf-8")
    (folder / ".hidden.txt").write_text("hidden", encoding="utf-8")
    (folder / "below" / "a.txt").write_text("another a", encoding="utf-8")
    (folder / "out.txt").symlink_to(outside / "secret.txt")
    (folder / "further").symlink_to(outside, target_is_directory=True)
    (folder / "again.txt").symlink_to(folder / "a.txt")
    assert [name for name, _ in files_in([folder], recursive=False)] == ["a.txt", "again.txt"]
    names = [name for name, _ in files_in([folder], recursive=True)]
    assert len(names) == len(set(names)) == 3
    assert not any("secret" in name for name in names)


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="nowhere"):
        files_in([tmp_path / "nowhere"], recursive=False)
