"""HTTP push over a real server: acknowledged is durable, refused adds nothing, and each refusal says what to do."""

import gzip
import socket
import threading
import time
from http import HTTPStatus
from pathlib import Path

import pytest
from receiving import counts, read_all, streams, text
from served_node import Served, served

from tocsin import limits
from tocsin.lake.catalog import Origin
from tocsin.node.inputs.counters import Reason
from tocsin.node.inputs.shares import Shares
from tocsin.node.people.accounts import Role
from tocsin.node.people.tokens import Scope

PUSH = "/api/v1/push"
NDJSON = {"content_type": "application/x-ndjson"}


def test_a_receipt_comes_when_the_lines_are_on_the_disk(node: Served) -> None:
    answer = node.post(PUSH, b'{"a":1}\n\n{"b":2}', **NDJSON)
    assert (answer.status_code, answer.json()) == (202, {"lines": 2, "rejected": 0, "repeated": False})
    assert text(node.journal) == b'{"a":1}\n{"b":2}\n'
    found = counts(node.intake, "s")
    assert (found.input, found.received, found.accepted, found.bytes) == ("push", 2, 2, 16)


def test_who_sends_is_what_the_token_says(node: Served) -> None:
    node.post(PUSH, b'{"organisation":"other","sensor":"other"}\n', **NDJSON)
    (stream,) = streams(node.journal).values()
    assert (stream.origin, stream.reader) == (Origin("examplia", "office", "s"), "")


def test_a_key_that_is_known_adds_nothing(node: Served) -> None:
    for repeated in (False, True):
        answer = node.post(PUSH, b"a\nb\n", **NDJSON, idempotency_key="k1")
        assert (answer.status_code, answer.json()) == (202, {"lines": 2, "rejected": 0, "repeated": repeated})
    node.post(PUSH, b"c\n", **NDJSON, idempotency_key="k2")
    assert text(node.journal) == b"a\nb\nc\n"
    assert (counts(node.intake, "s").accepted, counts(node.intake, "s").repeated) == (3, 2)


def test_the_key_of_another_sender_is_another_key(node: Served) -> None:
    assert node.post(PUSH, b"mine\n", **NDJSON, idempotency_key="k1").json()["repeated"] is False
    node.headers = node.api.machine(Scope.PUSH, organisation="elsewhere")
    assert node.post(PUSH, b"theirs\n", **NDJSON, idempotency_key="k1").json()["repeated"] is False
    assert sorted(text(node.journal).split()) == [b"mine", b"theirs"]


@pytest.mark.parametrize("key", ["", "k" * (limits.RECEIPT_KEY_CHARACTERS + 1)])
def test_a_key_that_is_empty_or_too_long_is_refused(node: Served, key: str) -> None:
    assert node.post(PUSH, b"a\n", **NDJSON, idempotency_key=key).status_code == HTTPStatus.BAD_REQUEST
    assert text(node.journal) == b""


def test_a_packed_body_is_unpacked(node: Served) -> None:
    assert node.post(PUSH, gzip.compress(b"a\nb\n"), **NDJSON, content_encoding="gzip").json()["lines"] == 2
    assert text(node.journal) == b"a\nb\n"


def test_an_empty_body_is_a_receipt_for_nothing(node: Served) -> None:
    answer = node.post(PUSH, b"\n\n", **NDJSON)
    assert (answer.status_code, answer.json()["lines"]) == (202, 0)
    assert text(node.journal) == b""


def test_the_body_may_say_which_reader_it_is_for(node: Served) -> None:
    for reader in ("suricata-eve", "zeek-json"):
        assert node.post(f"{PUSH}?reader={reader}", b"{}\n", **NDJSON).status_code == HTTPStatus.ACCEPTED
    assert {stream.reader for stream in streams(node.journal).values()} == {"suricata-eve", "zeek-json"}
    for reader in ("nobody", "windows-evtx", "x" * 1_000):
        answer = node.post(f"{PUSH}?reader={reader}", b"{}\n", **NDJSON)
        assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert len(answer.text) < 1_000


@pytest.mark.parametrize(
    ("status", "reason", "body", "headers"),
    [
        (415, Reason.BODY, b"a", {"content_type": "image/png"}),
        (415, Reason.BODY, b"a", {**NDJSON, "content_encoding": "br"}),
        (400, Reason.BODY, b"a", {**NDJSON, "content_encoding": "gzip"}),
        (400, Reason.TOO_LONG, b"x" * (limits.INPUT_LINE_BYTES + 1), NDJSON),
        (413, Reason.LARGE, bytes(limits.PUSH_PACKED_BYTES + 1), NDJSON),
        (413, Reason.LARGE, gzip.compress(bytes(64 * limits.MIB)), {**NDJSON, "content_encoding": "gzip"}),
        (413, Reason.LARGE, b"x\n" * (limits.PUSH_LINES + 1), NDJSON),
    ],
)
def test_what_is_not_taken_adds_nothing_is_counted_and_says_what_to_do(
    node: Served, status: int, reason: Reason, body: bytes, headers: dict[str, str]
) -> None:
    answer = node.post(PUSH, body, **headers)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["advice"]
    assert text(node.journal) == b""
    assert counts(node.intake, "s").rejected[reason] == 1


def test_nobody_without_a_token_for_it_may_push(node: Served) -> None:
    for headers in ({}, node.api.machine(), node.api.person(Role.ADMIN)):
        node.headers = headers
        assert node.post(PUSH, b"a\n", **NDJSON).status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    assert text(node.journal) == b""


@pytest.mark.parametrize(
    "body",
    [b"Content-Length: 1000\r\n\r\nwhole\nhalf", b"Transfer-Encoding: chunked\r\n\r\n6\r\nwhole\n\r\n400\r\nhalf"],
)
def test_a_body_that_breaks_off_adds_nothing(node: Served, body: bytes) -> None:
    head = f"POST {PUSH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n".encode()
    token = f"Authorization: {node.headers['Authorization']}\r\n".encode()
    with socket.create_connection(("127.0.0.1", node.port)) as connection:
        connection.sendall(head + token + body)
        time.sleep(0.1)  # so that the handler runs already
    assert node.post(PUSH, b"next\n", **NDJSON).status_code == HTTPStatus.ACCEPTED
    assert text(node.journal) == b"next\n"
    assert node.intake.shares.held(counts(node.intake, "s").sender) == 0


def test_a_full_journal_says_when_to_come_back_and_then_takes_it(tmp_path: Path) -> None:
    with served(tmp_path, most_bytes=1_000) as node:
        assert node.post(PUSH, b"x" * 400, **NDJSON).status_code == HTTPStatus.ACCEPTED
        answer = node.post(PUSH, b"y" * 400, **NDJSON, idempotency_key="k")
        assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert int(answer.headers["Retry-After"]) == limits.INPUT_RETRY_SECONDS
        assert counts(node.intake, "s").deferred == 1
        read_all(node.journal)
        time.sleep(1.1)  # the journal looks for room once a second
        assert node.post(PUSH, b"y" * 400, **NDJSON, idempotency_key="k").json()["repeated"] is False


def test_a_sender_whose_share_is_taken_is_told_to_wait_and_no_other_is(tmp_path: Path) -> None:
    with served(tmp_path, shares=Shares(most=200_000, share=50_000)) as node:
        assert node.post(PUSH, b"x\n" * 30_000, **NDJSON).status_code == HTTPStatus.TOO_MANY_REQUESTS
        node.post(PUSH, b"first\n", **NDJSON)
        greedy = counts(node.intake, "s").sender
        node.intake.shares.take(greedy, 50_000)
        answer = node.post(PUSH, b"more\n", **NDJSON)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(limits.INPUT_RETRY_SECONDS))
        assert node.post("/v1/logs", b"{}", content_type="application/json").status_code == HTTPStatus.OK
        assert text(node.journal) == b"first\n"


def test_many_senders_at_once_lose_nothing(node: Served) -> None:
    def send(number: int) -> None:
        for each in range(20):
            body = b"".join(b'{"n": "%d-%d-%d"}\n' % (number, each, line) for line in range(50))
            assert node.post(PUSH, body, **NDJSON).status_code == HTTPStatus.ACCEPTED

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = text(node.journal).splitlines()
    assert len(lines) == len(set(lines)) == 8 * 20 * 50 == counts(node.intake, "s").accepted
