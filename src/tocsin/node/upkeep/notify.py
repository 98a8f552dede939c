"""Notifications: the node tells a webhook that something needs somebody.

Rules:
1. A notification waits in the outbox, put there in the transaction of what it tells of, and is tried again with ever
   longer pauses (store/outbox).
2. It is a POST of one JSON object. `text` is a sentence, which chat systems show; the other fields are for programs.
   `id` and the header `Idempotency-Key` stay the same when it is sent twice.
3. It carries no raw telemetry: kind, sentence, and ids to look up.
   The sentence is harmless and defanged: people read it.
4. Only 2xx counts as arrived; redirects and proxies are not followed. An error never tells the URL, which may hold a
   secret.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Connection

from tocsin import limits
from tocsin.errors import Denied
from tocsin.ledger.entry import spelled
from tocsin.node.store import outbox
from tocsin.node.store.database import Store
from tocsin.node.store.outbox import Message
from tocsin.sinks import json
from tocsin.sinks.defang import defang
from tocsin.sinks.terminal import safe

WEBHOOK = "webhook"


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


def send_due(store: Store, client: httpx.Client, url: str, time: datetime) -> Sent:
    """Send what is due. Call it often: what fails waits for its next time."""
    taken = store.transact(lambda connection: outbox.take(connection, time, limits.NOTIFY_AT_ONCE, [WEBHOOK]))
    failed = 0
    for message in taken:
        why = _post(client, url, message)
        failed += bool(why)
        store.transact(lambda connection, why=why, id=message.id: _note(connection, id, why, time))  # type: ignore[misc]
    return Sent(len(taken) - failed, failed)


def _note(connection: Connection, message: int, why: str, time: datetime) -> None:
    if why:
        outbox.failed(connection, message, why, time)
    else:
        outbox.sent(connection, message)


def _post(client: httpx.Client, url: str, message: Message) -> str:
    """Why a message did not arrive; empty where it did. The answer's body is not read."""
    key = f"tocsin-{message.id}-{spelled(message.created)}"
    body = message.body.removesuffix("}") + f',"id":"{key}"}}'
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    try:
        with client.stream("POST", url, content=body.encode(), headers=headers) as answer:
            return "" if answer.is_success else f"the webhook answered {answer.status_code}"
    except httpx.InvalidURL:
        return "the webhook's URL cannot be read"
    except httpx.HTTPError as error:
        return f"the webhook cannot be reached: {type(error).__name__}"
    except Denied:
        return "the webhook is not on the list of destinations"
