"""Incidents, switches and the ledger over the API."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from api_clients import Api, api_of, bearer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from people_desk import Wall
from sqlalchemy import select

from tocsin import limits
from tocsin.ledger.checkpoint import Key, public_bytes, sign, trust
from tocsin.ledger.entry import Kind
from tocsin.ledger.lines import read_line
from tocsin.model import Finding, Incident, RuleInfo, ScorePart
from tocsin.node.people.accounts import Account, Role
from tocsin.node.people.desk import Desk
from tocsin.node.people.tokens import Scope
from tocsin.node.store import findings, incidents, ledger, people
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incident_state import Opened

NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)


@pytest.fixture
def api(desk: Desk) -> Api:
    api = api_of(desk)
    for number, organisation in enumerate(("examplia", "examplia", "other"), start=1):
        begin(api, f"I-{number}", organisation, points=10 * number)
    return api


def begin(api: Api, incident: str, organisation: str, points: int) -> None:
    info = RuleInfo("rule-1", "A rule", "high")
    found = Finding(info, "PC-\ud800", "anna", 1, NOW, NOW, ("e-1",), organisation=organisation)
    told = Incident(
        incident, "Odd \udfff logins", "high", ("PC-1",), ("anna",), NOW, NOW, (),
        (ScorePart("level", points, "high"),),
        (), (), (), (),
    )  # fmt: skip
    with api.desk.store.write() as connection:
        findings.put(connection, [StoredFinding(f"f-{incident}", found, NOW)])
        incidents.open_incident(connection, incident, Opened(told, (f"f-{incident}",)), NOW)


def ids(api: Api, headers: dict[str, str], query: str = "") -> list[str]:
    answer = api.call("GET", f"/api/v1/incidents{query}", headers)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["incidents"]]


def decide(api: Api, headers: dict[str, str], path: str, version: int | None = None, **said: Any) -> httpx.Response:
    """A decision on a version; on the present one where none is given."""
    if version is None:
        etag = api.call("GET", f"/api/v1/incidents/{path.partition('/')[0]}", headers).headers.get("ETag", '"v1"')
    else:
        etag = f'"v{version}"'
    return api.call("POST", f"/api/v1/incidents/{path}", {**headers, "If-Match": etag}, json=said)


def test_the_most_urgent_incident_is_listed_first(api: Api) -> None:
    assert ids(api, api.person(Role.ANALYST)) == ["I-3", "I-2", "I-1"]


def test_a_list_is_cut_and_filtered(api: Api) -> None:
    headers = api.person(Role.LEAD)
    assert ids(api, headers, "?most=1&skip=1") == ["I-2"]
    assert ids(api, headers, "?status=closed") == []
    assert ids(api, headers, "?status=open,closed&queued=true") == ["I-3", "I-2", "I-1"]
    assert ids(api, headers, "?queued=false") == []
    assert ids(api, headers, "?owner=account:x") == []
    for query in ("?most=-1", "?most=x", f"?most={limits.API_PAGE_ROWS + 1}", "?skip=1e9", "?status=gone"):
        assert api.call("GET", f"/api/v1/incidents{query}", headers).status_code == 400


def test_a_list_goes_on_behind_what_is_hidden(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "API_PAGE_ROWS", 1)
    assert ids(api, api.machine(Scope.READ_INCIDENTS), "?most=1") == ["I-2"]
    assert ids(api, api.machine(Scope.READ_INCIDENTS), "?most=1&skip=1") == ["I-1"]


def test_an_incident_is_shown_with_its_version(api: Api) -> None:
    answer = api.call("GET", "/api/v1/incidents/I-1", api.person(Role.AUDITOR))
    assert answer.headers["ETag"] == '"v1"'
    assert answer.json()["incident"]["findings"] == ["f-I-1"]


def test_an_incident_is_shown_with_the_findings_that_are_still_true(api: Api) -> None:
    headers = api.person(Role.ANALYST)
    told = api.call("GET", "/api/v1/incidents/I-1", headers).json()
    assert [each["host"] for each in told["found"]] == ["PC-\ud800"]
    assert told["found"][0]["rule"]["title"] == "A rule" and told["left_out"] == 0
    with api.desk.store.write() as connection:
        findings.mark_gone(connection, ["f-I-1"])
    gone = api.call("GET", "/api/v1/incidents/I-1", headers).json()
    assert (gone["found"], gone["left_out"]) == ([], 1)


def test_findings_of_an_incident_are_bounded_and_the_rest_is_counted(api: Api) -> None:
    headers = api.person(Role.ANALYST)
    answer = api.call("GET", "/api/v1/incidents/I-1?most=0", headers)
    assert (answer.json()["found"], answer.json()["left_out"]) == ([], 1)
    assert answer.headers["ETag"] == '"v1"'
    for most in (limits.API_FINDINGS + 1, "x", "-1"):
        assert api.call("GET", f"/api/v1/incidents/I-1?most={most}", headers).status_code == 400


def test_the_gravest_findings_are_shown_first(api: Api) -> None:
    levels = ("low", "critical", "medium", "odd")
    with api.desk.store.write() as connection:
        for number, level in enumerate(levels):
            found = Finding(RuleInfo("r", level, level), "PC", "anna", 1, NOW, NOW, (f"e-{number}",))
            findings.put(connection, [StoredFinding(f"g-{number}", found, NOW, "I-1")])
    told = api.call("GET", "/api/v1/incidents/I-1?most=4", api.person(Role.ANALYST)).json()
    assert [each["rule"]["level"] for each in told["found"]] == ["critical", "high", "medium", "low"]


def test_people_are_told_the_names_of_accounts_and_machines_are_not(api: Api) -> None:
    lead = api.account(Role.LEAD)
    headers = bearer(api.session(lead))
    assert decide(api, headers, "I-1/assign", owner=lead.name).status_code == 200
    machine = api.machine(Scope.READ_INCIDENTS)
    for path in ("/api/v1/incidents", "/api/v1/incidents/I-1", "/api/v1/incidents/I-1/history"):
        assert api.call("GET", path, headers).json()["people"] == {lead.actor: lead.name}
    for path in ("/api/v1/incidents", "/api/v1/incidents/I-1"):
        assert api.call("GET", path, machine).json()["people"] == {}


def test_who_belongs_to_one_organisation_sees_its_incidents_only(api: Api) -> None:
    for headers in (
        api.person(Role.ANALYST, organisation="examplia"),
        api.machine(Scope.READ_INCIDENTS, organisation="examplia"),
    ):
        assert ids(api, headers) == ["I-2", "I-1"]
        assert api.call("GET", "/api/v1/incidents/I-3", headers).status_code == 404
    guest = api.person(Role.ANALYST, organisation="examplia")
    assert decide(api, guest, "I-3/note", 1, text="x").status_code == 404
    assert api.call("GET", "/api/v1/incidents/I-3/history", guest).status_code == 404


def restricted(api: Api) -> tuple[dict[str, str], Account]:
    lead = api.account(Role.LEAD)
    headers = bearer(api.session(lead))
    assert decide(api, headers, "I-1/restrict", readers=[lead.id]).status_code == 200
    return headers, lead


def test_a_restricted_incident_does_not_exist_for_others(api: Api) -> None:
    lead, _ = restricted(api)
    assert ids(api, lead) == ["I-3", "I-2", "I-1"]
    assert decide(api, lead, "I-1/note", text="seen").status_code == 200
    for role in (Role.ANALYST, Role.LEAD, Role.ADMIN, Role.AUDITOR, Role.RELEASER):
        headers = api.person(role)
        assert ids(api, headers) == ["I-3", "I-2"]
        shown = api.call("GET", "/api/v1/incidents/I-1", headers)
        assert shown.status_code == 404
        assert shown.json()["detail"] == "there is no incident I-1"
    assert decide(api, api.person(Role.ANALYST), "I-1/note", 2, text="x").status_code == 404
    assert ids(api, api.machine(Scope.READ_INCIDENTS)) == ["I-2"]


def test_a_reader_who_becomes_an_admin_sees_it_no_more(api: Api) -> None:
    headers, lead = restricted(api)
    with api.desk.store.write() as connection:
        people.set_account(connection, lead.id, {"role": Role.ADMIN})
    assert ids(api, headers) == ["I-3", "I-2"]
    assert api.call("GET", "/api/v1/incidents/I-1", headers).status_code == 404


def test_an_admin_gets_in_by_no_reset_of_a_reader(api: Api, wall: Wall) -> None:
    lead, other = api.account(Role.LEAD), api.account(Role.LEAD)
    headers = bearer(api.session(lead))
    assert decide(api, headers, "I-1/restrict", readers=[lead.name, other.name]).status_code == 200
    admin = api.person(Role.ADMIN)
    with api.desk.store.read() as connection:
        kept = connection.execute(select(people.ACCOUNTS).where(people.ACCOUNTS.c.id == other.id)).mappings().one()
    assert api.call("POST", f"/api/v1/users/{other.id}/reset", admin).status_code == 200
    with api.desk.store.write() as connection:  # the admin has logged in with the new password and set up codes
        people.set_account(connection, other.id, {"must_change": False, "totp": kept["totp"]})
    taken = bearer(api.session(other))
    assert ids(api, taken) == ["I-3", "I-2"]
    assert api.call("GET", "/api/v1/incidents/I-1", taken).status_code == 404
    wall.turn(seconds=1)
    assert decide(api, headers, "I-1/restrict", 2, readers=[lead.name, other.name]).status_code == 200
    assert ids(api, taken) == ["I-3", "I-2", "I-1"]


def test_an_admin_cannot_be_named_as_a_reader(api: Api) -> None:
    lead, admin = api.account(Role.LEAD), api.account(Role.ADMIN)
    headers = bearer(api.session(lead))
    assert decide(api, headers, "I-1/restrict", readers=[lead.id, admin.id]).status_code == 400
    assert decide(api, headers, "I-1/restrict", readers=["0000"]).status_code == 404
    assert decide(api, headers, "I-1/restrict", readers=[]).status_code == 200


def test_only_who_may_restrict_may_undo_a_restriction(api: Api) -> None:
    lead, analyst = api.account(Role.LEAD), api.account(Role.ANALYST)
    boss, worker = (bearer(api.session(account)) for account in (lead, analyst))
    decide(api, boss, "I-1/restrict", readers=[lead.id, analyst.id])
    assert decide(api, worker, "I-1/undo", version=2).status_code == 400  # the body names the version to undo
    headers = {**worker, "If-Match": '"v2"'}
    assert api.call("POST", "/api/v1/incidents/I-1/undo", headers, json={"version": 2}).status_code == 403
    headers = {**boss, "If-Match": '"v2"'}
    assert api.call("POST", "/api/v1/incidents/I-1/undo", headers, json={"version": 2}).status_code == 200
    headers = {**worker, "If-Match": '"v3"'}
    assert api.call("POST", "/api/v1/incidents/I-1/undo", headers, json={"version": 3}).status_code == 403


def test_people_decide_and_undo(api: Api) -> None:
    analyst = api.account(Role.ANALYST)
    headers = bearer(api.session(analyst))
    assert decide(api, headers, "I-1/assign", owner=analyst.id).json()["incident"]["owner"] == analyst.actor
    assert decide(api, headers, "I-1/status", status="closed").status_code == 409
    closed = decide(api, headers, "I-1/status", status="closed", ruling="attack", why="seen it").json()["incident"]
    assert (closed["status"], closed["ruling"], closed["version"]) == ("closed", "attack", 3)
    undone = api.call("POST", "/api/v1/incidents/I-1/undo", {**headers, "If-Match": '"v3"'}, json={"version": 3})
    assert undone.json()["incident"]["status"] == "open"
    assert undone.headers["ETag"] == '"v4"'
    assert decide(api, headers, "I-1/assign", owner="").json()["incident"]["owner"] == ""
    told = api.call("GET", "/api/v1/incidents/I-1/history", headers).json()["history"]
    assert [each["kind"] for each in told] == ["opened", "assigned", "status", "undone", "assigned"]
    assert told[2]["why"] == "seen it"
    gone = api.call("POST", "/api/v1/incidents/I-1/undo", {**headers, "If-Match": '"v5"'}, json={"version": 99})
    assert gone.status_code == 409


def test_incidents_are_given_to_who_works_on_them(api: Api) -> None:
    headers = api.person(Role.LEAD)
    for role in (Role.ADMIN, Role.AUDITOR, Role.LEADER):
        assert decide(api, headers, "I-1/assign", owner=api.account(role).id).status_code == 400


def test_a_decision_names_the_version_it_was_made_on(api: Api) -> None:
    headers = api.person(Role.ANALYST)
    for match in ({}, {"If-Match": "*"}, {"If-Match": "v1"}, {"If-Match": '"v1", "v2"'}):
        answer = api.call("POST", "/api/v1/incidents/I-1/note", {**headers, **match}, json={"text": "x"})
        assert answer.status_code == 428


def test_of_two_people_at_once_the_second_is_told(api: Api) -> None:
    first, second = api.account(Role.ANALYST), api.account(Role.ANALYST)
    one, other = (bearer(api.session(account)) for account in (first, second))
    assert decide(api, one, "I-1/status", 1, status="contained").status_code == 200
    answer = decide(api, other, "I-1/status", 1, status="investigating")
    assert answer.status_code == 412
    assert answer.headers["ETag"] == '"v2"'
    assert first.actor in answer.json()["detail"] and "contained" in answer.json()["detail"]
    assert api.call("GET", "/api/v1/incidents/I-1", one).json()["incident"]["status"] == "contained"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("note", {"text": ""}), ("note", {"text": "x" * (limits.NOTE_CHARACTERS + 1)}), ("status", {"status": "gone"}),
        ("restrict", {"readers": ["a"] * (limits.INCIDENT_READERS + 1)}), ("undo", {"version": "1"}), ("assign", {}),
        ("status", {"status": "open", "why": "x" * (limits.WHY_CHARACTERS + 1)}),
    ],
)  # fmt: skip
def test_a_wrong_decision_is_refused(api: Api, path: str, said: dict[str, Any]) -> None:
    headers = {**api.person(Role.LEAD), "If-Match": '"v1"'}
    assert api.call("POST", f"/api/v1/incidents/I-1/{path}", headers, json=said).status_code == 400


def test_decisions_are_in_the_ledger(api: Api) -> None:
    analyst = api.account(Role.ANALYST)
    decide(api, bearer(api.session(analyst)), "I-1/note", text="a particular text")
    with api.desk.store.read() as connection:
        (entry,) = ledger.newest(connection, 10)
    assert (entry.kind, entry.actor, entry.subject) == (Kind.DECISION, analyst.actor, "incident:I-1")
    assert "particular" not in repr(entry)


# --- switches


def move(api: Api, headers: dict[str, str], path: str, **said: str) -> httpx.Response:
    return api.call("POST", f"/api/v1/switches/{path}", headers, json=said)


def test_one_person_stops_and_two_start_again(api: Api) -> None:
    lead, admin = api.account(Role.LEAD), api.account(Role.ADMIN)
    one, other = (bearer(api.session(account)) for account in (lead, admin))
    assert move(api, api.person(Role.ANALYST), "ai/stop", why="odd verdicts").json()["switch"]["stopped"] is True
    assert move(api, one, "ai/confirm").status_code == 409
    assert move(api, one, "ai/request", why="repaired").status_code == 200
    assert move(api, one, "ai/confirm").status_code == 403
    assert move(api, other, "ai/confirm").json()["switch"]["stopped"] is False
    told = api.call("GET", "/api/v1/switches", api.machine(Scope.READ_STATUS)).json()["switches"]
    assert [(each["switch"], each["stopped"]) for each in told] == [("ai", False), ("sharing", False)]


def test_who_made_the_other_account_is_no_second_person(api: Api) -> None:
    admin = api.account(Role.ADMIN)
    made = api.account(Role.LEAD, created_by=admin.id)
    one, other = (bearer(api.session(account)) for account in (admin, made))
    move(api, one, "sharing/stop", why="a leak")
    move(api, one, "sharing/request", why="closed it")
    answer = move(api, other, "sharing/confirm")
    assert answer.status_code == 403
    assert "made or reset by the other" in answer.json()["advice"]


def test_a_switch_moves_only_with_a_reason_and_a_name(api: Api) -> None:
    headers = api.person(Role.LEAD)
    assert move(api, headers, "ai/stop", why="").status_code == 400
    assert move(api, headers, "ai/stop", why="   ").status_code == 400
    assert move(api, headers, "everything/stop", why="x").status_code == 404
    assert move(api, headers, "ai/request", why="x").status_code == 409


# --- the ledger


def test_an_auditor_exports_the_ledger_and_that_is_in_it(api: Api) -> None:
    move(api, api.person(Role.LEAD), "ai/stop", why="x")
    answer = api.call("GET", "/api/v1/ledger/export", api.person(Role.AUDITOR))
    read = [read_line(line) for line in answer.content.splitlines()]
    assert [each.kind for each in read] == [Kind.SWITCH, Kind.EXPORT]  # type: ignore[union-attr]


def test_an_auditor_verifies_the_ledger(api: Api, desk: Desk) -> None:
    headers = api.person(Role.AUDITOR)
    assert api.call("GET", "/api/v1/ledger/verify", headers).status_code == 404
    key = Ed25519PrivateKey.generate()
    signed = api_of(desk, trust=lambda: trust("node-1", Key(public_bytes(key))))
    move(api, api.person(Role.LEAD), "ai/stop", why="x")
    with desk.store.write() as connection:
        ledger.add_checkpoint(connection, sign(key, "node-1", ledger.head(connection), NOW))
    found = signed.call("GET", "/api/v1/ledger/verify", headers).json()
    assert found["holds"] is True
    assert found["verdict"]["proved"] == 1
    with desk.store.write() as connection:
        connection.exec_driver_sql("UPDATE ledger SET actor = 'account:other'")
    found = signed.call("GET", "/api/v1/ledger/verify", headers).json()
    assert found["holds"] is False
    assert found["verdict"]["fault"]["sequence"] == 1
