"""Running the programs of an installed version: each version does its own work on a node's data.

Rules:
1. The backup is made by the old version, migration and check by the new one: each knows its own files.
2. As root, a program runs as the owner of the node's folder, so that no file in it becomes root's.
3. Nothing of the caller's Python environment reaches the program.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin import limits
from tocsin.errors import UpgradeError
from tocsin.sinks.terminal import safe

ROOT = 0
_KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "TERM", "TMPDIR", "TZ")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended."""

    code: int
    out: str
    said: str  # standard error, its last part


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs programs, each to its end.

    Every program holds the upgrade's lock too. So when the upgrade is killed and the program goes on, the next upgrade
    waits for it.
    """

    lock: int
    folder: Path | None  # the node's folder, whose owner is meant by `as_owner`

    def run(self, command: Sequence[str | Path], *, as_owner: bool = False) -> Ended:
        """Run a program. Raises UpgradeError when it cannot be started or takes too long."""
        owner = self._owner() if as_owner else None
        try:
            done = subprocess.run(
                [str(part) for part in command],
                env=self._environment(as_owner),
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=limits.UPGRADE_STEP_SECONDS,
                check=False,
                pass_fds=(self.lock,),
                user=owner and owner[0],
                group=owner and owner[1],
                extra_groups=[] if owner else None,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UpgradeError(f"{command[0]}: {error}") from error
        return Ended(done.returncode, done.stdout, done.stderr.strip()[-limits.UPGRADE_SAID_CHARACTERS :])

    def run_well(self, command: Sequence[str | Path], *, as_owner: bool = False) -> Ended:
        """Run a program that has to succeed. Raises UpgradeError with what it said."""
        ended = self.run(command, as_owner=as_owner)
        if ended.code:
            raise UpgradeError(f"`{_shown(command)}` ended with {ended.code}: {safe(ended.said)}")
        return ended

    def _environment(self, as_owner: bool) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return kept | ({"HOME": str(self.folder)} if as_owner and self.folder else {})

    def _owner(self) -> tuple[int, int] | None:
        """User and group of the node's folder where the caller is root and they are not."""
        if self.folder is None or os.geteuid() != ROOT:
            return None
        owner = self.folder.stat()
        return (owner.st_uid, owner.st_gid) if owner.st_uid != ROOT else None


def _shown(command: Sequence[str | Path]) -> str:
    return " ".join(map(str, command))
