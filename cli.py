"""Quellwerk on the command line. With a running workbench on the folder it asks that one, else it opens the folder.

Exit codes: 0 done; 1 something failed, and what was printed says what; 2 wrong usage (an option, a path, a mode, a
setting); 3 the data folder is in use by another process that does not answer.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer._click.exceptions import Abort, UsageError  # typer brings its own click and exports only half of it

from core.errors import FolderInUse, InvalidRequest, QuellwerkError, SettingsError
from core.logs import configure
from core.settings import Settings, load_settings
from core.wire import Json, problems

if TYPE_CHECKING:
    from core.door import Door

ROOT = Path(__file__).resolve().parent

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help=__doc__.partition("\n")[0], pretty_exceptions_enable=False
)
jobs_app = typer.Typer(help="What is being worked on, what failed; retry and cancel.", invoke_without_command=True)
app.add_typer(jobs_app, name="jobs")

Data = Annotated[Path | None, typer.Option("--data", help="The data folder.", show_default="$QUELLWERK_DATA or ./data")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]


FAILED, MISUSED, IN_USE, INTERRUPTED = 1, 2, 3, 130


class Failed(typer.Exit):
    """Ends the program with code 1: something failed, and what was printed says what."""

    def __init__(self) -> None:
        super().__init__(FAILED)


def settings_for(data: Path | None) -> Settings:
    """The settings, with the folder that was named on the command line."""
    environ = dict(os.environ)
    if data is not None:
        environ["QUELLWERK_DATA"] = str(data)
    return load_settings(environ)


@contextmanager
def opened(data: Path | None, as_json: bool) -> Iterator[Door]:
    """The folder, opened here or asked for at the process that has it; errors become words and exit codes."""
    from core.door import opened_door  # late: `serve` needs none of it

    with _in_words(as_json):
        settings = settings_for(data)
        configure(settings)
        with opened_door(settings) as door:
            yield door


@contextmanager
def _in_words(as_json: bool) -> Iterator[None]:
    try:
        yield
    except FolderInUse as error:
        _complain(error, as_json)
        raise typer.Exit(IN_USE) from None
    except (SettingsError, InvalidRequest) as error:
        _complain(error, as_json)
        raise typer.Exit(MISUSED) from None
    except QuellwerkError as error:
        _complain(error, as_json)
        raise Failed from None


def _complain(error: QuellwerkError, as_json: bool) -> None:
    _tell(type(error).__name__, error.sentence, error.next_step, as_json)


def _tell(kind: str, sentence: str, next_step: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_error(kind, sentence, next_step)))
    typer.echo(f"{sentence} {next_step}".strip(), err=True)


def _error(kind: str, sentence: str, next_step: str) -> Json:
    return {"error": {"type": kind, "sentence": sentence, "next_step": next_step}}


def show(found: Json, as_json: bool, lines: Sequence[str]) -> None:
    """Print the JSON, or lines for a person."""
    typer.echo(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(lines))


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.")],
    recursive: Annotated[bool, typer.Option("--recursive", help="Also what is in folders below.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until all have ended.")] = True,
    graph: Annotated[
        bool, typer.Option("--graph/--no-graph", help="For the graph, which is still to come: changes nothing yet.")
    ] = True,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Take files in. A JSONL file is taken in line by line, a document each."""
    from core.service import files_in

    _ = graph  # accepted for the graph stage; without it a document is done when it is searchable
    with _in_words(as_json):
        files = files_in(paths, recursive)
    with opened(data, as_json) as door:
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
    context.obj = (data, as_json)  # “jobs --data DIR retry ID” means that folder too
    if context.invoked_subcommand is not None:
        return
    with opened(data, as_json) as door:
        found = door.jobs(failed)
    show(found, as_json, [_job_line(row) for row in found["jobs"]])


@jobs_app.command()
def retry(
    context: typer.Context,
    job_id: str,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until it has ended.")] = True,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Do a failed, partial or cancelled job again."""
    data, as_json = data or context.obj[0], as_json or context.obj[1]
    with opened(data, as_json) as door:
        found = door.retry(job_id, wait=wait)
    show(found, as_json, [_job_line(row) for row in found["jobs"]])
    if problems(found["jobs"]):
        raise Failed


@jobs_app.command()
def cancel(context: typer.Context, job_id: str, data: Data = None, as_json: AsJson = False) -> None:
    """Stop a job; nothing of it stays."""
    data, as_json = data or context.obj[0], as_json or context.obj[1]
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

    with _in_words(as_json):
        asked = load_questions(questions)
    with opened(data, as_json) as door:
        found = door.evaluate(asked, [mode.strip() for mode in modes.split(",") if mode.strip()])
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
    as_json: AsJson = False,
) -> None:
    """Run the workbench: pages and API on one port."""
    from core.folder import check_free

    with _in_words(as_json):
        settings = settings_for(data)
        check_free(settings)
        _check_port(host, port)
    environ = os.environ | {"QUELLWERK_DATA": str(settings.folder)}
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    show({"address": address, "data": str(settings.folder)}, as_json, [f"Quellwerk: {address}"])
    sys.stdout.flush()
    if as_json:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the server prints is no part of the document
    options = ["--server.port", str(port), "--server.address", host]
    arguments = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), *options]
    os.chdir(ROOT)
    os.execve(sys.executable, arguments, environ)  # noqa: S606 - this process becomes the server


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise QuellwerkError(
            f"Port {port} on {host} cannot be used: {error.strerror}.", "Choose another with --port."
        ) from error


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


def main() -> int:
    """Run a command and return its exit code. Whatever goes wrong ends in a sentence, never in a traceback."""
    as_json = "--json" in sys.argv
    try:
        code = app(standalone_mode=False)
    except UsageError as error:
        error.show()
        if as_json:
            typer.echo(json.dumps(_error("Usage", error.format_message(), "See --help.")))
        return MISUSED
    except (KeyboardInterrupt, Abort):
        _tell("Interrupted", "Interrupted.", "What was stored goes on at the next start.", as_json)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        logging.getLogger(__name__).debug("unexpected", exc_info=error)
        _tell("Unexpected", f"Something unexpected happened: {error}.", "QUELLWERK_LOG_LEVEL=debug says more.", as_json)
        return FAILED
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
