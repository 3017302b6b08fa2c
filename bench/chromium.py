"""Finds the browser that the walks drive, or puts it there: `python -m bench.chromium` prints its path.

Standard library only, since it runs before anything is known to work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find() -> str | None:
    """The path of a Chromium or Chrome on this machine, if there is one."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return str(MAC) if MAC.exists() else None


def install() -> None:
    """Debian, as root: the distribution's own package. Raises CalledProcessError or TimeoutExpired when it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-q", "-y", "-o", "Dpkg::Use-Pty=0"]
    for command in ([*apt, "update"], [*apt, "install", "--no-install-recommends", "chromium", "fonts-liberation"]):
        subprocess.run(command, env=environment, check=True, timeout=900, stdout=sys.stderr, stdin=subprocess.DEVNULL)


def main() -> int:
    path = find()
    if path is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("No Chromium here: installing Debian's package.", file=sys.stderr)
        try:
            install()
        except (subprocess.SubprocessError, OSError) as error:
            print(f"That did not work: {error}", file=sys.stderr)
        path = find()
    if path is None:
        print(
            "The browser tests need Chromium or Chrome, and neither is on the PATH.\n"
            "  Debian, Ubuntu: sudo apt-get install chromium\n"
            "  Fedora:         sudo dnf install chromium\n"
            "  macOS:          brew install --cask google-chrome\n"
            "Then run `make test` again. Without a browser: make test ARGS=\"-m 'not browser'\" runs all the others.",
            file=sys.stderr,
        )
        return 1
    print(f"Browser: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
