"""The life of incidents over the API: versions, the ledger, who sees and who may."""

from datetime import timedelta

import httpx
import pytest
from api_clients import Api, api_of, bearer
from sqlalchemy import select
from test_api_incidents import begin, decide

from tocsin import clock, limits
from tocsin.node.people.accounts import Role
from tocsin.node.people.desk import Desk
from tocsin.node.people.tokens import Scope
from tocsin.node.store import actions, findings, incidents, ledger
from tocsin.node.store.findings import FINDINGS
from tocsin.node.store.incident_state import Opened, Restricted
from tocsin.node.store.incidents import Decision
from tocsin.triage.actions import Action, ActionKind, Form, Seen, Sighting

NEW = {"title": "Anna's screen shows a note"}


@pytest.fixture
def api(desk: Desk) -> Api:
    api = api_of(desk)
    for number, organisation in enumerate(("examplia", "examplia", "other"), start=1):
        begin(api, f"I-{number}", organisation, points=10 * number)
    return api


def opened(api: Api, headers: dict[str, str], **more: object) -> str:
    answer = api.call("POST", "/api/v1/incidents", headers, json=NEW | more)
    assert answer.status_code == 201, answer.text
    assert answer.headers["ETag"] in ('"v1"', '"v2"')
    return str(answer.json()["incident"]["id"])


def entered(api: Api, incident: str) -> list[object]:
    with api.desk.store.read() as connection:
        return [entry.detail["change"] for entry in ledger.about(connection, f"incident:{incident}")]  # type: ignore[union-attr]


def test_every_decision_stands_in_the_ledger(api: Api) -> None:
    headers = api.person(Role.ANALYST)
    made = opened(api, headers, note="called at eight")
    assert decide(api, headers, f"{made}/acknowledge").status_code == 200
    assert decide(api, headers, f"{made}/close", reason="true").status_code == 200
    assert decide(api, headers, f"{made}/reopen").status_code == 200
    assert decide(api, headers, f"{made}/merge", into="I-1").status_code == 200
    assert entered(api, made) == ["opened", "note", "acknowledged", "status", "status", "merged"]
    assert entered(api, "I-1") == ["absorbed"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("acknowledge", {}),
        ("close", {"reason": "true"}),
        ("reopen", {}),
        ("merge", {"into": "I-2"}),
        ("split", {"hosts": ["x"]}),
    ],
)
def test_a_decision_names_the_version_that_it_was_made_on(api: Api, path: str, said: dict[str, object]) -> None:
    headers = api.person(Role.ANALYST)
    assert api.call("POST", f"/api/v1/incidents/I-1/{path}", headers, json=said).status_code == 428
    assert decide(api, headers, "I-1/note", text="x").status_code == 200
    late = decide(api, headers, f"I-1/{path}", 1, **said)
    assert late.status_code in (400, 409, 412), late.text
    assert late.headers.get("ETag", '"v2"') == '"v2"'


def test_a_second_acknowledgement_and_a_second_opening_are_refused(api: Api) -> None:
    headers = api.person(Role.ANALYST)
    assert decide(api, headers, "I-1/acknowledge").status_code == 200
    for path in ("I-1/acknowledge", "I-1/reopen"):
        assert decide(api, headers, path).status_code == 409


@pytest.mark.parametrize(
    "said",
    [
        {"title": ""}, {"title": "x" * (limits.INCIDENT_TITLE_CHARACTERS + 1)}, {"level": "odd"}, {"more": 1},
        {"hosts": ["h"] * (limits.INCIDENT_NAMES + 1)}, {"note": "x" * (limits.NOTE_CHARACTERS + 1)}, {"title": "  "},
    ],
)  # fmt: skip
def test_what_is_no_incident_is_not_opened(api: Api, said: dict[str, object]) -> None:
    answer = api.call("POST", "/api/v1/incidents", api.person(Role.ANALYST), json=NEW | said)
    assert answer.status_code in (400, 413), answer.text


def test_machines_open_and_decide_nothing(api: Api) -> None:
    machine = api.machine(Scope.READ_INCIDENTS)
    assert api.call("POST", "/api/v1/incidents", machine, json=NEW).status_code == 403
    assert decide(api, machine, "I-1/close", 1, reason="true").status_code == 403
    assert api.call("GET", "/api/v1/handover", machine).status_code == 403


def undone(api: Api, headers: dict[str, str]) -> httpx.Response:
    """The second change of I-1, as it was seen then."""
    path, seen = "/api/v1/incidents/I-1/undo", {"If-Match": '"v2"'}
    return api.call("POST", path, headers | seen, json={"version": 2})


def test_both_sides_of_a_merge_must_be_seen(api: Api) -> None:
    guest = api.person(Role.ANALYST, organisation="examplia")
    assert decide(api, guest, "I-1/merge", into="I-3").status_code == 404
    assert decide(api, guest, "I-1/close", reason="duplicate", of="I-3").status_code == 404
    assert decide(api, guest, "I-1/merge", into="I-2").status_code == 200


def test_a_whole_is_not_seen_by_who_may_not_see_a_part(api: Api) -> None:
    """What is told of the whole tells of its parts: hosts, notes, findings."""
    analyst, guest = api.person(Role.ANALYST), api.person(Role.ANALYST, organisation="examplia")
    assert decide(api, analyst, "I-3/merge", into="I-1").status_code == 200
    assert api.call("GET", "/api/v1/incidents/I-1", guest).status_code == 404
    assert undone(api, guest).status_code == 404
    shown = api.call("GET", "/api/v1/incidents/I-1", analyst).json()
    assert [part["id"] for part in shown["parts"]] == ["I-3"] and len(shown["found"]) == 2
    assert undone(api, analyst).status_code == 200
    assert api.call("GET", "/api/v1/incidents/I-1", guest).status_code == 200


def test_what_is_restricted_becomes_no_part_of_what_more_people_see(api: Api) -> None:
    lead = api.account(Role.LEAD)
    headers = bearer(api.session(lead))
    assert decide(api, headers, "I-1/restrict", readers=[lead.id]).status_code == 200
    refused = decide(api, headers, "I-1/merge", into="I-2")
    assert refused.status_code == 409 and "more people" in refused.text
    assert decide(api, headers, "I-2/merge", into="I-1").status_code == 200


def test_a_part_that_is_restricted_later_is_not_told_to_others(api: Api) -> None:
    lead, analyst = api.account(Role.LEAD), api.person(Role.ANALYST)
    assert decide(api, analyst, "I-2/merge", into="I-1").status_code == 200
    assert decide(api, bearer(api.session(lead)), "I-2/restrict", readers=[lead.id]).status_code == 200
    shown = api.call("GET", "/api/v1/incidents/I-1", analyst).json()
    assert shown["parts"] == [] and len(shown["found"]) == 1


def test_a_split_off_part_is_written_with_its_reasons(api: Api) -> None:
    headers = api.person(Role.ANALYST)
    with api.desk.store.write() as connection:
        (stored,) = findings.by_ids(connection, ["f-I-2"])
        incidents.open_incident(connection, "I-9", Opened(_shown(api), ("f-x", "f-y")), stored.seen)
        findings.put(connection, [findings.StoredFinding(id, stored.finding, stored.seen) for id in ("f-x", "f-y")])
        connection.execute(FINDINGS.update().where(FINDINGS.c.id.in_(["f-x", "f-y"])).values(incident="I-9"))
    preview = decide(api, headers, "I-9/split", findings=["f-x"], dry_run=True)
    assert [each["id"] for each in preview.json()["going"]] == ["f-x"]
    assert [each["id"] for each in preview.json()["staying"]] == ["f-y"]
    answer = decide(api, headers, "I-9/split", findings=["f-x"], why="no")
    part = answer.json()["incident"]
    assert answer.status_code == 200 and part["split_from"] == "I-9" and part["apart"] == ["I-9"]
    with api.desk.store.read() as connection:
        rows = dict(connection.execute(select(FINDINGS.c.id, FINDINGS.c.incident)).all())  # type: ignore[arg-type]
    assert (rows["f-x"], rows["f-y"]) == (part["id"], "I-9")


def _shown(api: Api) -> object:
    with api.desk.store.read() as connection:
        return incidents.present(connection, "I-2", "node").shown


def test_the_list_is_narrowed_to_ones_own_and_what_nobody_has_seen(api: Api) -> None:
    account = api.account(Role.ANALYST)
    headers = bearer(api.session(account))
    assert decide(api, headers, "I-2/assign", owner=account.name).status_code == 200

    def ids(query: str) -> list[str]:
        return [each["id"] for each in api.call("GET", f"/api/v1/incidents?{query}", headers).json()["incidents"]]

    assert ids("owner=me") == ["I-2"]
    assert ids("acknowledged=false") == ["I-3", "I-1"]
    assert ids("acknowledged=false&owner=me") == []


def test_hand_overs_and_reports_tell_only_what_is_seen(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DUTY_PAGE", 1)
    lead = api.account(Role.LEAD)
    with api.desk.store.write() as connection:
        state = incidents.present(connection, "I-1", "node")
        decision = Decision("I-1", 1, lead.actor, state.opened)
        incidents.change(connection, decision, Restricted((lead.actor,)))
    guest = api.person(Role.ANALYST, organisation="examplia")
    for headers, seen in ((bearer(api.session(lead)), 3), (api.person(Role.ANALYST), 2), (guest, 1)):
        told = api.call("GET", "/api/v1/handover", headers).json()["handover"]
        assert len(told["open"]) == seen
        assert len(told["decided"]) == (1 if seen == 3 else 0)
        assert api.call("GET", "/api/v1/report", headers).json()["report"]["total"]["open"] == seen
    for query in ("since=odd", "since=2026-12-01&until=2026-11-01", "by=odd", "since=1990-01-01"):
        assert api.call("GET", f"/api/v1/report?{query}", guest).status_code == 400


def test_a_hand_over_tells_which_legal_clocks_run_out_of_incidents_that_are_seen(api: Api) -> None:
    asked = {"clock": "nis2", "aware": clock.now().isoformat(), "why": "told by telephone"}
    started = api.call("POST", "/api/v1/incidents/I-1/clocks", api.person(Role.ANALYST), json=asked)
    assert started.status_code == 201, started.text
    told = api.call("GET", "/api/v1/handover", api.person(Role.ANALYST)).json()["handover"]
    assert {each["incident"] for each in told["clocks"]} == {"I-1"}
    assert all(each["duty"].startswith("nis2: ") and each["due"] for each in told["clocks"])
    guest = api.person(Role.ANALYST, organisation="elsewhere")
    assert api.call("GET", "/api/v1/handover", guest).json()["handover"]["clocks"] == []


def test_what_is_done_about_a_part_is_told_with_the_whole_to_who_may_see_the_part(api: Api) -> None:
    analyst = api.person(Role.ANALYST)
    asked = {"clock": "nis2", "aware": clock.now().isoformat(), "why": "a colleague is in it"}
    assert api.call("POST", "/api/v1/incidents/I-1/clocks", analyst, json=asked).status_code == 201
    for part, whole in (("I-1", "I-2"), ("I-2", "I-3")):
        seen = {**analyst, "If-Match": api.call("GET", f"/api/v1/incidents/{part}", analyst).headers["ETag"]}
        assert api.call("POST", f"/api/v1/incidents/{part}/merge", seen, json={"into": whole}).status_code == 200
    places = ("/api/v1/incidents/I-3/acting", "/api/v1/clocks?incident=I-3")
    for place in places:
        assert [each["incident"] for each in api.call("GET", place, analyst).json()["clocks"]] == ["I-1"]
    steps = "/api/v1/incidents/I-3/clocks"
    assert api.call("POST", steps, analyst, json={**asked, "why": "a call"}).status_code == 201
    draft = api.call("GET", f"{steps}/nis2/draft?step=early-warning", analyst).json()["draft"]
    assert "examplia, other" in draft, "whose logs the parts are from too"
    lead = api.account(Role.LEAD)
    with api.desk.store.write() as connection:
        state = incidents.present(connection, "I-1", "node")
        incidents.change(connection, Decision("I-1", state.version, lead.actor, clock.now()), Restricted((lead.actor,)))
    for place in places:
        assert "colleague" not in api.call("GET", place, analyst).text
        assert "colleague" in api.call("GET", place, bearer(api.session(lead))).text


def test_who_talked_to_what_is_blocked_is_not_told_to_who_belongs_to_one_organisation(api: Api) -> None:
    now = clock.now()
    seen = Seen(1, (Sighting("203.0.113.7", "PC-of-another", now, now, 1, "pair_days"),), "One host.")
    made = Action("A-1", "I-1", ActionKind.BLOCK, Form.NFTABLES, ("203.0.113.7",), "account:x", "beacon", now,
                  now + timedelta(days=1), seen)  # fmt: skip
    with api.desk.store.write() as connection:
        actions.propose(connection, made, "action:0")
    for organisation, told in (("", True), ("examplia", False)):
        person = api.person(Role.ANALYST, organisation=organisation)
        answers = [api.call("GET", "/api/v1/incidents/I-1/acting", person), api.call("GET", "/api/v1/actions", person)]
        assert all("203.0.113.7" in each.text for each in answers)
        assert any("PC-of-another" in each.text for each in answers) is told


def test_a_report_reads_a_bounded_number_and_says_so(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DUTY_PAGE", 1)
    monkeypatch.setattr(limits, "DUTY_INCIDENTS", 2)
    told = api.call("GET", "/api/v1/report", api.person(Role.ANALYST)).json()["report"]
    assert told["cut"] is True and told["total"]["open"] == 2
