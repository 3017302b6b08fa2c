"""Quellwerk on the command line. With a running workbench on the folder it asks that one, else it opens the folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from core.client import Client
from core.errors import FolderInUse, QuellwerkError
from core.service import Service, files_in
from core.settings import Settings, load_settings
from core.wire import Json, problems

ROOT = Path(__file__).resolve().parent

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
jobs_app = typer.Typer(help="What is being worked on, what failed; retry and cancel.", invoke_without_command=True)
app.add_typer(jobs_app, name="jobs")

Data = Annotated[Path | None, typer.Option("--data", help="The data folder.", show_default="$QUELLWERK_DATA or ./data")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]
Door = Service | Client


class Failed(typer.Exit):
    """Ends the program with code 1: something failed, and what was printed says what."""

    def __init__(self) -> None:
        super().__init__(1)


def settings_for(data: Path | None) -> Settings:
    """The settings, with the folder that was named on the command line."""
    environ = dict(os.environ)
    if data is not None:
        environ["QUELLWERK_DATA"] = str(data)
    return load_settings(environ)


@contextmanager
def opened(data: Path | None, as_json: bool) -> Iterator[Door]:
    """The folder, opened here or asked for at the process that has it; errors become words and exit codes."""
    try:
        settings = settings_for(data)
        with _door(settings) as door:
            yield door
    except FolderInUse as error:
        _complain(error, as_json)
        raise typer.Exit(3) from None
    except QuellwerkError as error:
        _complain(error, as_json)
        raise Failed from None


@contextmanager
def _door(settings: Settings) -> Iterator[Door]:
    from core.workbench import Workbench

    try:
        workbench = Workbench.open(settings, lazy=True)
    except FolderInUse as error:
        client = Client(error.address, settings.api_key) if error.address else None
        if client is None or not client.alive():
            raise
        try:
            yield client
        finally:
            client.close()
        return
    try:
        yield Service(workbench)
    finally:
        workbench.close()


def _complain(error: QuellwerkError, as_json: bool) -> None:
    if as_json:
        told = {"type": type(error).__name__, "sentence": error.sentence, "next_step": error.next_step}
        typer.echo(json.dumps({"error": told}))
    typer.echo(str(error), err=True)


def show(found: Json, as_json: bool, lines: Sequence[str]) -> None:
    """Print the JSON, or lines for a person."""
    typer.echo(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(lines))


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.")],
    recursive: Annotated[bool, typer.Option("--recursive", help="Also what is in folders below.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until all have ended.")] = True,
    graph: Annotated[bool, typer.Option("--graph/--no-graph", help="Extract entities and relations too.")] = True,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Take files in. A JSONL file is taken in line by line, a document each."""
    _ = graph  # accepted for the graph stage; without it a document is done when it is searchable
    with opened(data, as_json) as door:
        files = files_in(paths, recursive)
        found = door.ingest(files, wait=wait, progress=_progress if sys.stderr.isatty() else None)
    rows = [_document_line(row) for row in found["documents"]]
    show(found, as_json, [*rows, f"{len(rows)} documents in {found['seconds']:.1f} s"])
    if problems(found["documents"]):
        raise Failed


@app.command()
def documents(data: Data = None, as_json: AsJson = False) -> None:
    """List the documents, newest first."""
    with opened(data, as_json) as door:
        found = door.documents()
    show(found, as_json, [_document_line(row) for row in found["documents"]])


@app.command()
def delete(ids: Annotated[list[str], typer.Argument()], data: Data = None, as_json: AsJson = False) -> None:
    """Delete documents from every store."""
    with opened(data, as_json) as door:
        found = door.delete(ids)
    removed = ", ".join(f"{count} {what}" for what, count in found["removed"].items() if count)
    show(found, as_json, [f"Deleted {len(found['deleted'])} documents: {removed or 'nothing indexed'}."])


@app.command()
def search(
    question: str,
    mode: Annotated[str, typer.Option(help="hybrid, dense or keyword")] = "hybrid",
    top_k: Annotated[int, typer.Option("--top-k", min=1, max=200)] = 10,
    document: Annotated[list[str] | None, typer.Option(help="Only in this document; repeatable.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Find passages."""
    with opened(data, as_json) as door:
        found = door.search(question, mode, top_k, document or ())
    lines = []
    for row in found["results"]:
        page = f", page {row['page']}" if row["page"] else ""
        lines += [f"{row['rank']:>2}  {row['document']}{page}", f"    {' '.join(row['text'].split())[:240]}"]
    show(found, as_json, lines or ["Nothing was found."])


@app.command()
def ask(
    question: str,
    agent: Annotated[list[str] | None, typer.Option(help="Whom to ask; repeatable.")] = None,
    model: Annotated[str | None, typer.Option(help="An Ollama model; built in if not given.")] = None,
    document: Annotated[list[str] | None, typer.Option(help="Only from this document; repeatable.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Ask a question; every sentence of the answer names its source."""
    with opened(data, as_json) as door:
        found = door.ask(question, agent or (), model, document or ())
    lines: list[str] = []
    for answer in found["answers"]:
        lines += [f"{answer['agent']}:" if len(found["answers"]) > 1 else "", answer["text"], ""]
        for source in answer["citations"]:
            page = f", page {source['page']}" if source["page"] else ""
            lines.append(f"[{source['n']}] {source['document']}{page}")
    show(found, as_json, [line for number, line in enumerate(lines) if line or number])


@app.command()
def agents(data: Data = None, as_json: AsJson = False) -> None:
    """List who can be asked."""
    with opened(data, as_json) as door:
        found = door.agents()
    show(found, as_json, [f"{row['name']:<12} {row['purpose']}" for row in found["agents"]])


@app.command()
def status(data: Data = None, as_json: AsJson = False) -> None:
    """Say how the workbench is."""
    with opened(data, as_json) as door:
        found = door.status()
    components = [f"  {name}: {part['detail']}" for name, part in found["components"].items()]
    show(
        found, as_json, [f"{found['health']}: {found['documents']} documents, {found['chunks']} passages", *components]
    )


@jobs_app.callback()
def jobs(
    context: typer.Context,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that failed or are partial.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List the jobs."""
    if context.invoked_subcommand is not None:
        return
    with opened(data, as_json) as door:
        found = door.jobs(failed)
    show(found, as_json, [_job_line(row) for row in found["jobs"]])


@jobs_app.command()
def retry(job_id: str, data: Data = None, as_json: AsJson = False) -> None:
    """Do a failed, partial or cancelled job again."""
    with opened(data, as_json) as door:
        found = door.retry(job_id)
    show(found, as_json, [_job_line(row) for row in found["jobs"]])


@jobs_app.command()
def cancel(job_id: str, data: Data = None, as_json: AsJson = False) -> None:
    """Stop a job; nothing of it stays."""
    with opened(data, as_json) as door:
        found = door.cancel(job_id)
    show(found, as_json, [_job_line(row) for row in found["jobs"]])


@app.command()
def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Check that all stores agree."""
    with opened(data, as_json) as door:
        found = door.doctor(repair)
    marks = {True: "ok", False: "NOT OK"}
    lines = [
        f"{marks[c['ok']]:>7}  {c['name']}: {c['detail']}{' Repaired.' if c['repaired'] else ''}"
        for c in found["checks"]
    ]
    show(found, as_json, lines)
    if not found["ok"]:
        raise Failed


@app.command(name="eval")
def evaluate(
    questions: Annotated[Path, typer.Argument(help="JSONL: question, relevant, answer.")],
    modes: Annotated[str, typer.Option(help="Comma-separated.")] = "hybrid,dense,keyword",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Measure retrieval with questions whose sources are known."""
    from core.evaluate import load_questions

    with opened(data, as_json) as door:
        found = door.evaluate(load_questions(questions), [mode.strip() for mode in modes.split(",")])
    names = [name for name in found["rows"][0] if name != "mode"] if found["rows"] else []
    lines = [f"{'mode':<10}" + "".join(f"{name:>11}" for name in names)]
    lines += [f"{row['mode']:<10}" + "".join(f"{row[name]:>11.3f}" for name in names) for row in found["rows"]]
    show(found, as_json, lines)


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all if none is named.")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Measure this machine (in folders of its own)."""
    _ = data
    command = [sys.executable, "-m", "bench", *(names or []), *(["--json"] if as_json else [])]
    raise typer.Exit(subprocess.run(command, cwd=ROOT, check=False).returncode)


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    host: Annotated[str, typer.Option(help="127.0.0.1 keeps it on this machine.")] = "127.0.0.1",
    data: Data = None,
) -> None:
    """Run the workbench: pages and API on one port."""
    try:
        from core.workbench import check_free

        settings = settings_for(data)
        check_free(settings)
    except FolderInUse as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(3) from None
    except QuellwerkError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    environ = os.environ | {"QUELLWERK_DATA": str(settings.folder)}
    typer.echo(f"Quellwerk: http://{host}:{port}", err=False)
    sys.stdout.flush()
    options = ["--server.port", str(port), "--server.address", host]
    arguments = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), *options]
    os.chdir(ROOT)
    os.execve(sys.executable, arguments, environ)  # noqa: S606 - this process becomes the server


def _progress(found: Sequence[Json]) -> None:
    done = sum(row["status"] in ("done", "partial", "failed", "skipped", "cancelled") for row in found)
    chunks = sum(row.get("chunks_done", 0) for row in found)
    width = 30 * done // max(1, len(found))
    bar = "█" * width + "·" * (30 - width)
    print(f"\r{bar} {done}/{len(found)} documents, {chunks} passages ", end="", file=sys.stderr, flush=True)  # noqa: T201
    if done == len(found):
        print(file=sys.stderr)  # noqa: T201


def _document_line(row: dict[str, Any]) -> str:
    note = f"  {row['error']}" if row["error"] else ""
    note = f"  same as {row['duplicate_of']}" if row["duplicate_of"] else note
    return f"{row['id'] or '-':<16}  {row['status']:<10} {row['chunks']:>6}  {row['name']}{note}"


def _job_line(row: dict[str, Any]) -> str:
    counts = f"{row['chunks_done']}/{row['chunks_total']}"
    return f"{row['id']:<16}  {row['status']:<10} {counts:>12}  {row['name']}  {row['error'] or ''}".rstrip()


if __name__ == "__main__":
    app()
