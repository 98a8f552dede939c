"""One process of the node: `python -m tocsin.node.service PART FOLDER SUPERVISOR`. The supervisor starts it."""

import sys
from pathlib import Path

from tocsin.errors import TocsinError
from tocsin.node.forking import end_with
from tocsin.node.service.config import NodeFolder, load_config
from tocsin.node.service.log_lines import log_to
from tocsin.node.service.part import ANALYST, ENGINE, SERVER, Part


def main(name: str, path: str, supervisor: str) -> int:
    """Run a part until it is told to stop, or its supervisor (a process id) is gone; 0 when it ended in good order."""
    end_with(int(supervisor))
    folder = NodeFolder(Path(path))
    part = Part(name, folder, load_config(folder.config))
    part.heed_signals()
    if name == SERVER:
        from tocsin.node.service.server_part import run
    elif name == ENGINE:
        from tocsin.node.service.engine_part import run
    elif name == ANALYST:
        from tocsin.node.service.analyst_part import run
    else:
        raise SystemExit(f"no part of the node is called {name}")
    try:
        with log_to(sys.stderr):
            run(part)
    except TocsinError as error:
        print(f"{name}: {error} {error.advice()}", file=sys.stderr, flush=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
