"""How the server tells the switches: at once, to people with a name, to all others without."""

import pytest
from api_clients import Api, api_of, bearer
from node_folders import Maker, make_node
from people_desk import Wall, desk_over, wall
from server_states import state_of

from tocsin.errors import StateError
from tocsin.node.people.accounts import Role
from tocsin.node.people.tokens import Scope

__all__ = ["make_node", "wall"]


def move(api: Api, headers: dict[str, str], path: str, why: str = "") -> None:
    said = {"why": why} if why else {}
    assert api.call("POST", f"/api/v1/switches/{path}", headers, json=said).status_code == 200


def test_the_very_next_status_has_a_switch_as_it_was_moved(make_node: Maker, wall: Wall) -> None:
    node = make_node()
    with state_of(node) as state:
        api = api_of(desk_over(node.store), status=state.status, switched=state.board.moved)
        lead, admin = api.account(Role.LEAD), api.account(Role.ADMIN)
        one, other = (bearer(api.session(account)) for account in (lead, admin))
        state.board.look()

        def told() -> list[dict[str, object]]:
            answer = api.call("GET", "/api/v1/status", api.machine(Scope.READ_STATUS)).json()
            assert "switches" not in answer["parts"]["server"]
            return list(answer["switches"])

        assert told() == [{"switch": "ai", "stopped": False}, {"switch": "sharing", "stopped": False}]
        move(api, one, "ai/stop", "odd verdicts")
        stopped = {
            "switch": "ai", "stopped": True, "actor": lead.actor, "time": "2026-11-30T03:00:00Z", "why": "odd verdicts",
        }  # fmt: skip
        assert told() == [stopped, {"switch": "sharing", "stopped": False}]
        assert state.note()["switches"] == [{**stopped, "by": lead.name}, {"switch": "sharing", "stopped": False}]
        move(api, one, "ai/request", "repaired")
        assert told()[0]["request"] == {"actor": lead.actor, "time": "2026-11-30T03:00:00Z", "why": "repaired"}
        move(api, other, "ai/confirm")
        assert told()[0]["stopped"] is False


def test_a_request_that_nobody_can_confirm_any_more_is_not_told(make_node: Maker, wall: Wall) -> None:
    node = make_node()
    with state_of(node) as state:
        api = api_of(desk_over(node.store), switched=state.board.moved)
        headers = api.person(Role.LEAD)
        move(api, headers, "sharing/stop", "a leak")
        move(api, headers, "sharing/request", "closed")
        assert "request" in state.board.told[1]
        wall.turn(hours=25)
        state.board.look()
        assert "request" not in state.board.told[1] and state.board.told[1]["stopped"] is True


def test_a_switch_that_cannot_be_read_at_once_was_moved_all_the_same(
    make_node: Maker, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    with state_of(make_node()) as state:
        state.board.look()
        before = state.board.told
        monkeypatch.setattr(state.board, "look", _locked)
        state.board.moved()
        assert state.board.told == before


def _locked() -> None:
    raise StateError("it is locked")
