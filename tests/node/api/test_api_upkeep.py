"""Endpoints that look after the node: who may, what the ledger keeps, and how much is done at a time."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import pytest
from api_clients import Api, api_of
from node_folders import make_folder

from tocsin import clock, limits
from tocsin.errors import Conflict
from tocsin.ledger.entry import Kind
from tocsin.node.api.app import ENDPOINTS
from tocsin.node.api.endpoint import Endpoint, Gate
from tocsin.node.api.handing import remove_leftovers
from tocsin.node.api.problems import Refused
from tocsin.node.people.accounts import Role
from tocsin.node.people.desk import Desk
from tocsin.node.people.permissions import PERMISSIONS
from tocsin.node.store import ledger
from tocsin.node.upkeep.errands import ErrandEnded, Errands, FindValue, HuntLake
from tocsin.node.upkeep.shell import OpenNode

SECONDS = 20


@pytest.fixture
def api(desk: Desk, tmp_path: Path) -> Iterator[Api]:
    """The API of a node with a folder and no lake."""
    folder, config, _ = make_folder(tmp_path / "node")
    errands = Errands()
    yield api_of(desk, node=OpenNode(folder, config, desk.store), errands=errands)
    errands.end()


def test_who_belongs_to_one_organisation_reaches_nothing_that_looks_at_the_whole_node(api: Api) -> None:
    whole = [each for each in ENDPOINTS if PERMISSIONS[each.name].whole]
    privacy, sensors = {"privacy.find", "privacy.erase"}, {"sensors.retire", "sensors.return"}
    rules = {"rules.review", "rules.place"}
    notices = {"notify.change", "notify.messages", "notify.test"}
    indicators = {"indicators.list", "indicators.import", "indicators.remove"}
    tellings = {"tellings.ask", "tellings.preview", "tellings.release", "assets.import", "assets.list"}
    constituents = {"constituents.import", "constituents.list", "constituents.show"}
    steps = ("show", "propose", "approve", "withdraw", "write", "undo")
    others = {*notices, *indicators, *tellings, *constituents, *(f"actions.{step}" for step in steps)}
    assert {each.name for each in whole} == {"hunt", "explain", "check", *privacy, *sensors, *rules, *others}
    for endpoint in whole:
        for role in PERMISSIONS[endpoint.name].roles:
            answer = api.call(endpoint.method, endpoint.path, api.person(role, organisation="examplia"))
            assert answer.status_code == HTTPStatus.FORBIDDEN, (endpoint.name, role)
            assert "belongs to one organisation" in answer.json()["advice"]


@pytest.mark.parametrize("name", ["../x.yml", "/etc/x.yml", "x.txt", ".x.yml", "a/b.yml", "x.yml\x00", "é.yml"])
def test_a_rule_is_named_without_a_folder(api: Api, name: str) -> None:
    answer = api.call("POST", "/api/v1/hunt", api.person(Role.ANALYST), json={"rules": {name: "title: x"}})
    assert answer.status_code == HTTPStatus.BAD_REQUEST and "no name of a rule's file" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "one thing"),
        ({"sql": "SELECT 1", "indicators": ["a.example"]}, "one thing"),
        ({"sql": "SELECT 1", "since": "2026-01-01T00:00:00Z"}, "not for SQL"),
        ({"sql": "SELECT 1", "rows": limits.HUNT_ROWS + 1}, "<= 100000"),
        ({"sql": "SELECT 1", "seconds": limits.API_HUNT_SECONDS + 1}, "<= 300"),
        ({"indicators": ["a.example"], "since": "2026-01-01T00:00:00"}, "timezone"),
        ({"sql": "x" * (limits.HUNT_QUERY_CHARACTERS + 1)}, "length <="),
    ],
)
def test_a_hunt_that_asks_the_wrong_thing_is_refused_before_it_is_entered(
    api: Api, asked: dict[str, object], told: str
) -> None:
    answer = api.call("POST", "/api/v1/hunt", api.person(Role.ANALYST), json=asked)
    assert answer.status_code == HTTPStatus.BAD_REQUEST and told in answer.json()["detail"], answer.text
    with api.desk.store.read() as connection:
        assert ledger.newest_of(connection, Kind.HUNT, 1) == []


def test_a_long_list_of_indicators_is_taken_and_a_longer_one_is_not(api: Api) -> None:
    headers = {**api.person(Role.ANALYST), "Content-Type": "application/json"}
    long = b'{"indicators": [' + b" " * limits.API_BODY_BYTES + b"]}"
    assert "one thing" in api.call("POST", "/api/v1/hunt", headers, content=long).json()["detail"]
    longer = b" " * (limits.API_HUNT_BYTES + 1)
    answer = api.call("POST", "/api/v1/hunt", headers, content=longer)
    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_nothing_is_asked_of_an_api_without_a_folder(desk: Desk) -> None:
    alone = api_of(desk)
    for path, role in (("/api/v1/keys", Role.ANALYST), ("/api/v1/check", Role.ADMIN)):
        assert alone.call("GET", path, alone.person(role)).status_code == HTTPStatus.SERVICE_UNAVAILABLE


def test_errands_are_done_one_at_a_time_and_few_wait() -> None:
    import anyio
    from starlette.responses import Response

    begun, go = threading.Semaphore(0), threading.Event()
    endpoint = Endpoint("POST", "/x", "hunt", errand=True)

    def slow() -> Response:
        begun.release()
        assert go.wait(SECONDS)
        return Response()

    async def crowd() -> None:
        gate = Gate()
        async with anyio.create_task_group() as group:
            for _ in range(limits.ERRANDS_AT_ONCE + limits.ERRANDS_WAITING):
                group.start_soon(gate.run, endpoint, slow)
            await anyio.to_thread.run_sync(begun.acquire)
            await anyio.sleep(0.1)
            assert not begun.acquire(blocking=False)
            with pytest.raises(Refused) as refused:
                await gate.run(endpoint, slow)
            assert refused.value.status is HTTPStatus.SERVICE_UNAVAILABLE and "Retry-After" in refused.value.headers
            go.set()

    anyio.run(crowd)


def test_what_is_done_alone_is_refused_to_a_second_also_while_the_first_waits() -> None:
    import anyio
    from starlette.responses import Response

    begun, go = threading.Semaphore(0), threading.Event()
    other = Endpoint("POST", "/x", "hunt", errand=True)
    alone = Endpoint("POST", "/y", "privacy.erase", errand=True, alone=True)

    def slow() -> Response:
        begun.release()
        assert go.wait(SECONDS)
        return Response()

    async def both() -> None:
        gate = Gate()
        async with anyio.create_task_group() as group:
            for endpoint in (other, alone):
                group.start_soon(gate.run, endpoint, slow)
            await anyio.to_thread.run_sync(begun.acquire)
            with pytest.raises(Conflict):
                await gate.run(alone, slow)
            go.set()
        assert (await gate.run(alone, slow)).status_code == HTTPStatus.OK

    anyio.run(both)


def test_nothing_is_erased_where_the_node_cannot_pause(api: Api) -> None:
    lead = api.person(Role.LEAD)
    asked = {"value": "anna.k", "why": "request 17"}
    answer = api.call("POST", "/api/v1/privacy/erase", lead, json=asked)
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE and "no node that pauses" in answer.json()["detail"]
    for wrong in ({"why": ""}, {"why": " "}, {"value": "ab"}, {"value": "two\nlines"}):
        answer = api.call("POST", "/api/v1/privacy/erase", lead, json={**asked, **wrong})
        assert answer.status_code == HTTPStatus.BAD_REQUEST, wrong
    assert api.call("POST", "/api/v1/privacy/erase", api.person(Role.ANALYST), json=asked).status_code == 403
    with api.desk.store.read() as connection:
        assert ledger.newest_of(connection, Kind.PRIVACY, 1) == []


def test_errands_end_with_the_node(api: Api) -> None:
    node, errands = api.context.node, Errands()
    assert node is not None
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(errands.run, node.folder, FindValue("x", "account:a"))
        end = clock.monotonic() + SECONDS
        while not errands._running and clock.monotonic() < end:
            pass
        errands.end()
        with pytest.raises(ErrandEnded):
            running.result(SECONDS)
    with pytest.raises(ErrandEnded):
        errands.run(node.folder, HuntLake("x", 1, 1, sql="SELECT 1"))


def test_what_a_killed_server_left_goes_when_the_next_begins(api: Api) -> None:
    assert api.context.node is not None
    folder = api.context.node.folder
    (folder.spool / "handed-x" / "case").mkdir(parents=True)
    (folder.spool / "other").mkdir()
    remove_leftovers(folder)
    assert [each.name for each in folder.spool.iterdir()] == ["other"]
