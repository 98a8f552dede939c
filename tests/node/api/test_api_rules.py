"""Rules through the API: what is refused before anything is done, what the ledger has, how much is held at a time."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from api_clients import Api, api_of
from node_folders import make_folder
from people_desk import Wall, desk_over
from starlette.requests import Request

from tocsin import limits
from tocsin.ledger.entry import Kind
from tocsin.node.api.app import ENDPOINTS
from tocsin.node.api.endpoint import Endpoint, Gate
from tocsin.node.api.problems import Refused
from tocsin.node.people.accounts import Role
from tocsin.node.people.permissions import PERMISSIONS
from tocsin.node.service.config import state_url
from tocsin.node.store import ledger
from tocsin.node.store.database import open_store
from tocsin.node.upkeep.errands import Errands
from tocsin.node.upkeep.shell import OpenNode

DIGEST = "0" * 64
(REVIEW,) = (each for each in ENDPOINTS if each.name == "rules.review")


@pytest.fixture
def api(wall: Wall, tmp_path: Path) -> Iterator[Api]:
    """The API of a node with a folder and no lake."""
    folder, config, _ = make_folder(tmp_path / "node")
    store, errands = open_store(state_url(folder, config), create=True), Errands()
    yield api_of(desk_over(store), node=OpenNode(folder, config, store), errands=errands)
    errands.end()
    store.close()


def entries(api: Api) -> list[tuple[str, dict[str, object]]]:
    with api.desk.store.read() as connection:
        return [(each.actor, dict(each.detail)) for each in ledger.newest_of(connection, Kind.HUNT, 10)]


def test_leads_and_admins_change_the_rules_and_nobody_of_one_organisation() -> None:
    for name in ("rules.review", "rules.place"):
        assert PERMISSIONS[name].roles == {Role.LEAD, Role.ADMIN} and PERMISSIONS[name].whole
        assert not PERMISSIONS[name].scopes


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ({"files": {}}, HTTPStatus.BAD_REQUEST, "no rule file"),
        ({"files": {"../x.yml": "title: x"}}, HTTPStatus.BAD_REQUEST, "no name of a rule file"),
        ({"files": {"/etc/x.yml": "title: x"}}, HTTPStatus.BAD_REQUEST, "no name of a rule file"),
        ({"files": {"x.yml": "", "x.yml/y.yml": ""}}, HTTPStatus.BAD_REQUEST, "a file and a folder"),
        ({"files": {"x.yml": 1}}, HTTPStatus.BAD_REQUEST, "Expected `str`"),
        ({"files": {"x.yml": ""}, "days": 0}, HTTPStatus.BAD_REQUEST, ">= 1"),
        ({"files": {"x.yml": ""}, "days": limits.RULE_REVIEW_DAYS + 1}, HTTPStatus.BAD_REQUEST, "<= 3650"),
        ({"files": {"x.yml": ""}, "to": "/tmp"}, HTTPStatus.BAD_REQUEST, "unknown field"),
        ({"files": {f"{n}.yml": "" for n in range(10_001)}}, HTTPStatus.BAD_REQUEST, "length <= 10000"),
        ({"files": {"x.yml": "x" * (limits.RULE_FILE_BYTES + 1)}}, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "longer than"),
    ],
)
def test_a_set_that_cannot_be_taken_is_refused_before_it_is_entered(
    api: Api, asked: dict[str, Any], status: HTTPStatus, told: str
) -> None:
    answer = api.call("POST", "/api/v1/rules/review", api.person(Role.LEAD), json=asked)
    assert answer.status_code == status and told in answer.json()["detail"]
    assert entries(api) == []


def test_a_body_over_its_bound_is_refused(api: Api) -> None:
    for path, most in (("/api/v1/rules/review", limits.API_RULES_BYTES), ("/api/v1/rules", limits.API_BODY_BYTES)):
        headers = api.person(Role.LEAD) | {"Content-Type": "application/json"}
        answer = api.call("POST", path, headers, content=b" " * (most + 1))
        assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_a_refused_rule_is_told_by_its_name_and_the_review_is_entered(api: Api) -> None:
    account = api.account(Role.ADMIN)
    headers = {"Authorization": f"Bearer {api.session(account)}"}
    answer = api.call("POST", "/api/v1/rules/review", headers, json={"files": {"deep/x.yml": "title: ["}})
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "1 rules of the new set are refused: deep/x.yml" in answer.json()["detail"]
    assert "--without-refused" in answer.json()["advice"]
    assert entries(api) == [(account.actor, {"by": "review of rules", "files": 1, "days": 30})]
    assert api.context.node is not None and list(api.context.node.folder.spool.iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"before": DIGEST, "after": DIGEST}, HTTPStatus.NOT_FOUND),
        ({"before": DIGEST, "after": "../" + DIGEST[3:]}, HTTPStatus.BAD_REQUEST),
        ({"before": DIGEST, "after": DIGEST + "\n"}, HTTPStatus.BAD_REQUEST),
        ({"after": DIGEST}, HTTPStatus.BAD_REQUEST),
    ],
)
def test_a_set_that_was_not_reviewed_is_not_placed(api: Api, asked: dict[str, str], status: HTTPStatus) -> None:
    answer = api.call("POST", "/api/v1/rules", api.person(Role.LEAD), json=asked)
    assert answer.status_code == status, answer.text
    with api.desk.store.read() as connection:
        assert ledger.newest_of(connection, Kind.RULE_CHANGE, 1) == []


def request(endpoint: Endpoint, **headers: str) -> Request:
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": endpoint.method, "path": endpoint.path, "headers": sent})


def test_long_bodies_share_a_bounded_room_and_short_ones_need_none() -> None:
    gate, most = Gate(), limits.API_LONG_BODIES_BYTES // limits.API_RULES_BYTES
    chunked, short = request(REVIEW, transfer_encoding="chunked"), request(REVIEW, content_length="99")
    rooms = [gate.room(REVIEW, chunked) for _ in range(most)]
    for room in rooms:
        room.__enter__()
    for held in (chunked, request(REVIEW, content_length="9" * 5_000)):
        with pytest.raises(Refused, match="too many long requests") as refused, gate.room(REVIEW, held):
            raise AssertionError("there was room")
        assert refused.value.status is HTTPStatus.SERVICE_UNAVAILABLE and "Retry-After" in refused.value.headers
    with gate.room(REVIEW, short), gate.room(REVIEW, request(REVIEW)):
        rooms[0].__exit__(None, None, None)
    with gate.room(REVIEW, chunked):
        assert json.dumps(gate._held) == str(limits.API_RULES_BYTES * most)
