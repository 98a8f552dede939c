"""An upgrade goes through, or leaves everything as it was; also when it is killed."""

import fcntl
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bundles import KEY, Machine, machine
from tools.bundle.assemble import seal

from tocsin.errors import BundleError, TocsinError, UpgradeError, UsageError
from tocsin.node.upkeep.upgrade import Wish, upgrade

AT = datetime(2026, 11, 30, tzinfo=UTC)
CHILD = Path(__file__).parent / "upgrade_child.py"
TAKEN_BACK = "1.0.0 node check {node} --rescue --reason an upgrade to 1.1.0 was taken back"
STEPS = ("backup", "install", "migrate", "version", "check")


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return machine(tmp_path)


def run(here: Machine, version: str, *, downgrade: bool = False, node: bool = True) -> list[str]:
    """Upgrade in this process; what was told."""
    told: list[str] = []
    bundle = here.folder / f"bundle-{version}"
    bundle = bundle if bundle.exists() else here.bundle(version)
    upgrade(Wish(here.place, bundle, here.key, here.node if node else None, downgrade), AT, told.append)
    return told


def run_killed(here: Machine, version: str, step: int = 0) -> str:
    """Upgrade in a process that is killed on its way; what it had told."""
    bundle = here.folder / f"bundle-{version}"
    bundle = bundle if bundle.exists() else here.bundle(version)
    command = [sys.executable, str(CHILD), str(here.folder), str(bundle), str(step)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done
    return done.stdout


def assert_settled(here: Machine, version: str, installed: list[str]) -> None:
    assert here.place.current_version() == version and here.data == version
    assert here.place.installed() == installed
    assert sorted(path.name for path in here.place.versions.iterdir()) == installed
    assert not here.place.journal.exists() and not here.place.staging.exists()
    assert not (here.node / "before-upgrade").exists()


def test_an_upgrade_keeps_the_old_version_beside_the_new_one(here: Machine) -> None:
    told = run(here, "1.1.0")
    assert_settled(here, "1.1.0", ["1.0.0", "1.1.0"])
    assert len(told) == 7 and told[0].startswith("checking the bundle") and told[-1].startswith("version 1.1.0")
    assert (here.node / "before-1.1.0-20261130T000000Z.backup").read_text("utf-8") == "1.0.0\n"


def test_each_version_does_its_own_work_on_the_data(here: Machine) -> None:
    run(here, "1.1.0")
    doers = [call.split()[:3] for call in here.calls]
    assert doers == [
        ["1.0.0", "node", "check"],
        ["1.0.0", "node", "backup"],
        ["1.1.0", "node", "migrate"],
        ["1.1.0", "--version"],
        ["1.1.0", "node", "check"],
    ]


def test_a_machine_without_a_node_is_upgraded_without_touching_data(here: Machine) -> None:
    run(here, "1.1.0", node=False)
    assert here.place.current_version() == "1.1.0" and here.data == "1.0.0"
    assert here.calls == ["1.1.0 --version"]


@pytest.mark.parametrize("step", STEPS)
def test_a_failure_at_any_step_leaves_everything_as_it_was(here: Machine, step: str) -> None:
    here.fault(f"fail-{step}-{'1.0.0' if step == 'backup' else '1.1.0'}")
    with pytest.raises(UpgradeError, match=r"no upgrade to 1\.1\.0") as failed:
        run(here, "1.1.0")
    assert_settled(here, "1.0.0", ["1.0.0"])
    assert "1.0.0 counts again" in failed.value.advice() and "was told to fail" in str(failed.value)
    touched = step in ("migrate", "version", "check")
    assert (here.calls[-1] == TAKEN_BACK.format(node=here.node)) == touched


@pytest.mark.parametrize("step", ("migrate", "version", "check"))
def test_a_killed_upgrade_that_is_taken_back_is_entered_too(here: Machine, step: str) -> None:
    here.fault(f"kill-{step}-1.1.0")
    run_killed(here, "1.1.0")
    if step != "migrate":
        here.fault("fail-check-1.1.0")
    (here.folder / "bundle-1.1.0" / "install.sh").write_text("changed", "utf-8")
    with pytest.raises(BundleError):
        run(here, "1.1.0")
    assert_settled(here, "1.0.0", ["1.0.0"])
    assert here.calls[-1] == TAKEN_BACK.format(node=here.node)


def test_a_way_back_that_cannot_be_entered_goes_on_and_says_so(here: Machine) -> None:
    told: list[str] = []
    here.fault("fail-migrate-1.1.0")
    (here.place.folder("1.0.0") / "venv" / "bin" / "tocsin").write_text(
        f'#!/bin/sh\nset -e\n[ "$2" != backup ] || cp "{here.node}/state.sqlite" "$3"\n[ "$2" != backup ] || rm "$0"\n',
        "utf-8",
    )
    with pytest.raises(UpgradeError, match="migrate was told to fail"):
        upgrade(Wish(here.place, here.bundle("1.1.0"), here.key, here.node), AT, told.append)
    assert_settled(here, "1.0.0", ["1.0.0"])
    assert any("the ledger does not tell" in sentence for sentence in told)


def test_a_program_of_another_version_is_a_failure(here: Machine) -> None:
    bundle = here.bundle("1.1.0")
    (bundle / "tocsin").write_text((bundle / "tocsin").read_text("utf-8").replace("tocsin 1.1.0", "tocsin 9"), "utf-8")
    seal(bundle, KEY)
    with pytest.raises(UpgradeError, match="it says that it is"):
        run(here, "1.1.0")
    assert_settled(here, "1.0.0", ["1.0.0"])


def test_a_check_that_failed_before_may_fail_after(here: Machine) -> None:
    (here.node / "state.sqlite").write_text("odd\n", "utf-8")
    here.fault("fail-check-1.0.0")
    here.fault("fail-check-1.1.0")
    run(here, "1.1.0")
    assert_settled(here, "1.1.0", ["1.0.0", "1.1.0"])


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_inside_any_step_is_mended_by_the_next_run(here: Machine, step: str) -> None:
    here.fault(f"kill-{step}-{'1.0.0' if step == 'backup' else '1.1.0'}")
    run_killed(here, "1.1.0")
    assert here.place.journal.exists()
    told = run(here, "1.1.0")
    assert "interrupted" in told[0]
    assert_settled(here, "1.1.0", ["1.0.0", "1.1.0"])


@pytest.mark.parametrize("step", range(1, 8))
def test_a_kill_between_any_two_steps_is_mended_by_the_next_run(here: Machine, step: int) -> None:
    assert len(run_killed(here, "1.1.0", step).splitlines()) == step
    run(here, "1.1.0")
    assert_settled(here, "1.1.0", ["1.0.0", "1.1.0"])


@pytest.mark.parametrize("step", STEPS[:3])
def test_a_killed_upgrade_is_taken_back_even_when_the_next_bundle_is_bad(here: Machine, step: str) -> None:
    here.fault(f"kill-{step}-{'1.0.0' if step == 'backup' else '1.1.0'}")
    run_killed(here, "1.1.0")
    (here.folder / "bundle-1.1.0" / "install.sh").write_text("changed", "utf-8")
    with pytest.raises(BundleError):
        run(here, "1.1.0")
    assert_settled(here, "1.0.0", ["1.0.0"])


def test_a_killed_upgrade_to_an_unhealthy_version_is_taken_back(here: Machine) -> None:
    here.fault("kill-check-1.1.0")
    run_killed(here, "1.1.0")
    assert here.place.current_version() == "1.1.0"
    here.fault("fail-check-1.1.0")
    with pytest.raises(UpgradeError):
        run(here, "1.1.0")
    assert_settled(here, "1.0.0", ["1.0.0"])


def test_a_way_back_that_fails_is_taken_again(here: Machine) -> None:
    here.fault("fail-migrate-1.1.0")
    here.fault("fail-restore-1.1.0")
    with pytest.raises(UpgradeError, match="data could not be put back") as failed:
        run(here, "1.1.0")
    assert "Do not start the node" in failed.value.advice()
    assert here.place.journal.exists() and here.place.current_version() == "1.0.0" and here.data == "half"
    (here.node / "before-upgrade" / "complete").touch()
    (here.control / "fail-restore-1.1.0").unlink()
    (here.control / "fail-migrate-1.1.0").unlink()
    run(here, "1.1.0")
    assert_settled(here, "1.1.0", ["1.0.0", "1.1.0"])


def test_a_kill_on_the_way_back_is_mended_by_the_next_run(here: Machine) -> None:
    here.fault("fail-migrate-1.1.0")
    assert "going back" in run_killed(here, "1.1.0", 6).splitlines()[-1]
    assert here.data == "half"
    with pytest.raises(UpgradeError, match="migrate was told to fail"):
        run(here, "1.1.0")
    assert_settled(here, "1.0.0", ["1.0.0"])


@pytest.fixture
def served(here: Machine) -> Machine:
    """A machine whose node has its state database on a server."""
    (here.node / "tocsin.toml").write_text('[state]\nurl = "postgresql+psycopg://t@/t"\n', "utf-8")
    return here


def migrations(here: Machine) -> list[str]:
    return [call.replace(f" {here.node}", "") for call in here.calls if " node migrate" in call]


ASIDE = "1.0.0 node migrate --set-aside/before-upgrade/state.ndjson"
BACK = "1.0.0 node migrate --put-back/before-upgrade/state.ndjson"


def test_the_state_on_a_server_is_set_aside_by_the_old_version(served: Machine) -> None:
    run(served, "1.1.0")
    assert migrations(served) == [ASIDE, "1.1.0 node migrate"]
    assert not (served.node / "before-upgrade").exists()


@pytest.mark.parametrize("step", ("migrate", "version", "check"))
def test_the_state_on_a_server_is_put_back_by_the_old_version(served: Machine, step: str) -> None:
    served.fault(f"fail-{step}-1.1.0")
    with pytest.raises(UpgradeError, match="no upgrade") as failed:
        run(served, "1.1.0")
    assert migrations(served) == [ASIDE, "1.1.0 node migrate", BACK] and "as it was" in failed.value.advice()
    assert served.calls[-1] == TAKEN_BACK.format(node=served.node) and not served.place.journal.exists()


def test_without_the_state_of_the_server_set_aside_nothing_is_migrated(served: Machine) -> None:
    served.fault("fail-aside-1.0.0")
    with pytest.raises(UpgradeError, match="aside was told to fail"):
        run(served, "1.1.0")
    assert migrations(served) == [ASIDE] and served.data == "1.0.0"


def test_a_server_that_does_not_take_its_state_back_is_asked_again(served: Machine) -> None:
    served.fault("fail-migrate-1.1.0")
    served.fault("fail-back-1.0.0")
    with pytest.raises(UpgradeError, match="data could not be put back"):
        run(served, "1.1.0")
    assert served.place.journal.exists()
    (served.control / "fail-migrate-1.1.0").unlink()
    (served.control / "fail-back-1.0.0").unlink()
    run(served, "1.1.0")
    assert migrations(served)[2:] == [BACK, BACK, ASIDE, "1.1.0 node migrate"]


def test_a_version_that_counts_already_is_no_work(here: Machine) -> None:
    assert run(here, "1.0.0")[-1] == "version 1.0.0 is the one that counts already"
    assert_settled(here, "1.0.0", ["1.0.0"])


def test_a_downgrade_needs_to_be_meant(here: Machine) -> None:
    with pytest.raises(BundleError, match="older than") as refused:
        run(here, "0.9.10")
    assert "--allow-downgrade" in refused.value.advice()
    assert_settled(here, "1.0.0", ["1.0.0"])
    run(here, "0.9.10", downgrade=True)
    assert_settled(here, "0.9.10", ["0.9.10", "1.0.0"])


def test_nothing_of_a_spoiled_bundle_runs(here: Machine) -> None:
    bundle = here.bundle("1.1.0")
    (bundle / "install.sh").write_text(f"touch {here.control}/owned\n", "utf-8")
    with pytest.raises(BundleError):
        run(here, "1.1.0")
    assert list(here.control.iterdir()) == []
    assert_settled(here, "1.0.0", ["1.0.0"])


def test_a_running_node_is_not_upgraded(here: Machine) -> None:
    lake = here.node / "lake"
    lake.mkdir()
    with (lake / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UpgradeError, match="the node is running"):
            run(here, "1.1.0")
    run(here, "1.1.0")
    assert_settled(here, "1.1.0", ["1.0.0", "1.1.0"])


def test_two_upgrades_do_not_meet(here: Machine) -> None:
    with here.place.alone(), pytest.raises(UpgradeError, match="another upgrade is at work"):
        run(here, "1.1.0")


def test_an_upgrade_waits_for_what_a_killed_one_left_running(here: Machine) -> None:
    with here.place.alone() as lock:
        left = subprocess.Popen(["sleep", "60"], pass_fds=(lock,))
    try:
        with pytest.raises(UpgradeError, match="another upgrade is at work"):
            run(here, "1.1.0")
    finally:
        left.kill()
        left.wait()
    run(here, "1.1.0")
    assert_settled(here, "1.1.0", ["1.0.0", "1.1.0"])


@pytest.mark.parametrize("content", [b"", b"{", b'{"old": "1.0.0", "new": "1.1.0", "step": "dance"}', b"\xff"])
def test_a_damaged_journal_is_for_people_to_look_at(here: Machine, content: bytes) -> None:
    here.place.journal.write_bytes(content)
    with pytest.raises(UpgradeError, match="cannot be read") as refused:
        run(here, "1.1.0")
    assert refused.value.advice() and here.data == "1.0.0"


@pytest.mark.parametrize("target", ["../elsewhere", "versions/x", "/etc"])
def test_a_link_that_leads_elsewhere_is_refused(here: Machine, target: str) -> None:
    here.place.current.unlink()
    here.place.current.symlink_to(target)
    with pytest.raises(TocsinError):
        run(here, "1.1.0")
    assert here.data == "1.0.0" and not here.place.journal.exists()


def test_without_a_key_nothing_is_looked_at(here: Machine) -> None:
    here.key.unlink()
    with pytest.raises(UsageError, match="no public key"):
        run(here, "1.1.0")
