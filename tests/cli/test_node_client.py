"""The client of a node: addresses, what a refusal becomes, answers that are none."""

from pathlib import Path

import pytest
from nodes import command, serving
from starlette.requests import Request
from starlette.responses import Response

from tocsin import limits
from tocsin.cli.node_address import checked, node_url, of_folder
from tocsin.cli.node_client import NodeClient, refusal, segment
from tocsin.errors import Conflict, Denied, NodeUnreachable, NotFound, TocsinError, TooManyTries, UsageError
from tocsin.node.service.config import NodeFolder
from tocsin.node.service.part import write_state


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("http://LOCALHOST:8765/", "http://localhost:8765"),
        ("http://[::1]:1", "http://[::1]:1"),
        ("https://tocsin.example:443", "https://tocsin.example"),
        ("https://192.0.2.1:8765", "https://192.0.2.1:8765"),
    ],
)
def test_an_address_has_one_plain_form(text: str, plain: str) -> None:
    assert checked(text) == plain


@pytest.mark.parametrize(
    "text",
    ["http://tocsin.example", "http://192.0.2.1", "http://127.0.0.1.example", "ftp://localhost", "localhost:8765",
     "https://", "https://a:b@tocsin.example", "https://tocsin.example/x", "https://tocsin.example?x", "https://[",
     "https://tocsin.example:0", "https://tocsin.example:99999"],
)  # fmt: skip
def test_what_is_no_address_or_would_send_secrets_in_clear_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked(text)
    assert caught.value.advice() and "b@" not in str(caught.value)


def folder(path: Path, api: str) -> NodeFolder:
    path.mkdir()
    (path / "run").mkdir()
    (path / "tocsin.toml").write_text(f"[api]\n{api}\n")
    return NodeFolder(path)


def test_the_address_is_named_or_that_of_the_folder_or_the_usual(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert node_url(None) == "http://127.0.0.1:8765"
    monkeypatch.setenv("TOCSIN_NODE", str(folder(home / "node", "port = 9001").path))
    assert node_url(None) == "http://127.0.0.1:9001"
    monkeypatch.setenv("TOCSIN_NODE_URL", "https://a.example")
    assert node_url(None) == "https://a.example"
    assert node_url("https://b.example") == "https://b.example"


def test_a_node_with_tls_is_called_by_its_name_and_one_with_any_port_by_its_word(home: Path) -> None:
    tls = folder(home / "tls", 'host = "0.0.0.0"\nnames = ["a.example"]\ncertificate = "c"\nkey = "k"')
    assert of_folder(tls.path) == "https://a.example:8765"
    any_port = folder(home / "any", 'host = "::1"\nport = 0')
    with pytest.raises(UsageError):
        of_folder(any_port.path)
    write_state(any_port, "server", {"port": 4711})
    assert of_folder(any_port.path) == "http://[::1]:4711"


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [(400, UsageError, 2), (401, Denied, 3), (403, Denied, 3), (404, NotFound, 3), (409, Conflict, 3),
     (412, Conflict, 3), (413, UsageError, 2), (428, UsageError, 2), (421, UsageError, 2), (429, UsageError, 2),
     (302, NodeUnreachable, 3), (500, NodeUnreachable, 3), (503, NodeUnreachable, 3)],
)  # fmt: skip
def test_a_refusal_says_here_what_the_node_says(status: int, kind: type[TocsinError], code: int) -> None:
    error = refusal(status, b'{"detail": "no such thing", "advice": "Look again.", "request": "r1", "more": 1}')
    assert type(error) is kind and error.exit_code == code
    assert str(error) == "no such thing" and error.advice().startswith("Look again.")
    assert ("r1" in error.advice()) == (kind is NodeUnreachable)


def test_who_has_to_wait_is_told_how_long() -> None:
    error = refusal(429, b"{}", "7")
    assert isinstance(error, TooManyTries) and error.seconds == 7


def test_an_id_cannot_lead_to_another_path() -> None:
    assert segment("I-1/../users?x#y") == "I-1%2F..%2Fusers%3Fx%23y"
    for text in ("", ".", "..", "a\nb", "x" * (limits.LABEL_CHARACTERS + 1)):
        with pytest.raises(UsageError):
            segment(text)


async def strange(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    """No node: a redirect, a page, a list, a flood."""
    path = Request(scope, receive).url.path.rpartition("/")[2]
    answers = {
        "moved": Response(status_code=302, headers={"Location": "http://127.0.0.1:9/"}),
        "page": Response("<html>"),
        "list": Response("[]"),
        "deep": Response("[" * 100_000),
        "flood": Response(b" " * 300_000),
        "fields": Response('{"user": 1}'),
        "crash": Response("<html>", status_code=502),
    }
    await answers[path](scope, receive, send)


def test_what_is_no_node_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CLIENT_ANSWER_BYTES", 200_000)
    with serving(strange) as port, NodeClient(f"http://127.0.0.1:{port}", "secret-session") as client:
        for path, told in {
            "moved": "status 302", "page": "not a node", "list": "not a node", "deep": "not a node",
            "flood": "longer than", "crash": "status 502",
        }.items():  # fmt: skip
            with pytest.raises(NodeUnreachable) as caught:
                client.get(f"/{path}")
            assert told in str(caught.value) and caught.value.advice()
            assert "secret-session" not in str(caught.value) + caught.value.advice()
        with pytest.raises(NodeUnreachable, match="has no user"):
            client.get("/fields").part("user", dict[str, str])


def test_a_proxy_of_the_environment_is_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(strange) as port, NodeClient(f"http://127.0.0.1:{port}") as client:
        assert client.get("/fields").content == {"user": 1}


def test_a_node_that_is_not_there_is_told_with_advice(home: Path) -> None:
    done = command("login", "anna", "--node", "http://127.0.0.1:9", typed="x\n\n")
    assert done.code == 3 and "no node answers at http://127.0.0.1:9" in done.err and "--node" in done.err


def test_a_file_that_is_no_certificate_is_refused(home: Path) -> None:
    (home / "ca.pem").write_text("nothing")
    done = command("login", "anna", "--node", "https://127.0.0.1:9", "--ca", home / "ca.pem", typed="x\n\n")
    assert done.code == 2 and "ca.pem" in done.err
