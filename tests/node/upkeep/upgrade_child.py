"""An upgrade in a process of its own, so that it can be killed: FOLDER BUNDLE [STEP: killed when it tells this one]."""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from tocsin.node.upkeep.installation import Installation
from tocsin.node.upkeep.upgrade import Wish, upgrade

AT = datetime(2026, 11, 30, tzinfo=UTC)


def main(folder: Path, bundle: Path, last: int) -> None:
    """Upgrade until the end, or to the step at which the process kills itself."""
    told = 0

    def tell(sentence: str) -> None:
        nonlocal told
        told += 1
        print(sentence, flush=True)
        if told == last:
            os.kill(os.getpid(), signal.SIGKILL)

    place = Installation(folder / "prefix")
    upgrade(Wish(place, bundle, folder / "public.pem", folder / "node"), AT, tell)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else 0)
