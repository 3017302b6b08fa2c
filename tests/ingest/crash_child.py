"""The process that the crash test kills: opens a folder, drops files, and works until it is done or killed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from core.library import Upload
from core.settings import Settings
from core.workbench import Workbench


def main() -> None:
    data, files = Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    workbench = Workbench.open(Settings(data=data, samples=False))
    print("open", flush=True)
    if files:
        workbench.library.add([Upload(path.name, path) for path in files])
    print("dropped", flush=True)
    assert workbench.ready(60)
    print("ready", flush=True)
    ids = [document.id for document in workbench.library.documents()]
    assert workbench.jobs.wait(ids, timeout=300)
    workbench.close()
    print("finished", flush=True)


if __name__ == "__main__":
    main()
