"""Makes the network unreachable for a Python process, except for this machine itself.

`tests/conftest.py` imports it for the test process and puts this folder on `PYTHONPATH`, so that every Python child of
a test (reader processes, the served workbench, the command line) is held to the same rule. What was refused is
appended to the file named by `OFFLINE_GUARD_LOG`, because a library may swallow the error; the test run fails on it.
"""

from __future__ import annotations

import ipaddress
import os
import sys

LOCAL_NAMES = {"", "localhost", "localhost.localdomain", "ip6-localhost", "testserver"}


def is_local(host: object) -> bool:
    """Whether `host` (a name or an address, text or bytes, or None) means this machine."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host if host is not None else "")
    if name.lower() in LOCAL_NAMES or name == os.uname().nodename:
        return True
    try:
        address = ipaddress.ip_address(name.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse(host: object) -> None:
    log = os.environ.get("OFFLINE_GUARD_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as lines:  # noqa: PTH123 - pathlib is too much for every child's start
            lines.write(f"{host!r} by {sys.argv[:3]!r}\n")
    raise PermissionError(f"Tests stay on this machine; {host!r} is not on it.")


def watch(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        if not is_local(args[0]):
            refuse(args[0])
    elif event in ("socket.connect", "socket.sendto"):
        address = args[1]
        if isinstance(address, tuple) and address and not is_local(address[0]):
            refuse(address[0])


if not getattr(sys, "_offline_guard", False):  # importing it twice must not watch twice
    sys._offline_guard = True  # type: ignore[attr-defined]
    sys.addaudithook(watch)
