"""Logging in and managing people over the API, from the first password on."""

from http import HTTPStatus
from typing import Any

import httpx
import pyotp
import pytest
from api_clients import TOTP_SECRET, Api, api_of, bearer
from people_desk import Wall

from tocsin import limits
from tocsin.node.api.endpoint import Endpoint, Gate
from tocsin.node.api.problems import Refused
from tocsin.node.people import account_changes
from tocsin.node.people.accounts import Role
from tocsin.node.people.desk import Desk
from tocsin.node.people.tokens import Scope

PASSWORD = "vole-trumpet kiln 9"
TOKEN = {
    "label": "zeek", "scopes": ["push"], "organisation": "examplia", "network": "office", "sensor": "zeek-1",
    "seconds": 3_600,
}  # fmt: skip


@pytest.fixture
def api(desk: Desk) -> Api:
    return api_of(desk)


def post(api: Api, path: str, headers: dict[str, str] | None = None, **said: Any) -> httpx.Response:
    return api.call("POST", f"/api/v1{path}", headers, json=said)


def test_from_the_first_password_to_a_ready_account(api: Api, wall: Wall) -> None:
    admin, _ = account_changes.first_accounts(api.desk)
    begun = post(api, "/login", name="admin", password=admin.password).json()
    headers = bearer(begun["token"])
    assert begun["user"]["stage"] == "password"
    assert api.call("GET", "/api/v1/users", headers).json()["advice"].startswith("Change the password")
    assert post(api, "/password", headers, old=admin.password, new=PASSWORD).status_code == HTTPStatus.NO_CONTENT
    assert api.call("GET", "/api/v1/users", headers).json()["advice"].startswith("Set up your one-time codes")
    secret = post(api, "/totp/enrol", headers).json()["secret"]
    code = pyotp.TOTP(secret).at(wall.now())
    assert post(api, "/totp/confirm", headers, code=code).status_code == HTTPStatus.NO_CONTENT
    assert len(api.call("GET", "/api/v1/users", headers).json()["users"]) == 2
    assert post(api, "/login", name="admin", password=PASSWORD, code=code).status_code == HTTPStatus.UNAUTHORIZED
    wall.turn(seconds=limits.TOTP_STEP_SECONDS)
    code = pyotp.TOTP(secret).at(wall.now())
    assert post(api, "/login", name="admin", password=PASSWORD, code=code).status_code == HTTPStatus.OK


def test_a_browser_gets_a_cookie_and_no_token(api: Api) -> None:
    admin, _ = account_changes.first_accounts(api.desk)
    answer = post(api, "/login", name="admin", password=admin.password, cookie=True)
    assert "token" not in answer.json()
    assert answer.headers["Set-Cookie"].startswith("__Host-tocsin=tocsin_session_")
    secret = answer.headers["Set-Cookie"].partition(";")[0]
    me = api.call("GET", "/api/v1/me", {"Cookie": secret})
    assert me.json()["csrf"] == answer.json()["csrf"]


def test_too_many_tries_say_how_long_to_wait(api: Api) -> None:
    for _ in range(limits.LOGIN_FREE_FAILURES):
        assert post(api, "/login", name="ada", password="wrong").status_code == HTTPStatus.UNAUTHORIZED
    answer = post(api, "/login", name="ada", password="wrong")
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_weak_password_is_refused_with_the_reason(api: Api) -> None:
    admin, _ = account_changes.first_accounts(api.desk)
    headers = bearer(post(api, "/login", name="admin", password=admin.password).json()["token"])
    answer = post(api, "/password", headers, old=admin.password, new="password1234")
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "common" in answer.json()["advice"]


def test_an_admin_manages_accounts(api: Api) -> None:
    headers = api.person(Role.ADMIN)
    made = post(api, "/users", headers, name="ada", role="analyst")
    assert made.status_code == HTTPStatus.CREATED
    user = made.json()["user"]
    assert post(api, "/login", name="ada", password=made.json()["password"]).status_code == HTTPStatus.OK
    assert post(api, f"/users/{user['id']}/role", headers, role="lead").json()["user"]["role"] == "lead"
    assert post(api, f"/users/{user['id']}/disable", headers).json()["user"]["active"] is False
    assert post(api, f"/users/{user['id']}/enable", headers).json()["user"]["active"] is True
    again = post(api, f"/users/{user['id']}/reset", headers).json()
    assert post(api, "/login", name="ada", password=again["password"]).json()["user"]["reset"] is not None
    listed = api.call("GET", "/api/v1/users", headers)
    assert "ada" in {each["name"] for each in listed.json()["users"]}
    assert again["password"] not in listed.text


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"name": "ada", "role": "root"}, 400), ({"name": "A B", "role": "lead"}, 400),
        ({"name": "person1", "role": "lead"}, 409),
        ({"name": "ada"}, 400), ({"name": "ada", "role": "lead", "active": False}, 400),
    ],
)  # fmt: skip
def test_a_wrong_new_account_is_refused(api: Api, said: dict[str, Any], status: int) -> None:
    answer = post(api, "/users", api.person(Role.ADMIN), **said)
    assert answer.status_code == status
    assert answer.json()["advice"]


def test_the_last_admin_stays(api: Api) -> None:
    admin = api.account(Role.ADMIN)
    headers = bearer(api.session(admin))
    assert post(api, f"/users/{admin.id}/disable", headers).status_code == HTTPStatus.CONFLICT


def test_what_does_not_exist_is_not_found(api: Api) -> None:
    headers = api.person(Role.ADMIN)
    assert post(api, "/users/0000/disable", headers).status_code == HTTPStatus.NOT_FOUND
    assert post(api, "/tokens/0000/revoke", headers).status_code == HTTPStatus.NOT_FOUND


def test_an_admin_makes_and_revokes_tokens(api: Api) -> None:
    headers = api.person(Role.ADMIN)
    made = post(api, "/tokens", headers, **TOKEN)
    assert made.status_code == HTTPStatus.CREATED
    secret, token = made.json()["secret"], made.json()["token"]
    listed = api.call("GET", "/api/v1/tokens", headers)
    assert listed.json()["tokens"] == [token]
    assert secret not in listed.text
    assert api.call("GET", "/api/v1/status", bearer(secret)).status_code == HTTPStatus.FORBIDDEN
    assert post(api, f"/tokens/{token['id']}/revoke", headers).status_code == HTTPStatus.NO_CONTENT
    assert api.call("GET", "/api/v1/status", bearer(secret)).status_code == HTTPStatus.UNAUTHORIZED
    assert api.call("GET", "/api/v1/tokens", headers).json()["tokens"][0]["revoked"]


@pytest.mark.parametrize("wrong", [{"scopes": ["all"]}, {"scopes": []}, {"seconds": 0}, {"sensor": ""}])
def test_a_wrong_token_is_refused(api: Api, wrong: dict[str, Any]) -> None:
    assert post(api, "/tokens", api.person(Role.ADMIN), **{**TOKEN, **wrong}).status_code == HTTPStatus.BAD_REQUEST


def test_who_has_codes_shows_one_to_get_new_ones(api: Api, wall: Wall) -> None:
    headers = api.person(Role.ANALYST)
    assert post(api, "/totp/enrol", headers).status_code == HTTPStatus.FORBIDDEN
    offered = post(api, "/totp/enrol", headers, code=pyotp.TOTP(TOTP_SECRET).at(wall.now()))
    assert offered.json()["uri"].startswith("otpauth://totp/Tocsin")


def test_the_status_is_told_to_people_and_monitors(desk: Desk) -> None:
    api = api_of(desk, status=lambda: {"sensors": 3})
    for headers in (api.person(Role.LEADER), api.machine(Scope.READ_STATUS)):
        assert api.call("GET", "/api/v1/status", headers).json() == {"sensors": 3}


def test_machines_have_no_account(api: Api) -> None:
    assert api.call("GET", "/api/v1/me", api.machine(*Scope)).status_code == HTTPStatus.FORBIDDEN


def test_the_account_of_a_session_is_shown_without_secrets(api: Api) -> None:
    user = api.call("GET", "/api/v1/me", api.person(Role.ANALYST)).json()["user"]
    assert set(user) == {
        "id", "name", "role", "active", "stage", "organisation", "external_id", "created", "created_by", "reset",
        "reset_by",
    }  # fmt: skip


def test_when_many_log_in_at_once_the_last_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    import anyio
    from starlette.responses import Response

    monkeypatch.setattr(limits, "API_PASSWORD_CALLS", 1)
    monkeypatch.setattr(limits, "API_PASSWORD_CALLS_WAITING", 1)
    free = threading.Event()
    login = Endpoint("POST", "/login", "login", hashes=True)

    def work() -> Response:
        free.wait(10)
        return Response()

    async def crowd() -> list[int]:
        gate, told = Gate(), []

        async def one() -> None:
            try:
                told.append((await gate.run(login, work)).status_code)
            except Refused as error:
                told.append(int(error.status))
                free.set()

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(one)
                await anyio.sleep(0.05)
        return sorted(told)

    assert anyio.run(crowd) == [200, 200, 503]


def test_a_person_sees_the_own_sessions_and_ends_the_others(api: Api, wall: Wall) -> None:
    account = api.account(Role.ANALYST)
    headers, other = (bearer(api.session(account)) for _ in range(2))
    listed = api.call("GET", "/api/v1/sessions", headers)
    assert sorted(each["this"] for each in listed.json()["sessions"]) == [False, True]
    assert headers["Authorization"].rsplit("_", 1)[1] not in listed.text
    assert post(api, "/sessions/end", headers, code="000000").status_code == HTTPStatus.FORBIDDEN
    code = pyotp.TOTP(TOTP_SECRET).at(wall.now())
    assert post(api, "/sessions/end", headers, code=code).json() == {"ended": 1}
    assert api.call("GET", "/api/v1/me", other).status_code == HTTPStatus.UNAUTHORIZED
    assert api.call("GET", "/api/v1/me", headers).status_code == HTTPStatus.OK
    assert post(api, "/sessions/end", headers, code=code).status_code == HTTPStatus.FORBIDDEN


def test_an_admin_ends_the_sessions_of_an_account(api: Api) -> None:
    account = api.account(Role.ANALYST)
    headers = bearer(api.session(account))
    assert post(api, f"/users/{account.id}/logout", api.person(Role.ADMIN)).status_code == HTTPStatus.OK
    assert api.call("GET", "/api/v1/me", headers).status_code == HTTPStatus.UNAUTHORIZED


def test_a_login_ends_the_session_that_it_came_in(api: Api) -> None:
    admin, _ = account_changes.first_accounts(api.desk)
    first = bearer(post(api, "/login", name="admin", password=admin.password).json()["token"])
    second = bearer(post(api, "/login", first, name="admin", password=admin.password).json()["token"])
    assert api.call("GET", "/api/v1/me", first).status_code == HTTPStatus.UNAUTHORIZED
    assert api.call("GET", "/api/v1/me", second).status_code == HTTPStatus.OK
