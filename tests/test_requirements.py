"""What is installed is pinned, free of PyTorch and CUDA, explained, and all that the code imports."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

OURS = {"app", "cli", "pages", "components", "api", "core", "storage"}
HEAVY = re.compile(
    r"^(torch|torchvision|torchaudio|transformers|accelerate|sentence-transformers|triton|cuda|nvidia|tensorflow|jax)",
    re.IGNORECASE,
)
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;]+)(\s*;.*)?$")


NOT_IMPORTED = {"python-multipart"}  # FastAPI asks for it when a form is posted


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def lines(path: Path) -> list[str]:
    """Lines that say something: no comments, options or blanks."""
    stripped = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in stripped if line and not line.startswith(("#", "-"))]


def direct(path: Path) -> set[str]:
    return {canonical(re.split(r"[\[=<>~! ;]", line)[0]) for line in lines(path)}


def pins(path: Path) -> dict[str, str]:
    found = {}
    for line in lines(path):
        match = PIN.match(line)
        assert match, f"{path.name}: {line!r} is not pinned"
        found[canonical(match["name"])] = match["version"]
    return found


@pytest.mark.parametrize("name", ["requirements", "requirements-test"])
def test_everything_asked_for_is_pinned(root: Path, name: str) -> None:
    asked, pinned = direct(root / f"{name}.in"), pins(root / f"{name}.txt")
    assert asked <= set(pinned), "run `make requirements`"


def test_both_sets_of_pins_agree(root: Path) -> None:
    runtime, test = pins(root / "requirements.txt"), pins(root / "requirements-test.txt")
    assert {
        name: (version, runtime[name]) for name, version in test.items() if runtime.get(name, version) != version
    } == {}


def test_nothing_heavy_is_installed(root: Path) -> None:
    assert not [name for name in pins(root / "requirements.txt") if HEAVY.match(name)]


@pytest.mark.parametrize(
    "name", ["requirements.in", "requirements.txt", "requirements-test.in", "requirements-test.txt"]
)
def test_no_address_is_committed(root: Path, name: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text
    assert "find-links" not in text


def test_every_direct_dependency_is_explained(root: Path) -> None:
    table = (root / "docs" / "dependencies.md").read_text(encoding="utf-8")
    runtime, _, test = table.partition("## For tests and checks")
    row = re.compile(r"^\| `([^`\[]+)(?:\[[^`]*\])?` \| \S", re.MULTILINE)
    assert {canonical(name) for name in row.findall(runtime)} == direct(root / "requirements.in")
    assert {canonical(name) for name in row.findall(test)} == direct(root / "requirements-test.in")


def imported(root: Path) -> set[str]:
    """The top-level names that the product's files import, lazily or not."""
    files = [*root.glob("*.py")]
    for folder in OURS - {"app", "cli"}:
        files += (root / folder).rglob("*.py")
    names = set()
    for path in files:
        if "export" in path.parts:  # how the model file was made; run elsewhere, with other packages
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add((node.module or "").split(".")[0])
    return names - set(sys.stdlib_module_names) - OURS


def test_what_the_code_imports_is_a_direct_dependency(root: Path) -> None:
    asked, owners = direct(root / "requirements.in"), packages_distributions()
    missing = {name for name in imported(root) if not {canonical(owner) for owner in owners.get(name, [])} & asked}
    assert not missing, f"add to requirements.in: {sorted(missing)}"


def test_every_direct_dependency_is_imported(root: Path) -> None:
    owners = packages_distributions()
    used = {canonical(owner) for name in imported(root) for owner in owners.get(name, [])}
    assert direct(root / "requirements.in") - used - NOT_IMPORTED == set()
