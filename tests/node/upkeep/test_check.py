"""Each line of a check: what passes, what warns, what fails, and that every failure says what to do."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from node_folders import NOW, Maker, enter

from tocsin.ledger.entry import Draft, Kind
from tocsin.node.inputs.losses import KERNEL, Loss
from tocsin.node.people.accounts import Account, Role
from tocsin.node.service.part import SERVER, write_state
from tocsin.node.store import ledger, sensors, switches
from tocsin.node.store import people as rows
from tocsin.node.store.outbox import Trouble
from tocsin.node.store.sensors import Gap, Mark, Quiet, Rhythm, Sensor, SensorId
from tocsin.node.store.switches import Switch, SwitchState
from tocsin.node.upkeep.check import Line, Result, fails, judged
from tocsin.node.upkeep.check_facts import (
    CertificateFacts,
    ClockFacts,
    DiskFacts,
    ExceptionFacts,
    Facts,
    KeyFacts,
    NoticeFacts,
    PeopleFacts,
    SensorFacts,
    Version,
    WitnessFacts,
)
from tocsin.node.upkeep.check_gather import gather, kernel_synchronised
from tocsin.node.upkeep.keys import TRUST

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
GIB = 1024**3
GOOD = Facts(
    NOW,
    clock=ClockFacts(True, NOW - HOUR),
    certificates=(CertificateFacts("tls.pem", NOW - DAY, NOW + 90 * DAY),),
    keys=(KeyFacts("k1", "ledger", NOW - DAY),),
    keep_days=90,
    people=PeopleFacts(2, 1),
    versions=(Version("Tocsin", "0.1.0"),),
    disk=DiskFacts(500 * GIB, 10 * GIB, (GIB, GIB, GIB)),
    sensors=(SensorFacts("office/dmz", NOW, 1_000, 1),),
    backup=NOW - HOUR,
    witness=WitnessFacts(True, 60, 10, NOW - HOUR, 0),
)


def lines(facts: Facts) -> dict[str, Line]:
    return {line.name: line for line in judged(facts)}


def test_a_node_in_order_passes_every_line() -> None:
    found = judged(GOOD)
    assert {line.result for line in found} == {Result.PASS}
    assert not fails(found)
    assert [line for line in found if line.advice or not line.seen] == []
    assert len(found) == 18


CASES = [
    ("clock", Result.FAIL, {"clock": ClockFacts(True, NOW + HOUR)}),
    ("clock", Result.WARN, {"clock": ClockFacts(False)}),
    ("clock", Result.PASS, {"clock": ClockFacts(None)}),
    ("tls", Result.PASS, {"certificates": ()}),
    ("tls", Result.WARN, {"certificates": (CertificateFacts("t", NOW - DAY, NOW + 29 * DAY),)}),
    ("tls", Result.FAIL, {"certificates": (CertificateFacts("t", NOW - DAY, NOW),)}),
    ("tls", Result.FAIL, {"certificates": (CertificateFacts("t", NOW + HOUR, NOW + DAY),)}),
    ("tls", Result.FAIL, {"certificates": (CertificateFacts("t", problem="is gone"),)}),
    ("key ledger", Result.WARN, {"keys": (KeyFacts("k1", "ledger", NOW - 731 * DAY),)}),
    ("retention", Result.WARN, {"keep_days": 0}),
    ("roles", Result.FAIL, {"people": PeopleFacts(1, 1)}),
    ("roles", Result.FAIL, {"people": PeopleFacts(2, 0)}),
    ("versions", Result.FAIL, {"versions": (Version("SQLite", "3.1", "Too old."),)}),
    ("disk", Result.PASS, {"disk": DiskFacts(GIB, 0, ())}),
    ("disk", Result.PASS, {"disk": DiskFacts(GIB, 0, (0, 0))}),
    ("disk", Result.WARN, {"disk": DiskFacts(13 * GIB, 0, (GIB,))}),
    ("disk", Result.FAIL, {"disk": DiskFacts(2 * GIB, 0, (GIB,))}),
    ("disk", Result.FAIL, {"disk": DiskFacts(2 * GIB, 90 * GIB, (GIB,)), "keep_days": 0}),
    ("disk", Result.PASS, {"disk": DiskFacts(4 * GIB, 90 * GIB, (GIB,)), "keep_days": 90}),
    ("disk", Result.PASS, {"disk": DiskFacts(20 * GIB, 0, (GIB,)), "keep_days": 0}),
    ("disk", Result.WARN, {"disk": DiskFacts(20 * GIB, 0, (GIB,), 0, (GIB,)), "keep_days": 0}),
    ("disk", Result.PASS, {"disk": DiskFacts(20 * GIB, 0, (GIB,), 0, (GIB,)), "keep_days": 0, "keep_raw": False}),
    ("disk", Result.WARN, {"disk": DiskFacts(20 * GIB, 0, (), 0, (GIB, 2 * GIB, 2 * GIB)), "keep_days": 0}),
    ("disk", Result.PASS, {"disk": DiskFacts(4 * GIB, 90 * GIB, (GIB,), 90 * GIB, (GIB,)), "keep_days": 85}),
    ("disk", Result.FAIL, {"disk": DiskFacts(4 * GIB, 90 * GIB, (GIB,), 0, (GIB,)), "keep_days": 85}),
    ("disk", Result.FAIL, {"disk": DiskFacts(6 * GIB, 0, (GIB,)), "journal_most": 4 * GIB}),
    ("disk", Result.WARN, {"disk": DiskFacts(6 * GIB, 0, (GIB,), journal=2 * GIB), "journal_most": 4 * GIB}),
    ("disk", Result.FAIL, {"disk": DiskFacts(2 * GIB, 0, (GIB,)), "journal_most": 4 * GIB}),
    ("rejects", Result.WARN, {"sensors": (SensorFacts("s", NOW, 99, 1),)}),
    ("rejects", Result.FAIL, {"sensors": (SensorFacts("s", NOW, 90, 10),)}),
    ("rejects", Result.WARN, {"sensors": (SensorFacts("s", NOW, 9, 9),)}),  # too few to fail
    ("inputs", Result.WARN, {"losses": (Loss("push", "s", "body too large", 1, NOW, NOW),)}),
    ("inputs", Result.WARN, {"losses": (Loss("syslog-udp:5514", "", KERNEL, 1, NOW, NOW),)}),
    ("drops", Result.WARN, {"sensors": (SensorFacts("s", NOW, 90, 0, 1),)}),
    ("sensors", Result.WARN, {"sensors": ()}),
    ("sensors", Result.PASS, {"sensors": (SensorFacts("s", NOW - timedelta(minutes=30)),)}),
    ("sensors", Result.WARN, {"sensors": (SensorFacts("s", NOW - timedelta(minutes=31)),)}),
    ("sensors", Result.FAIL, {"sensors": (SensorFacts("s", NOW - 25 * HOUR),)}),
    ("sensors", Result.FAIL, {"sensors": (SensorFacts("s", NOW - 25 * HOUR, judged=NOW - HOUR),)}),
    ("sensors", Result.PASS, {"sensors": (SensorFacts("s", NOW - 25 * HOUR, judged=NOW),)}),  # a habit of it
    ("sensors", Result.FAIL, {"sensors": (SensorFacts("s", NOW - 25 * HOUR, quiet=Quiet.SILENT, judged=NOW),)}),
    ("sensors", Result.WARN, {"sensors": (SensorFacts("s", NOW, quiet=Quiet.LOW, judged=NOW, rate="1/40"),)}),
    ("sensors", Result.WARN, {"sensors": (SensorFacts("s", NOW, judged=NOW, gap_since=NOW - HOUR),)}),
    ("sensors", Result.WARN, {"sensors": (SensorFacts("s", NOW), SensorFacts("never"))}),
    ("sensors", Result.WARN, {"sensors": (), "retired": ("old",)}),
    ("sensors", Result.PASS, {"retired": ("old",)}),
    ("retired", Result.PASS, {"retired": ("old",)}),
    ("retired", Result.WARN, {"heard_again": (("old", NOW - 7 * DAY), ("older", NOW - 8 * DAY))}),
    ("sensor clocks", Result.PASS, {"sensors": (SensorFacts("s", NOW, ahead_seconds=60, late_minutes=15),)}),
    ("sensor clocks", Result.WARN, {"sensors": (SensorFacts("s", NOW, ahead_seconds=61),)}),
    ("sensor clocks", Result.WARN, {"sensors": (SensorFacts("s", NOW, late_minutes=16),)}),
    ("switches", Result.WARN, {"stopped": (SwitchState(Switch.AI, True, "account:1", NOW, "odd"),)}),
    ("exceptions", Result.PASS, {"exceptions": (ExceptionFacts("X-1", NOW + 15 * DAY, "anna"),)}),
    ("exceptions", Result.WARN, {"exceptions": (ExceptionFacts("X-1", NOW + 14 * DAY, "anna"),)}),
    ("exceptions", Result.WARN, {"exceptions": (ExceptionFacts("X-1", NOW + 90 * DAY, "anna", owner_active=False),)}),
    ("exceptions", Result.WARN, {"exceptions": (ExceptionFacts("X-1", NOW + 90 * DAY, "anna", waits=True),)}),
    ("backup", Result.FAIL, {"backup": None}),
    ("backup", Result.WARN, {"backup": NOW - 3 * DAY}),
    ("backup", Result.FAIL, {"backup": NOW - 8 * DAY}),
    ("witness", Result.WARN, {"witness": WitnessFacts()}),
    ("witness", Result.PASS, {"witness": WitnessFacts(True, 60, 10, NOW - 9 * HOUR, 0)}),
    ("witness", Result.PASS, {"witness": WitnessFacts(True, 60, 10, NOW - 2 * HOUR, 1)}),
    ("witness", Result.FAIL, {"witness": WitnessFacts(True, 60, 10, NOW - 4 * HOUR, 1)}),
    ("witness", Result.FAIL, {"witness": WitnessFacts(True, 60, 10, None, 0)}),
    ("witness", Result.PASS, {"witness": WitnessFacts(True, 60, 0, None, 0)}),
    ("permissions", Result.FAIL, {"open_paths": ("/node/keys",)}),
    ("notices", Result.PASS, {"notices": NoticeFacts(("mail",), on_call=1)}),
    ("notices", Result.WARN, {"notices": NoticeFacts(("mail",))}),
    ("notices", Result.WARN, {"notices": NoticeFacts(("mail",), (Trouble("mail", 1, 0, NOW - HOUR, "550"),), 1)}),
    ("notices", Result.FAIL, {"notices": NoticeFacts(("mail",), (Trouble("mail", 1, 0, NOW - 2 * HOUR, "550"),), 1)}),
    ("notices", Result.FAIL, {"notices": NoticeFacts(("webhook",), (Trouble("webhook", 0, 1, NOW, "500"),))}),
    ("webhook", Result.WARN, {"outbound": ("h:443 (webhook)",), "webhook_shown": True}),
]


@pytest.mark.parametrize(("name", "result", "change"), CASES)
def test_a_fact_that_is_not_in_order_is_told_with_advice(name: str, result: Result, change: dict[str, object]) -> None:
    found = judged(replace(GOOD, **change))  # type: ignore[arg-type]
    line = {line.name: line for line in found}[name]
    assert line.result is result, line
    assert bool(line.advice) is (result is not Result.PASS)
    assert fails(found) is (result is Result.FAIL)


def test_a_part_that_could_not_be_looked_at_fails_and_hides_no_other() -> None:
    found = lines(replace(GOOD, problems=(("state database", "It is locked."),), backup=None))
    assert found["state database"].result is Result.FAIL
    assert "backup" not in found and found["disk"].result is Result.PASS


def test_what_inputs_lost_is_told_with_who_and_what_to_do() -> None:
    lost = (
        Loss("syslog-udp:5514", "", KERNEL, 1_207, NOW - HOUR, NOW),
        Loss("syslog-udp:5514", "", "sender is not listed", 3, NOW - HOUR, NOW, ("192.0.2.7", "192.0.2.8")),
        Loss("syslog-tls:6514", "", "TLS handshake failed", 2, NOW, NOW),
        Loss("push", "office/fw", "body too large", 1, NOW, NOW),
    )
    kernel, unlisted, others = (line for line in judged(replace(GOOD, losses=lost)) if line.name == "inputs")
    assert kernel.seen == "The kernel lost messages: syslog-udp:5514 (1,207 since 2026-11-30 02:00:00 UTC)."
    assert "net.core.rmem_max" in kernel.advice and "TCP" in kernel.advice
    assert "(3 since 2026-11-30 02:00:00 UTC, from 192.0.2.7 and 192.0.2.8)" in unlisted.seen
    assert "syslog-tls:6514 (2 since" in others.seen and "push office/fw (1 since" in others.seen
    assert "TLS handshake failed" in others.seen and "body too large" in others.seen


def test_the_losses_of_the_last_day_are_read_from_what_the_server_left(make_node: Maker) -> None:
    node = make_node()
    node.folder.run.mkdir(exist_ok=True)
    new, old = (Loss("push", "s", "body too large", 1, NOW - 9 * DAY, at) for at in (NOW - DAY, NOW - 25 * HOUR))
    write_state(node.folder, SERVER, {"losses": [msgspec.to_builtins(each) for each in (old, new)]})
    assert gather(node.folder, NOW).losses == (new,)
    write_state(node.folder, SERVER, {"losses": [{"count": "many"}]})
    assert lines(gather(node.folder, NOW))["inputs"].result is Result.FAIL


def test_a_format_that_breaks_after_a_good_year_is_told_the_same_day(make_node: Maker) -> None:
    node = make_node()
    marks = (Mark(NOW - DAY, 100_000_000, 7, 400),)
    broken = Sensor(SensorId("o", "n", "fw"), "push", NOW, NOW, NOW, 100_000_050, 27, 400, None, Rhythm(marks=marks))
    with node.store.write() as connection:
        sensors.put(connection, [broken])
    found = lines(gather(node.folder, NOW))
    assert found["rejects"].result is Result.FAIL and "o/n/fw" in found["rejects"].seen
    assert "drops" not in found


def test_foreign_names_in_a_line_are_never_read_as_a_pattern() -> None:
    found = lines(replace(GOOD, sensors=(SensorFacts("{x} {0}", NOW - 25 * HOUR),)))
    assert "{x} {0}" in found["sensors"].seen


def test_the_kernel_is_asked_about_the_clock() -> None:
    assert kernel_synchronised() in (True, False, None)


def test_a_new_node_is_checked_as_it_is(make_node: Maker, tmp_path: Path) -> None:
    node = make_node(
        f'[witness]\nfile = "{tmp_path}/w"\n[notify]\nwebhook = "https://hooks.example/secret"\n[lake]\nkeep_days = 9\n'
    )
    with node.store.write() as connection:
        for number, role in enumerate((Role.ADMIN, Role.ADMIN, Role.LEAD, Role.ANALYST)):
            rows.add_account(connection, Account(f"{number:016x}", f"p{number}", role, True, 0), None, 0)
            if role is not Role.ANALYST:
                rows.set_account(connection, f"{number:016x}", {"totp": b"sealed"})
        rhythm = Rhythm(Quiet.LOW, NOW, 3, 120, late=(60, 61, 60), gaps=(Gap(NOW - HOUR),))
        sensors.put(connection, [Sensor(SensorId("o", "n", "dmz"), "push", NOW, NOW, NOW, 10, 0, 2, 7_200.0, rhythm)])
        ledger.record(connection, Draft(Kind.BACKUP, "shell:1000", "node", {}), NOW)
    enter(node.store)
    with node.store.write() as connection:
        switches.stop(connection, Switch.SHARING, "account:1", "a leak", NOW)
    facts = gather(node.folder, NOW)
    assert facts.problems == ()
    assert facts.people == PeopleFacts(2, 1, 1)
    low = SensorFacts("o/n/dmz", NOW, 10, 0, 2, Quiet.LOW, NOW, "1/40 of its rhythm", NOW - HOUR, 7_200.0, 61)
    assert facts.sensors == (low,)
    assert (facts.backup, facts.keep_days, facts.clock.newest) == (NOW, 9, NOW)
    assert facts.witness == WitnessFacts(True, 60, 3, None, 0)
    assert facts.outbound == ("hooks.example:443 (webhook)",)
    assert facts.notices.ways == ("webhook",)
    assert [key.purpose for key in facts.keys] == ["ledger", "documents"]
    assert facts.open_paths == () and facts.disk.free > 0
    found = lines(facts)
    late = [line.seen for line in judged(facts) if line.name == "sensor clocks"]
    assert late[0] == "The clock is ahead of o/n/dmz (2 hours)." and "o/n/dmz (61 minutes)" in late[1]
    assert found["switches"].seen == "Stopped: sharing since 2026-11-30 03:00:00 UTC (a leak)."
    assert (found["roles"].result, found["witness"].result) == (Result.PASS, Result.FAIL)


def test_a_broken_node_is_told_part_by_part(make_node: Maker) -> None:
    node = make_node()
    node.folder.config.write_text("nonsense = 1\n")
    (node.folder.keys / TRUST).write_text("{")
    node.folder.path.chmod(0o755)
    found = lines(gather(node.folder, NOW))
    told = {name for name, line in found.items() if line.result is Result.FAIL}
    assert told == {"configuration", "state database", "incident history", "keys", "permissions"}
