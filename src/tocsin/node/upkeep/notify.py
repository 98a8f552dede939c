"""Notifications: the node tells a webhook that something needs somebody. Mail and tickets take the same way.

Rules:
1. A notification waits in the outbox, put there in the transaction of what it tells of, and is tried again with ever
   longer pauses (store/outbox).
2. It is a POST of one JSON object. `text` is a sentence, which chat systems show; the other fields are for programs.
   `id` and the header `Idempotency-Key` stay the same when it is sent twice.
3. It carries no raw telemetry: kind, sentence, and ids to look up.
   The sentence is harmless and defanged: people read it.
   Where there is a secret, it is signed (`signature`): at every try anew, with the time of that try.
4. Only 2xx counts as arrived; redirects and proxies are not followed. An error never tells the URL, which may hold a
   secret.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Connection

from tocsin import clock, limits
from tocsin.errors import Denied, TocsinError
from tocsin.ledger.entry import spelled
from tocsin.node.store import outbox
from tocsin.node.store.database import Store
from tocsin.node.store.outbox import Message
from tocsin.node.upkeep.signature import signed
from tocsin.sinks import json
from tocsin.sinks.defang import defang
from tocsin.sinks.terminal import safe

WEBHOOK, TICKETS, MAIL = "webhook", "tickets", "mail"
_NAMES = {WEBHOOK: "webhook", TICKETS: "ticket system"}


class Undeliverable(TocsinError):
    """A message that no further try could deliver."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What somebody should know. `about` holds ids and numbers, such as an incident's id."""

    kind: str
    text: str
    about: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a round did."""

    arrived: int
    failed: int


def put(connection: Connection, node: str, notice: Notice, time: datetime) -> int:
    """Put a notification into the outbox, inside the caller's transaction; returns its number."""
    body = {
        "node": node,
        "kind": notice.kind,
        "time": spelled(time),
        "text": safe(defang(notice.text[: limits.NOTICE_CHARACTERS])),
        "about": dict(notice.about),
    }
    return outbox.put(connection, WEBHOOK, notice.kind, json.dumps(body), time)


def webhook_client() -> httpx.Client:
    """A client that asks nobody but the webhook, and trusts the authorities that the machine trusts."""
    return httpx.Client(
        verify=ssl.create_default_context(), timeout=limits.NOTIFY_SECONDS, follow_redirects=False, trust_env=False
    )


def tells_secret(url: str) -> bool:
    """Whether a URL looks as if it held a secret: a password, a query, or a long part of its path.

    >>> tells_secret("https://chat.example/hooks/alerts"), tells_secret("https://chat.example/hooks/x8f2k1q9w7e3r5t1")
    (False, True)
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False  # no URL at all: outbound says so
    long = any(len(part) >= limits.SECRET_PATH_CHARACTERS for part in parts.path.split("/"))
    return long or bool(parts.query or parts.password)


def send_due(
    store: Store, client: httpx.Client, url: str, time: datetime, *, secret: str = "", destination: str = WEBHOOK
) -> Sent:
    """Send what is due to a webhook, signed where there is a secret. Call it often: what fails waits for its time."""
    return send_round(store, destination, lambda message: _post(client, url, message, secret), time)


def send_round(store: Store, destination: str, send: Callable[[Message], str], time: datetime) -> Sent:
    """Try what is due to a destination; `send` says why a message did not arrive, or nothing."""
    taken = store.transact(lambda connection: outbox.take(connection, time, limits.NOTIFY_AT_ONCE, [destination]))
    failed = 0
    for message in taken:
        try:
            why, again = send(message), True
        except Undeliverable as error:
            why, again = str(error), False
        failed += bool(why)
        store.transact(lambda connection, m=message.id, w=why, a=again: _note(connection, m, w, a, time))  # type: ignore[misc]
    return Sent(len(taken) - failed, failed)


def _note(connection: Connection, message: int, why: str, again: bool, time: datetime) -> None:
    if not why:
        outbox.sent(connection, message)
    elif again:
        outbox.failed(connection, message, why, time)
    else:
        outbox.give_up(connection, message, why)


def message_key(message: Message) -> str:
    """The id of a message, the same at every try."""
    return f"tocsin-{message.id}-{spelled(message.created)}"


def _post(client: httpx.Client, url: str, message: Message, secret: str) -> str:
    """Why a message did not arrive; empty where it did. The answer's body is not read."""
    key, where = message_key(message), _NAMES[message.destination]
    body = f'{message.body.removesuffix("}")},"id":"{key}"}}'.encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    if secret:
        headers |= signed(secret, clock.now(), body)
    try:
        with client.stream("POST", url, content=body, headers=headers) as answer:
            return "" if answer.is_success else f"the {where} answered {answer.status_code}"
    except httpx.InvalidURL:
        return f"the URL of the {where} cannot be read"
    except httpx.HTTPError as error:
        return f"the {where} cannot be reached: {type(error).__name__}"
    except Denied:
        return f"the {where} is not on the list of destinations"
