"""A reader's process: reads documents that may be hostile with libraries that may crash, and dies alone.

Started by `core.reading.process` as `python -P -m core.reading.worker PARENT MEMORY_BYTES FILE_BYTES NICENESS`;
requests come as frames on standard input, findings leave as frames on what standard output was at the start. It has no
network, starts no programs, dies with its parent, and never imports what the workbench itself is made of.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import CorruptDocument, EmptyDocument, LimitExceeded, QuellwerkError, ReadError, UnsupportedFormat
from core.reading.protocol import Found, Limits, ReadContext, error_to_message, found_to_message, pack, unpack
from core.reading.registry import READERS, ZIPPED, reader_for
from storage.records import Attachment, DocumentHead, Page

Send = Callable[[Mapping[str, Any]], None]
Request = Mapping[str, Any]

RENEW = "Open it in the program it was made with, save it again, and add that copy."

FORBIDDEN = frozenset({"socket.connect", "socket.sendto", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"})
"""What no reader needs: a document must not reach the network or start a program."""


def main(arguments: list[str]) -> int:
    """Serve requests until standard input ends."""
    requests, replies = _take_streams()
    _bind_to_parent(int(arguments[0]))
    _restrict(*map(int, arguments[1:4]))
    send = _sender(replies)
    send({"is": "ready", "pid": os.getpid()})
    while (request := unpack(requests.read)) is not None:
        _serve(request, send)
    return 0


def _serve(request: Request, send: Send) -> None:
    """One request, answered by any number of findings and exactly one last frame: done, error or result."""
    try:
        if request["do"] == "read":
            for found in read(request):
                send(found_to_message(found))
            send({"is": "done", "rss": _resident()})
        else:
            send({"is": "result", "value": SERVICES[str(request["do"])](request), "rss": _resident()})
    except QuellwerkError as error:
        send(error_to_message(error) | {"rss": _resident()})
    except MemoryError:
        send(error_to_message(_out_of_memory()) | {"rss": _resident(), "recycle": True})
    except (Exception, RecursionError):
        detail = traceback.format_exc(limit=-6)
        send(error_to_message(_unexpected()) | {"rss": _resident(), "detail": detail})


def read(request: Request) -> Iterator[Found]:
    """Sniff, check and read one document. Raises the errors below ReadError."""
    from core.reading.limits import check_archive, check_file
    from core.reading.sniff import sniff

    path, name = Path(str(request["path"])), str(request["name"])
    limits = Limits(**request["limits"])
    check_file(path, limits)
    kind = sniff(path, name)
    if kind == "jsonl":
        raise UnsupportedFormat("A JSON Lines file is a list of documents, not one.", "Add it as a file of its own.")
    if kind in ZIPPED:
        check_archive(path, limits)
    context = ReadContext(limits, request.get("password"), int(request["start_page"]), Path(str(request["findings"])))
    reader = reader_for(kind, {**READERS, **request.get("readers", {})})
    spoken, failure = False, ""
    for found in reader(path, name, context):
        if isinstance(found, DocumentHead):
            check_pages(found.pages or 0, limits)
        elif isinstance(found, Page):
            check_pages(found.number, limits)
            spoken = spoken or any(block.text.strip() for block in found.blocks)
            failure = failure or found.error
        elif isinstance(found, Attachment):
            spoken = True
        yield found
    if not spoken and context.start_page == 1:
        if failure:
            raise CorruptDocument(f"No page of this document could be read. {failure}", RENEW)
        raise EmptyDocument("There is no text in this document.", "If it should have some, open it and look.")


def check_pages(pages: int, limits: Limits) -> None:
    """Raises LimitExceeded for more pages than are allowed."""
    if pages > limits.pages:
        raise LimitExceeded(
            f"This document has {pages:,} pages; {limits.pages:,} are allowed.",
            "Split it, or raise QUELLWERK_MAX_PAGES.",
        )


def _kind(request: Request) -> str:
    from core.reading.limits import check_file
    from core.reading.sniff import sniff

    path = Path(str(request["path"]))
    check_file(path, Limits(**request["limits"]))
    return sniff(path, str(request["name"]))


def _render(request: Request) -> str:
    import base64

    from core.reading.marks import page_picture

    return base64.b64encode(page_picture(request)).decode("ascii")


def _boxes(request: Request) -> list[list[float]]:
    from core.reading.marks import passage_boxes

    return [[box.left, box.top, box.right, box.bottom] for box in passage_boxes(request)]


def _unlock(request: Request) -> str:
    from core.reading.unlock import unlocked_copy

    return unlocked_copy(request)


def _warm(request: Request) -> str:
    for module in request.get("modules", ()):
        import_module(str(module))
    return ""


SERVICES: Mapping[str, Callable[[Request], Any]] = {
    "kind": _kind,
    "render": _render,
    "boxes": _boxes,
    "unlock": _unlock,
    "warm": _warm,
}


def _unexpected() -> ReadError:
    return CorruptDocument(
        "This file is damaged, or not what it claims to be.",
        RENEW,
    )


def _out_of_memory() -> ReadError:
    return LimitExceeded("Reading this file needs more memory than is allowed.", "Split it into smaller files.")


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Our two streams under new numbers: what native libraries print to 0, 1 and 2 must not reach the frames."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    os.close(nowhere)
    sys.stdout = sys.stderr
    return requests, replies


def _sender(replies: BinaryIO) -> Send:
    def send(message: Mapping[str, Any]) -> None:
        rest = memoryview(pack(message))
        try:
            while rest:
                rest = rest[replies.write(rest) :]
        except BrokenPipeError:
            os._exit(0)  # nobody listens any more

    return send


def _bind_to_parent(parent: int) -> None:
    """Die with the parent, also when it is killed: standard input ending is noticed only between two requests."""
    if sys.platform == "linux":
        import ctypes
        import signal

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(1, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it went before we asked
        os._exit(0)


def _restrict(memory: int, file_bytes: int, niceness: int) -> None:
    """Lower priority, bounded memory and files, no core dump, no network, no programs; first to go when memory ends."""
    with suppress(OSError):
        os.nice(niceness)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("700", encoding="ascii")
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
        if memory and sys.platform == "linux":
            # The data segment, not the address space: model runtimes reserve far more than they ever touch.
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    sys.addaudithook(_refuse)


def _refuse(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in FORBIDDEN:
        raise PermissionError(f"a reader may not use {event}")


def _resident() -> int:
    """Bytes of memory in use, 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
