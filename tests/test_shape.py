"""Small by rule: at most 400 lines a file and 60 a function, and no drawer for everything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("pages", "components", "api", "core", "storage", "bench", "docs", "samples", "tests")
FILE_LINES = 400
FUNCTION_LINES = 60
DRAWERS = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def sources(root: Path) -> Iterator[Path]:
    yield from root.glob("*.py")
    for folder in FOLDERS:
        yield from sorted((root / folder).rglob("*.py"))


def test_no_file_is_too_long(root: Path) -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources(root)}
    assert not [f"{path.relative_to(root)}: {lines}" for path, lines in lengths.items() if lines > FILE_LINES]


def test_no_function_is_too_long(root: Path) -> None:
    long = []
    for path in sources(root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    long.append(f"{path.relative_to(root)}:{node.lineno} {node.name}: {lines}")
    assert not long


def test_no_file_is_a_drawer(root: Path) -> None:
    assert not [str(path.relative_to(root)) for path in sources(root) if path.stem in DRAWERS]


def test_test_folders_are_no_packages(root: Path) -> None:
    """A package under tests would shadow the product's folder of the same name."""
    assert not list((root / "tests").rglob("__init__.py"))
