"""Where versions of Tocsin lie on a machine, and which of them counts.

    opt/tocsin/versions/1.2.3/venv    one Python environment a version, with `complete` beside it when it is whole
    opt/tocsin/current                a link to the version that counts; one rename moves it
    opt/tocsin/trust/bundle.pem       the key that bundles are checked with, put there at the first installation
    opt/tocsin/upgrade.json           an upgrade on its way (`upgrade_journal`); meanwhile the unit does not start
    usr/local/bin/tocsin              a link through `current`
    etc/systemd/system/tocsin.service a link through `current`

All below a prefix, which is `/` but for tests and installations without root.
"""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import UpgradeError, UsageError
from tocsin.lake.durable import hidden, sync
from tocsin.node.upkeep.bundle import version_numbers

COMPLETE = "complete"
PROGRAM = Path("venv", "bin", "tocsin")


@dataclass(frozen=True, slots=True)
class Installation:
    """The places of an installation below its prefix."""

    prefix: Path

    @property
    def root(self) -> Path:
        """Everything but the two links that lead into it."""
        return self.prefix / "opt" / "tocsin"

    @property
    def versions(self) -> Path:
        """One folder a version."""
        return self.root / "versions"

    @property
    def current(self) -> Path:
        """The link to the version that counts."""
        return self.root / "current"

    @property
    def staging(self) -> Path:
        """The checked copy of a bundle while it is installed."""
        return self.root / "staging"

    @property
    def trust(self) -> Path:
        """The public key that bundles are checked with."""
        return self.root / "trust" / "bundle.pem"

    @property
    def journal(self) -> Path:
        """The record of an upgrade on its way."""
        return self.root / "upgrade.json"

    @property
    def command(self) -> Path:
        """The command that people type."""
        return self.prefix / "usr" / "local" / "bin" / "tocsin"

    @property
    def unit(self) -> Path:
        """The systemd unit."""
        return self.prefix / "etc" / "systemd" / "system" / "tocsin.service"

    def folder(self, version: str) -> Path:
        """Where a version lies."""
        return self.versions / version

    def current_version(self) -> str:
        """The version that counts. Raises UpgradeError when the link is gone or leads elsewhere."""
        try:
            target = self.current.readlink()
        except OSError as error:
            raise UpgradeError(
                f"{self.current}: {error.strerror}", "Install again with the bundle's install.sh."
            ) from error
        if target.parent != Path("versions"):
            raise UpgradeError(f"{self.current} leads to {target}", f"It must lead to a folder of {self.versions}.")
        version_numbers(target.name)
        return target.name

    def installed(self) -> list[str]:
        """The versions that are whole, the oldest first."""
        names = [path.parent.name for path in self.versions.glob(f"*/{COMPLETE}")]
        return sorted(names, key=version_numbers)

    def switch(self, version: str) -> None:
        """Make a version the one that counts, at once and for good."""
        name = hidden(self.current)
        name.unlink(missing_ok=True)
        name.symlink_to(Path("versions", version))
        name.rename(self.current)
        sync(self.root)

    def discard(self, version: str) -> None:
        """Remove a version that does not count, its mark first, so that a half removed one is never taken for whole."""
        folder = self.folder(version)
        (folder / COMPLETE).unlink(missing_ok=True)
        if folder.exists():
            shutil.rmtree(folder)

    @contextmanager
    def alone(self) -> Iterator[int]:
        """Keep other upgrades away; gives the lock, to be handed on to what the upgrade starts.

        Raises UpgradeError when another is at work, or something that a killed one had started.
        """
        handle = os.open(self.root, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _lock(handle, self.root)
            yield handle
        finally:
            os.close(handle)


def this_installation() -> Installation:
    """The installation that the running program is part of. Raises UsageError when it came from elsewhere."""
    environment = Path(sys.prefix).resolve()  # it may have been started through `current`
    versions = environment.parent.parent
    if environment.name != "venv" or versions.name != "versions" or versions.parent.name != "tocsin":
        raise UsageError(
            "this Tocsin was not installed from a bundle", "See docs/install.md; a checkout is not upgraded."
        )
    return Installation(versions.parent.parent.parent)


def _lock(handle: int, root: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UpgradeError(f"another upgrade is at work in {root}", "Wait until it has ended.") from error
