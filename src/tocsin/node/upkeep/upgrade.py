"""From one version to another, without a network, with a way back at every step.

Steps: 1. end what a killed upgrade had begun; 2. check the bundle (`bundle`) and refuse an older version; 3. back up
the node's data with the old version; 4. install the new version beside the old; 5. migrate the data with the new
version; 6. make the new version the one that counts; 7. ask it for its version and for `node check`, which must not
be worse than before.

Rules:
1. Each step that changes something is in the journal before it begins (`upgrade_journal`).
2. When a step fails, the old version counts again, the backup is restored if the data may have been touched, and what
   was installed is removed. When the way back fails too, the journal stays and the next run takes it again.
3. A killed upgrade that had come to step 6 is finished, if the new version proves healthy; any other is taken back.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from tocsin.errors import BundleError, UpgradeError
from tocsin.lake.catalog import being_written
from tocsin.node.service.config import NodeFolder
from tocsin.node.upkeep.bundle import INSTALLER, Bundle, read_key, take_bundle, version_numbers
from tocsin.node.upkeep.installation import PROGRAM, Installation
from tocsin.node.upkeep.programs import Runner
from tocsin.node.upkeep.upgrade_journal import Progress, Step, end_progress, read_progress, write_progress
from tocsin.words.messages import say

Tell = Callable[[str], None]
_TOUCHED = (Step.MIGRATE, Step.SWITCH, Step.HEALTH, Step.RESTORE)  # steps after which the data may have changed


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `config` is the node's configuration; None where the machine has no node."""

    installation: Installation
    bundle: Path
    key: Path
    config: Path | None
    allow_downgrade: bool = False


def upgrade(wish: Wish, at: datetime, tell: Tell) -> str:
    """Upgrade and return the version that counts then; `tell` hears of every step.

    Raises UsageError, BundleError or UpgradeError.
    """
    key = read_key(wish.key)
    with wish.installation.alone() as lock:
        _refuse_running(wish.config)
        end_unfinished(wish.installation, lock, tell)
        _clear_staging(wish.installation)
        tell(say("checking the bundle {bundle}", bundle=wish.bundle))
        bundle = take_bundle(wish.bundle, key, wish.installation.staging)
        try:
            return _to(bundle, wish, at, lock, tell)
        finally:
            _clear_staging(wish.installation)


def end_unfinished(place: Installation, lock: int, tell: Tell) -> None:
    """Finish or take back what a killed upgrade had begun; nothing where there is none."""
    begun = read_progress(place.journal)
    if begun is None:
        return
    road = _Road(place, begun, lock, tell)
    tell(say("an upgrade to {version} was interrupted at the step “{step}”", version=begun.new, step=begun.step.value))
    if begun.step in (Step.SWITCH, Step.HEALTH):
        try:
            road.arrive()
            return
        except UpgradeError as error:
            tell(say("{version} is not healthy: {why}", version=begun.new, why=error))
    road.back()


def _to(bundle: Bundle, wish: Wish, at: datetime, lock: int, tell: Tell) -> str:
    old, new = wish.installation.current_version(), bundle.version
    if old == new:
        tell(say("version {version} is the one that counts already", version=new))
        return new
    if version_numbers(new) < version_numbers(old) and not wish.allow_downgrade:
        raise BundleError(f"the bundle has version {new}, older than {old}", "Add --allow-downgrade if you mean it.")
    _Road(wish.installation, _first(wish, old, new, at), lock, tell).go()
    return new


def _first(wish: Wish, old: str, new: str, at: datetime) -> Progress:
    if wish.config is None:
        return Progress(old, new, Step.BACKUP)
    config = wish.config.resolve()
    backup = config.parent / f"before-{new}-{at:%Y%m%dT%H%M%SZ}.backup"
    return Progress(old, new, Step.BACKUP, str(config), str(backup))


def _refuse_running(config: Path | None) -> None:
    if config is not None and being_written(NodeFolder(config.resolve().parent).lake):
        raise UpgradeError("the node is running", "Stop it first: systemctl stop tocsin. Its senders will wait.")


def _clear_staging(place: Installation) -> None:
    if place.staging.exists():
        shutil.rmtree(place.staging)


class _Road:
    """The way from one version to another, and back."""

    def __init__(self, place: Installation, progress: Progress, lock: int, tell: Tell) -> None:
        self._place = place
        self._at = progress
        self._tell = tell
        self._runner = Runner(lock, Path(progress.config).parent if progress.config else None)

    def go(self) -> None:
        """Steps 3 to 7. Raises UpgradeError after the way back."""
        try:
            self._back_up()
            self._install()
            self._migrate()
            self.arrive()
        except BaseException as error:
            self._tell(say("it failed: {why}", why=error))
            self.back()
            if not isinstance(error, Exception):
                raise
            advice = f"Version {self._at.old} counts again and the data is as it was; start the node with it."
            raise UpgradeError(f"no upgrade to {self._at.new}: {error}", advice) from error

    def arrive(self) -> None:
        """Steps 6 and 7; the upgrade is over then."""
        self._begin(Step.SWITCH, say("making {version} the version that counts", version=self._at.new))
        self._place.switch(self._at.new)
        self._begin(Step.HEALTH, say("looking whether {version} is healthy", version=self._at.new))
        self._look()
        end_progress(self._place.journal)
        self._tell(say("version {version} is installed; the one before stays beside it", version=self._at.new))

    def back(self) -> None:
        """The way back. Raises UpgradeError, and keeps the journal, when that fails as well."""
        if self._at.step in _TOUCHED:
            self._begin(Step.RESTORE, say("going back to version {version}", version=self._at.old))
            self._place.switch(self._at.old)
            self._restore()
        self._place.discard(self._at.new)
        end_progress(self._place.journal)
        self._tell(say("version {version} counts, as before", version=self._at.old))

    def _back_up(self) -> None:
        self._begin(Step.BACKUP, say("backing up the node's data to {file}", file=self._at.backup or "–"))
        if not self._at.config:
            return
        program = self._program(self._at.old)
        check = self._runner.run([program, "node", "check", *self._config()], as_owner=True)
        self._at = msgspec.structs.replace(self._at, check=check.code)
        self._runner.run_well([program, "node", "backup", self._at.backup, *self._config()], as_owner=True)

    def _install(self) -> None:
        self._begin(Step.INSTALL, say("installing {version} beside {old}", version=self._at.new, old=self._at.old))
        self._place.discard(self._at.new)
        installer = self._place.staging / INSTALLER
        self._runner.run_well(["/bin/sh", installer, "--beside", "--prefix", self._place.prefix])
        if self._at.new not in self._place.installed():
            raise UpgradeError(f"the installer said nothing, but {self._at.new} is not installed")

    def _migrate(self) -> None:
        self._begin(Step.MIGRATE, say("migrating the node's data"))
        if self._at.config:
            self._runner.run_well([self._program(self._at.new), "node", "migrate", *self._config()], as_owner=True)

    def _look(self) -> None:
        program = self._program(self._at.new)
        said = self._runner.run_well([program, "--version"], as_owner=True).out.strip()
        if said != f"tocsin {self._at.new}":
            raise UpgradeError(f"it says that it is {said!r}, not {self._at.new}")
        if self._at.config:
            check = self._runner.run([program, "node", "check", *self._config()], as_owner=True)
            if check.code > self._at.check:
                raise UpgradeError(f"`node check` ended with {check.code}, before with {self._at.check}: {check.said}")

    def _restore(self) -> None:
        if not self._at.config:
            return
        program = self._program(self._at.old)
        try:
            self._runner.run_well([program, "node", "restore", self._at.backup, *self._config()], as_owner=True)
        except UpgradeError as error:
            advice = (
                f"Do not start the node. Mend the cause and run the same upgrade again, or restore {self._at.backup}."
            )
            raise UpgradeError(f"the backup could not be restored: {error}", advice) from error

    def _config(self) -> tuple[str, str]:
        return "--config", self._at.config

    def _program(self, version: str) -> Path:
        return self._place.folder(version) / PROGRAM

    def _begin(self, step: Step, sentence: str) -> None:
        self._at = msgspec.structs.replace(self._at, step=step)
        write_progress(self._place.journal, self._at)
        self._tell(sentence)
