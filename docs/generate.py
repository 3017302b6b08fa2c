"""Writes the pages of this folder that are made from code: `make docs`. A test compares them with what is committed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.app import create_api
from core.errors import QuellwerkError
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


API_HEAD = """# The REST API

Under `/api/v1` on the workbench's own port; `/api/docs` on a running workbench lets one try it, `/api/openapi.json`
describes it for programs. With `QUELLWERK_API_KEY` set, every call needs `Authorization: Bearer KEY`. Errors are
`{"error": {"type", "sentence", "next_step"}}` with a fitting status code. This page is made from the code
by `make docs`.

"""


def nobody() -> Any:
    """Stands where a workbench would stand; describing the API needs none."""
    raise QuellwerkError("There is no workbench here.")


def api_page() -> str:
    """The whole of docs/api.md: every route with what it takes and does."""
    paths: dict[str, dict[str, Any]] = create_api(nobody).openapi()["paths"]
    rows = ["| call | what it does | query | body |", "|---|---|---|---|"]
    for path, calls in paths.items():
        for method, call in calls.items():
            said = " ".join((call.get("description") or call.get("summary", "")).split())
            query = ", ".join(f"`{item['name']}`" for item in call.get("parameters", []) if item["in"] == "query")
            body = ", ".join(f"`{kind}`" for kind in call.get("requestBody", {}).get("content", {}))
            rows.append(f"| `{method.upper()} /api{path}` | {said} | {query} | {body} |")
    return API_HEAD + "\n".join(rows) + "\n"


CLI_HEAD = """# The command line

Run as `.venv/bin/python cli.py COMMAND`. Every command takes `--data DIR` (else `QUELLWERK_DATA`, else `./data`) and
`--json`: one JSON document on standard output and nothing else there; progress and logs go to standard error. When a
workbench runs on the folder it answers for the command, else the command opens the folder itself. Exit codes:

- 0: done. A document that is `partial` or `skipped` is in, and its row says what it lacks or whom it equals.
- 1: something failed or was not found, and the JSON says what.
- 2: wrong usage: an option, a path that is not there, an unknown mode or agent, a setting.
- 3: the data folder is in use by another process that does not answer.

An error is `{"error": {"type", "sentence", "next_step"}}`. With `ingest --no-wait`, or when a command is interrupted,
what was taken in is worked on at the next start. This page is made from the code by `make docs`.

| command | what it does | options |
|---|---|---|
"""
EVERYWHERE = {"data", "as_json", "help"}


def cli_page() -> str:
    """The whole of docs/cli.md."""
    import typer

    import cli

    rows: list[str] = []

    def add(name: str, command: Any) -> None:
        given = [
            f" {p.name.upper()}{'...' if p.nargs == -1 else ''}"
            for p in command.params
            if p.param_type_name == "argument"
        ]
        options = [
            f"`{'/'.join([*p.opts, *p.secondary_opts])}` {(p.help or '').rstrip('.')}".strip()
            for p in command.params
            if p.param_type_name == "option" and p.name not in EVERYWHERE
        ]
        rows.append(f"| `{name}{''.join(given)}` | {' '.join((command.help or '').split())} | {'; '.join(options)} |")
        for word, below in getattr(command, "commands", {}).items():
            add(f"{name} {word}", below)

    for word, command in typer.main.get_command(cli.app).commands.items():
        add(word, command)
    return CLI_HEAD + "\n".join(rows) + "\n"


PAGES = {"settings.md": settings_page, "api.md": api_page, "cli.md": cli_page}


def main() -> None:
    """Write every generated page."""
    for name, make in PAGES.items():
        (Path(__file__).parent / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
