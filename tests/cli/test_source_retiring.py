"""`tocsin source retire` and `return` through a node."""

from datetime import timedelta

import pytest
from keepers import Keeper
from nodes import Done, command

from tocsin import clock
from tocsin.cli.node_status import told
from tocsin.ledger.entry import Kind
from tocsin.node.people.accounts import Role
from tocsin.node.people.tokens import Scope
from tocsin.node.service.silence import Watch
from tocsin.node.store import ledger, retirements, sensors
from tocsin.node.store.sensors import Sensor, SensorId
from tocsin.node.upkeep.check_gather import gather

WATCHED = """
[[watch]]
path = "/var/log/fw-1"
organisation = "examplia"
network = "office"
sensor = "fw-1"
[[syslog]]
listen = "127.0.0.1:5514"
[[syslog.senders]]
address = "192.0.2.1"
organisation = "examplia"
network = "office"
sensor = "fw-1"
"""


@pytest.fixture
def fleet(keeper: Keeper) -> Keeper:
    """A node that knows two sensors of one name, and one of another."""
    places = [("examplia", "office", "fw-1"), ("examplia", "port", "fw-1"), ("examplia", "office", "dmz")]
    with keeper.api.desk.store.write() as connection:
        sensors.put(connection, [Sensor(SensorId(*each), "push", clock.now()) for each in places])
    return keeper


def retire(*arguments: str) -> Done:
    return command("source", "retire", *arguments, "--reason", "sold\x1b[31m")


def listed(node: Keeper) -> dict[str, list[dict[str, str]]]:
    told = node.api.call("GET", "/api/v1/sensors", node.api.person(Role.ANALYST)).json()
    assert isinstance(told, dict)
    return told


def test_a_sensor_is_retired_and_what_still_lets_it_in_is_named(fleet: Keeper) -> None:
    fleet.folder.config.write_text(WATCHED)
    fleet.log_in(Role.ADMIN)
    place = ("--organisation", "examplia", "--network", "office", "--sensor", "fw-1")
    assert command("user", "token", "add", "old one", "--scope", "push", *place).code == 0
    done = retire("fw-1", "--network", "office")
    assert done.code == 0 and "examplia/office/fw-1 is out of service" in done.out
    assert "! Its token old one is still valid. Run `tocsin user token revoke " in done.out
    assert "! The node still follows /var/log/fw-1 for it. Remove its [[watch]] table" in done.out
    assert "! The node still listens to it: syslog tcp 127.0.0.1:5514 192.0.2.1." in done.out
    assert retire("dmz").out.count("!") == 0


def test_the_ledger_has_who_and_a_digest_and_the_lists_have_it_apart(fleet: Keeper) -> None:
    lead = fleet.log_in(Role.LEAD)
    assert retire("dmz").code == 0
    with fleet.api.desk.store.read() as connection:
        (gone,) = retirements.standing(connection)
        (entry,) = ledger.newest_of(connection, Kind.SOURCE_CHANGE, 9)
    digest = fleet.api.desk.keys.name_digest("sensor", "examplia\x00office\x00dmz")
    assert (entry.actor, entry.subject) == (lead.actor, f"retirement:{gone.id}")
    assert entry.detail == {"change": "retired", "sensor": digest}
    answer = listed(fleet)
    assert "dmz" not in {each["sensor"] for each in answer["sensors"]}
    assert [(each["sensor"], each["by"], each["why"]) for each in answer["retired"]] == [
        ("dmz", lead.name, "sold\x1b[31m")
    ]
    facts = gather(fleet.folder, clock.now())
    assert facts.retired == ("examplia/office/dmz",) and len(facts.sensors) == 2
    watch = Watch(fleet.folder.lake, fleet.api.desk.store, "node", timedelta(minutes=30))
    watch.look()
    lines = list(told(True, {"server": {"sensors": watch.told, "retired": watch.retired}}))
    (line,) = (line for line in lines if "dmz" in line)
    assert f", by {lead.name}: sold" in line and "\x1b" not in line and "Out of service: 1." in lines


def test_a_name_that_is_unknown_or_of_several_is_told(fleet: Keeper) -> None:
    fleet.log_in(Role.LEAD)
    unknown = retire("fw-2")
    assert unknown.code == 3 and "Did you mean examplia/office/fw-1 and examplia/port/fw-1?" in unknown.err
    several = retire("fw-1")
    assert several.code == 2 and "several sensors" in several.err and "Add --network to say which" in several.err
    assert retire("fw-1", "--network", "office").code == 0
    assert "retired already" in retire("fw-1", "--network", "office").err
    assert command("source", "retire", "dmz", "--reason", "").code == 2
    fleet.log_in(Role.ANALYST)
    assert "may not do this" in retire("dmz").err


def test_a_sensor_is_returned_to_service(fleet: Keeper) -> None:
    fleet.log_in(Role.LEAD)
    assert retire("dmz").code == 0
    done = command("source", "return", "dmz", "--reason", "repaired")
    assert done.code == 0 and "examplia/office/dmz is in service again." in done.out
    assert listed(fleet)["retired"] == []
    assert "is in service" in command("source", "return", "dmz", "--reason", "repaired").err


def test_machines_are_not_told_the_name_of_who_did_it(fleet: Keeper) -> None:
    lead = fleet.log_in(Role.LEAD)
    assert retire("dmz").code == 0
    (told,) = fleet.api.call("GET", "/api/v1/sensors", fleet.api.machine(Scope.READ_STATUS)).json()["retired"]
    assert told["actor"] == lead.actor and "by" not in told
