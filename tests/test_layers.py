"""The import contracts hold, and each of them is broken by a planted violation."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = ("pages", "components", "api", "core", "storage")
PLANTED = {
    "Layers": ("storage/planted.py", "import core.errors"),
    "Pages place components only": ("pages/planted.py", "import core.errors"),
    "No page knows another": ("pages/planted_two.py", "import pages.planted"),
    "Components and the API know core only": ("components/planted.py", "import storage.records"),
    "The API draws nothing": ("api/planted.py", "import streamlit"),
    "Core knows no store's library and no page": ("core/planted.py", "import chromadb"),
    "Storage stands alone": ("storage/planted_two.py", "import streamlit"),
}
FORBIDDEN = {
    "app.py": {"core", "storage", "pages", "cli", "chromadb", "tantivy", "sqlalchemy", "dbos", "docling"},
    "cli.py": {"storage", "streamlit", "components", "pages", "chromadb", "tantivy", "sqlalchemy", "dbos", "docling"},
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([tool, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture
def tree(root: Path, tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(root / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.onnx"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def verdicts(output: str) -> dict[str, str]:
    """Contract name -> KEPT or BROKEN."""
    return {match[1].strip(): match[2] for match in re.finditer(r"^(.+?) (KEPT|BROKEN)$", output, re.MULTILINE)}


def test_contracts_hold(root: Path) -> None:
    done = lint(root)
    assert done.returncode == 0, done.stdout
    assert verdicts(done.stdout) == dict.fromkeys(PLANTED, "KEPT")


def test_every_contract_sees_its_violation(tree: Path) -> None:
    for path, line in PLANTED.values():
        (tree / path).write_text(line + "\n", encoding="utf-8")
    done = lint(tree)
    assert done.returncode == 1, done.stdout
    assert verdicts(done.stdout) == dict.fromkeys(PLANTED, "BROKEN")


@pytest.mark.parametrize("name", FORBIDDEN)
def test_entry_files_stay_at_the_top(root: Path, name: str) -> None:
    """import-linter takes packages only, so the two entry files are read here."""
    imported = set()
    for node in ast.walk(ast.parse((root / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert not imported & FORBIDDEN[name]
