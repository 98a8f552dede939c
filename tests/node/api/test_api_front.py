"""What every request meets before a route, and how every answer looks."""

import json
import logging
import tracemalloc
from dataclasses import replace
from http import HTTPStatus

import pytest
from api_clients import Api, api_of
from starlette.responses import Response

from tocsin import limits
from tocsin.node.api import app as app_module
from tocsin.node.api.app import create_app
from tocsin.node.api.context import Call
from tocsin.node.api.endpoint import Endpoint
from tocsin.node.api.json_depth import check_depth
from tocsin.node.people import sessions
from tocsin.node.people.accounts import Role
from tocsin.node.people.desk import Desk
from tocsin.node.people.sessions import Form

ME, LOGIN = "/api/v1/me", "/api/v1/login"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def api(desk: Desk) -> Api:
    return api_of(desk)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8443", "[::1]", "[::1]:80", "LOCALHOST:1"])
def test_the_node_answers_to_its_own_names(api: Api, host: str) -> None:
    assert api.call("GET", "/healthz", {"Host": host}).json() == {"ok": True}


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1:x", "127.0.0.1@evil", "", "::1"])
def test_a_foreign_host_is_refused_also_on_loopback(api: Api, host: str) -> None:
    answer = api.call("GET", "/healthz", {"Host": host})
    assert answer.status_code == HTTPStatus.MISDIRECTED_REQUEST
    assert "`names` below [api]" in answer.json()["advice"]


def test_a_configured_name_is_answered_to(desk: Desk) -> None:
    api = api_of(desk, hosts=frozenset({"node.example"}))
    assert api.call("GET", "/healthz", {"Host": "node.example:8443"}).status_code == HTTPStatus.OK
    assert api.call("GET", "/healthz").status_code == HTTPStatus.MISDIRECTED_REQUEST


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "https://127.0.0.1"}, {"Origin": "http://["},
        {"Origin": "http://127.0.0.1:81"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    ],
)  # fmt: skip
def test_a_change_from_another_site_is_refused(api: Api, headers: dict[str, str]) -> None:
    answer = api.call("POST", LOGIN, {**JSON, **headers}, content=b"{}")
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "another site" in answer.json()["detail"]


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://127.0.0.1"}, {"Sec-Fetch-Site": "same-origin"}])
def test_a_change_from_here_is_read(api: Api, headers: dict[str, str]) -> None:
    answer = api.call("POST", LOGIN, {**JSON, **headers}, content=b"{}")
    assert answer.status_code == HTTPStatus.BAD_REQUEST


def test_a_cookie_session_changes_nothing_without_its_csrf_token(api: Api) -> None:
    account = api.account(Role.ANALYST)
    secret, other = api.session(account, Form.COOKIE), api.session(account, Form.COOKIE)
    cookie = {"Cookie": f"{sessions.COOKIE}={secret}"}
    told = api.call("GET", ME, cookie).json()
    wrong = sessions.csrf_token(api.desk.keys.csrf, sessions.digest_of(other))
    for headers in (cookie, {**cookie, "X-CSRF-Token": wrong}, {**cookie, "X-CSRF-Token": ""}):
        assert api.call("POST", "/api/v1/logout", headers).status_code == HTTPStatus.FORBIDDEN
    done = api.call("POST", "/api/v1/logout", {**cookie, "X-CSRF-Token": told["csrf"]})
    assert done.status_code == HTTPStatus.NO_CONTENT
    assert "Max-Age=0" in done.headers["Set-Cookie"]
    assert api.call("GET", ME, cookie).status_code == HTTPStatus.UNAUTHORIZED


def test_a_body_over_the_bound_is_refused_declared_or_not(api: Api) -> None:
    long = b" " * (limits.API_BODY_BYTES + 1)

    async def parts():  # type: ignore[no-untyped-def]
        for start in range(0, len(long), 1_000):
            yield long[start : start + 1_000]

    for content in (long, parts()):
        answer = api.call("POST", LOGIN, JSON, content=content)
        assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert api.call("POST", LOGIN, {**JSON, "Content-Length": "-1"}, content=b"{}").status_code == 413


def test_a_body_has_to_be_json(api: Api) -> None:
    answer = api.call("POST", LOGIN, {"Content-Type": "application/x-www-form-urlencoded"}, content=b"name=ada")
    assert answer.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'{"name": 1, "password": "x"}', b'{"name": "ada"}',
        b'{"name":"a","password":"b","admin":true}',
        b'{"name":"' + b"a" * 65 + b'","password":"b"}', b'\xff', b'{"name":"\\ud800","password":"x","x":1}',
        b"[" * (limits.API_JSON_DEPTH + 1) + b"]" * (limits.API_JSON_DEPTH + 1), b'{"a":' * 1_000,
    ],
)  # fmt: skip
def test_a_body_of_another_shape_is_refused_with_advice(api: Api, body: bytes) -> None:
    answer = api.call("POST", LOGIN, JSON, content=body)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.json()["advice"]


def test_brackets_in_texts_do_not_count_as_depth(api: Api) -> None:
    body = json.dumps({"name": "ada", "password": "[{" * 60 + '\\"[['}).encode()
    assert api.call("POST", LOGIN, JSON, content=body).status_code == HTTPStatus.UNAUTHORIZED


def test_too_many_headers_or_too_long_a_query_are_refused(api: Api) -> None:
    many = {f"X-{number}": "x" for number in range(limits.HTTP_HEADERS)}
    assert api.call("GET", "/healthz", many).status_code == 431
    assert api.call("GET", "/healthz?" + "x" * (limits.API_QUERY_CHARACTERS + 1)).status_code == 431


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404), ("GET", "/api/v1/me/", 404), ("GET", "/api/v1/../../etc/passwd", 404), ("DELETE", ME, 405),
        ("GET", "/api/v1/users/..%2f..%2fetc", 404), ("TRACE", ME, 405), ("OPTIONS", ME, 405), ("GET", LOGIN, 405),
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_problem_too(api: Api, method: str, path: str, status: int) -> None:
    answer = api.call(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_every_answer_carries_the_security_headers(api: Api) -> None:
    for answer in (api.call("GET", "/healthz"), api.call("GET", ME), api.call("GET", "/", {"Host": "evil"})):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        for directive in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert directive in answer.headers["Content-Security-Policy"].split("; ")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers
        assert len(answer.headers["X-Request-Id"]) == 16


def test_over_tls_the_browser_is_told_to_stay_there(desk: Desk) -> None:
    api = api_of(desk, secure=True)
    assert "max-age=31536000" in api.call("GET", "/healthz").headers["Strict-Transport-Security"]
    assert api.call("POST", LOGIN, {**JSON, "Origin": "https://127.0.0.1"}, content=b"{}").status_code == 400


def test_a_fault_tells_its_request_id_and_nothing_else(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def broken(call: Call) -> Response:
        raise RuntimeError("the inner secret")

    endpoints = [replace(each, handler=broken) if each.name == "healthz" else each for each in app_module.ENDPOINTS]
    api = api_of(desk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app_module, "ENDPOINTS", tuple(endpoints))
        api.app = create_app(api.context)
    with caplog.at_level(logging.INFO, "tocsin.api"):
        answer = api.call("GET", "/healthz")
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "inner" not in answer.text
    assert answer.json()["request"] == answer.headers["X-Request-Id"]
    assert "the inner secret" not in caplog.text
    (line,) = [json.loads(each.message) for each in caplog.records if '"fault"' in each.message]
    assert line["request"] == answer.json()["request"]
    assert line["trace"][0] == "RuntimeError" and line["trace"][-1].endswith(" broken")


def test_a_lost_database_tells_nothing_of_itself(api: Api) -> None:
    headers = api.person(Role.ANALYST)
    with api.desk.store.write() as connection:
        connection.exec_driver_sql("DROP TABLE login_counters")
    answer = api.call("POST", LOGIN, JSON, json={"name": "ada", "password": "x"})
    assert answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    assert "login_counters" not in answer.text
    assert api.call("GET", ME, headers).status_code == HTTPStatus.OK


def test_the_log_has_one_line_a_request_without_what_was_sent(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    account = api.account(Role.ANALYST)
    secret = api.session(account)
    with caplog.at_level(logging.DEBUG, "tocsin.api"):
        api.call("GET", f"{ME}?token=hidden-query", {"Authorization": f"Bearer {secret}"})
        api.call("POST", LOGIN, JSON, json={"name": "hidden-name", "password": "hidden-password"})
    lines = [json.loads(record.message) for record in caplog.records if record.name == "tocsin.api"]
    assert [(line["event"], line["endpoint"], line["status"]) for line in lines] == [
        ("request", "me", 200), ("request", "login", 401),
    ]  # fmt: skip
    assert lines[0]["actor"] == f"account:{account.id}"
    assert "hidden" not in caplog.text
    assert secret not in caplog.text


def test_refusals_and_faults_are_told_and_what_went_well_only_for_debugging(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "tocsin.api"):
        api.call("GET", "/healthz")
        api.call("GET", ME)
        with api.desk.store.write() as connection:
            connection.exec_driver_sql("DROP TABLE login_counters")
        api.call("POST", LOGIN, JSON, json={"name": "ada", "password": "x"})
    levels = [record.levelno for record in caplog.records if json.loads(record.message)["event"] == "request"]
    assert levels == [logging.DEBUG, logging.INFO, logging.WARNING]


@pytest.mark.parametrize("status", [202, 400, 429, 503])
def test_what_an_input_takes_or_puts_off_is_no_line(desk: Desk, status: int, caplog: pytest.LogCaptureFixture) -> None:
    async def stream(request, context, principal) -> Response:  # type: ignore[no-untyped-def]
        return Response("", status)

    from tocsin.node.people.tokens import Scope

    api = api_of(desk, (Endpoint("POST", "/api/v1/push", "push", stream=stream),))
    with caplog.at_level(logging.INFO, "tocsin.api"):
        assert api.call("POST", "/api/v1/push", api.machine(Scope.PUSH)).status_code == status
    assert not caplog.records


def test_two_authorizations_are_refused(api: Api) -> None:
    secret = api.session(api.account(Role.ANALYST))
    pairs = [("Authorization", f"Bearer {secret}"), ("Authorization", f"Bearer {secret}")]
    answer = api.call("GET", ME, pairs)  # type: ignore[arg-type]
    assert answer.status_code == HTTPStatus.BAD_REQUEST


def test_inputs_bring_their_own_endpoint_under_the_same_table(desk: Desk) -> None:
    async def stream(request, context, principal) -> Response:  # type: ignore[no-untyped-def]
        return Response(principal.token.sensor)

    from tocsin.node.people.tokens import Scope

    api = api_of(desk, (Endpoint("POST", "/api/v1/push", "push", stream=stream),))
    assert api.call("POST", "/api/v1/push", api.machine(Scope.PUSH), content=b"x").text == "s"
    assert api.call("POST", "/api/v1/push", api.machine(Scope.OTLP)).status_code == HTTPStatus.FORBIDDEN
    assert api.call("POST", "/api/v1/push", api.person(Role.ADMIN)).status_code == HTTPStatus.FORBIDDEN


def test_a_long_text_takes_no_memory_beside_its_own() -> None:
    body = b'{"files": {"x.yml": "' + b"\\n" * limits.MIB + b'"}}'
    tracemalloc.start()
    try:
        check_depth(body)
        assert tracemalloc.get_traced_memory()[1] < limits.MIB
    finally:
        tracemalloc.stop()
