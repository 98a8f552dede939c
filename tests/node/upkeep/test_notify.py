"""Notifications arrive at a webhook, later if need be, and never tell its address."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

from node_folders import NOW

from tocsin import limits
from tocsin.node.store import outbox
from tocsin.node.store.outbox import Fate
from tocsin.node.upkeep.notify import Notice, Sent, put, send_due, webhook_client
from tocsin.node.upkeep.shell import OpenNode

NOTICE = Notice("silent sensor", "Sensor dmz has sent nothing for 30 minutes.", {"sensor": "dmz", "minutes": 30})


class Webhook:
    """A receiver that answers what it is told to."""

    def __init__(self) -> None:
        self.answer = 204
        self.got: list[tuple[dict[str, str], dict[str, object]]] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                webhook.got.append((dict(self.headers), json.loads(body)))
                self.send_response(webhook.answer)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Tests are quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook/secret"


@contextmanager
def running() -> Iterator[Webhook]:
    webhook = Webhook()
    thread = threading.Thread(target=webhook.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield webhook
    finally:
        webhook.server.shutdown()
        thread.join()
        webhook.server.server_close()


def noticed(node: OpenNode) -> None:
    with node.store.write() as connection:
        put(connection, "examplia", NOTICE, NOW)


def test_a_notice_arrives_once_as_one_json_object(node: OpenNode) -> None:
    noticed(node)
    with running() as webhook, webhook_client() as client:
        assert send_due(node.store, client, webhook.url, NOW) == Sent(1, 0)
        assert send_due(node.store, client, webhook.url, NOW + timedelta(days=1)) == Sent(0, 0)
    ((headers, body),) = webhook.got
    assert body.pop("id") == headers["Idempotency-Key"]
    assert body == {
        "node": "examplia",
        "kind": "silent sensor",
        "time": "2026-11-30T03:00:00.000000Z",
        "text": NOTICE.text,
        "about": {"sensor": "dmz", "minutes": 30},
    }


def test_what_is_refused_or_redirected_is_sent_again_under_the_same_key(node: OpenNode) -> None:
    noticed(node)
    time = NOW
    with running() as webhook, webhook_client() as client:
        for webhook.answer in (500, 302):
            assert send_due(node.store, client, webhook.url, time) == Sent(0, 1)
            assert send_due(node.store, client, webhook.url, time) == Sent(0, 0)
            time += timedelta(seconds=limits.OUTBOX_LEASE_SECONDS)
        webhook.answer = 200
        assert send_due(node.store, client, webhook.url, time) == Sent(1, 0)
    assert len({headers["Idempotency-Key"] for headers, _ in webhook.got}) == 1
    assert len(webhook.got) == 3


def test_a_webhook_that_is_away_is_told_without_its_address(node: OpenNode) -> None:
    noticed(node)
    with running() as webhook:
        url = webhook.url
    with webhook_client() as client:
        assert send_due(node.store, client, url, NOW) == Sent(0, 1)
    with node.store.read() as connection:
        (message,) = outbox.messages(connection, 1, Fate.WAITING)
    assert message.error == "the webhook cannot be reached: ConnectError"


def test_a_webhook_that_cannot_be_read_is_given_up_and_not_the_node(node: OpenNode) -> None:
    noticed(node)
    with webhook_client() as client:
        for number in range(limits.OUTBOX_TRIES):
            assert send_due(node.store, client, "https://ho st:x/", NOW + number * timedelta(hours=2)) == Sent(0, 1)
    with node.store.read() as connection:
        assert outbox.counts(connection)[Fate.GIVEN_UP] == 1


def test_a_round_ends_before_its_lease() -> None:
    assert limits.NOTIFY_AT_ONCE * limits.NOTIFY_SECONDS < limits.OUTBOX_LEASE_SECONDS
