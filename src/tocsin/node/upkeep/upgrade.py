"""From one version to another, without a network, with a way back at every step.

Steps: 1. end what a killed upgrade had begun; 2. check the bundle (`bundle`) and refuse an older version; 3. back up
the node with the old version, and set aside what a migration can change (`snapshot`); 4. install the new version
beside the old; 5. migrate the data with the new version; 6. make the new version the one that counts; 7. ask it for
its version and for `node check`, which must not be worse than before.

Rules:
1. Each step that changes something is in the journal before it begins (`upgrade_journal`).
2. When a step fails, the old version counts again, the snapshot is put back if the data may have been touched, and what
   was installed is removed. When the way back fails too, the journal stays and the next run takes it again. The
   snapshot has no entry of the upgrade in its ledger, so the old version enters that one was taken back.
3. A killed upgrade that had come to step 6 is finished, if the new version proves healthy; any other is taken back.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from tocsin.errors import BundleError, UpgradeError
from tocsin.lake.catalog import being_written
from tocsin.node.service.config import NodeFolder
from tocsin.node.service.supervisor import is_running
from tocsin.node.upkeep.bundle import INSTALLER, Bundle, read_key, take_bundle, version_numbers
from tocsin.node.upkeep.installation import PROGRAM, Installation
from tocsin.node.upkeep.programs import Runner
from tocsin.node.upkeep.snapshot import drop_snapshot, put_back, take_snapshot
from tocsin.node.upkeep.upgrade_journal import Progress, Step, end_progress, read_progress, write_progress
from tocsin.words.messages import say

Tell = Callable[[str], None]
_TOUCHED = (Step.MIGRATE, Step.SWITCH, Step.HEALTH, Step.RESTORE)  # steps after which the data may have changed

_RESCUE = ("--rescue", "--reason", "an upgrade")  # the node is stopped, so it cannot be asked


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `node` is the node's folder; None where the machine has no node."""

    installation: Installation
    bundle: Path
    key: Path
    node: Path | None
    allow_downgrade: bool = False


def upgrade(wish: Wish, at: datetime, tell: Tell) -> str:
    """Upgrade and return the version that counts then; `tell` hears of every step.

    Raises UsageError, BundleError or UpgradeError.
    """
    key = read_key(wish.key)
    with wish.installation.alone() as lock:
        _refuse_running(wish.node)
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
    if wish.node is None:
        return Progress(old, new, Step.BACKUP)
    node = wish.node.resolve()
    return Progress(old, new, Step.BACKUP, str(node), str(node / f"before-{new}-{at:%Y%m%dT%H%M%SZ}.backup"))


def _refuse_running(node: Path | None) -> None:
    if node is not None and (is_running(NodeFolder(node)) or being_written(NodeFolder(node).lake)):
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
        self._node = Path(progress.node) if progress.node else None
        self._runner = Runner(lock, self._node)

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
        self._drop_snapshot()
        self._tell(say("version {version} is installed; the one before stays beside it", version=self._at.new))

    def back(self) -> None:
        """The way back. Raises UpgradeError, and keeps the journal, when that fails as well."""
        if self._at.step in _TOUCHED:
            self._begin(Step.RESTORE, say("going back to version {version}", version=self._at.old))
            self._place.switch(self._at.old)
            self._restore()
            self._enter_way_back()
        self._place.discard(self._at.new)
        end_progress(self._place.journal)
        self._drop_snapshot()
        self._tell(say("version {version} counts, as before", version=self._at.old))

    def _back_up(self) -> None:
        self._begin(Step.BACKUP, say("backing up the node's data to {file}", file=self._at.backup or "–"))
        if self._node is None:
            return
        program = self._program(self._at.old)
        check = self._runner.run([program, "node", "check", self._node, *_RESCUE], as_owner=True)
        self._at = msgspec.structs.replace(self._at, check=check.code)
        self._runner.run_well([program, "node", "backup", self._at.backup, "--node", self._node], as_owner=True)
        take_snapshot(self._node, partial(self._state_of_server, "--set-aside"))

    def _install(self) -> None:
        self._begin(Step.INSTALL, say("installing {version} beside {old}", version=self._at.new, old=self._at.old))
        self._place.discard(self._at.new)
        installer = self._place.staging / INSTALLER
        self._runner.run_well(["/bin/sh", installer, "--beside", "--prefix", self._place.prefix])
        if self._at.new not in self._place.installed():
            raise UpgradeError(f"the installer said nothing, but {self._at.new} is not installed")

    def _migrate(self) -> None:
        self._begin(Step.MIGRATE, say("migrating the node's data"))
        if self._node is not None:
            self._runner.run_well([self._program(self._at.new), "node", "migrate", self._node], as_owner=True)

    def _look(self) -> None:
        program = self._program(self._at.new)
        said = self._runner.run_well([program, "--version"], as_owner=True).out.strip()
        if said != f"tocsin {self._at.new}":
            raise UpgradeError(f"it says that it is {said!r}, not {self._at.new}")
        if self._node is not None:
            check = self._runner.run([program, "node", "check", self._node, *_RESCUE], as_owner=True)
            if check.code > self._at.check:
                raise UpgradeError(f"`node check` ended with {check.code}, before with {self._at.check}: {check.said}")

    def _restore(self) -> None:
        if self._node is None:
            return
        try:
            put_back(self._node, partial(self._state_of_server, "--put-back"))
        except (OSError, UpgradeError) as error:
            advice = f"Do not start the node. Mend the cause and upgrade again, or restore {self._at.backup}."
            raise UpgradeError(f"the data could not be put back: {error}", advice) from error

    def _enter_way_back(self) -> None:
        """Through a check, which every version enters with its reason. It is no reason to stop half-way."""
        if self._node is None:
            return
        reason = f"an upgrade to {self._at.new} was taken back"
        program = self._program(self._at.old)
        try:
            self._runner.run([program, "node", "check", self._node, "--rescue", "--reason", reason], as_owner=True)
        except UpgradeError as error:
            self._tell(say("the ledger does not tell that the upgrade was taken back: {why}", why=error))

    def _drop_snapshot(self) -> None:
        if self._node is not None:
            drop_snapshot(self._node)

    def _state_of_server(self, option: str, file: Path) -> None:
        """A state database on a server, set aside or put back by the old version."""
        program = self._program(self._at.old)
        self._runner.run_well([program, "node", "migrate", self._at.node, option, file], as_owner=True)

    def _program(self, version: str) -> Path:
        return self._place.folder(version) / PROGRAM

    def _begin(self, step: Step, sentence: str) -> None:
        self._at = msgspec.structs.replace(self._at, step=step)
        write_progress(self._place.journal, self._at)
        self._tell(sentence)
