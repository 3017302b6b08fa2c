"""Writes the pages of this folder that are made from code: `make docs`. A test compares them with what is committed."""

from __future__ import annotations

from pathlib import Path

from core.settings import Settings, allowed, variable

HEAD = """# Settings

Environment variables, or lines of a `.env` file in the folder the workbench is started from; the environment wins.
An empty value counts as not set. Anything unknown or out of range is refused at the start, with the name, the value and
what is allowed. This page is made from `core/settings.py` by `make docs`.

| variable | what it sets | allowed | default |
|---|---|---|---|
"""


def default(value: object) -> str:
    """A default as one would write it into `.env`."""
    if value is None:
        return "not set"
    return f"`{int(value)}`" if isinstance(value, bool) else f"`{value}`"


def settings_page() -> str:
    """The whole of docs/settings.md."""
    rows = [
        f"| `{variable(name)}` | {field.description} | {allowed(name)} | {default(field.default)} |"
        for name, field in Settings.model_fields.items()
    ]
    return HEAD + "\n".join(rows) + "\n"


PAGES = {"settings.md": settings_page}


def main() -> None:
    """Write every generated page."""
    for name, make in PAGES.items():
        (Path(__file__).parent / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
