"""Mails to constituents on their way out: in the outbox, as messages (RFC 5322), and handed to whoever delivers.

Rules:
1. In the outbox a mail is a message of the kind `mail`: JSON with `to`, `subject`, `text` and `headers`.
2. What becomes of it is one EmailMessage, alike for a file and a mail server. Its texts go through the sink again, and
   of headers it adds only HEADERS.
3. A delivery is a function: it is given the message and its recipients, and returns why it was not taken, or ''.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Annotated

import msgspec
from sqlalchemy import Connection

from tocsin import limits
from tocsin.errors import SinkError
from tocsin.node.store import outbox
from tocsin.node.store.outbox import Message
from tocsin.sinks import mail as sink
from tocsin.triage.telling import Mail

KIND = "mail"
"""Destination and kind of these messages in the outbox."""
HEADERS = frozenset({"Content-Language"})
"""That whoever composes a mail may add (RFC 3282): a Bcc would tell somebody whom nobody released it to."""
Deliver = Callable[[EmailMessage, Sequence[str]], str]
"""Rule 3."""


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What such a message of the outbox holds."""

    to: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=limits.CONSTITUENT_VALUES)]
    subject: str
    text: str
    headers: Mapping[str, str] = {}


def put(connection: Connection, mails: Sequence[Mail], time: datetime) -> None:
    """Put mails into the outbox, in the transaction that releases them."""
    for mail in mails:
        told = {"to": mail.to, "subject": mail.subject, "text": mail.text, "headers": dict(mail.headers)}
        outbox.put(connection, KIND, KIND, json.dumps(told, ensure_ascii=False), time)


def message(mail: Mail | Body) -> EmailMessage:
    """The mail without sender and date. Raises SinkError where a recipient is no address, or a header is not known."""
    if unknown := sorted(set(mail.headers) - HEADERS):
        raise SinkError(f"a mail has the header {unknown[0][:40]!r}", f"Only these are sent: {', '.join(HEADERS)}.")
    made = EmailMessage(policy=policy.SMTP)
    made["To"] = ", ".join(map(sink.address, mail.to))
    made["Subject"] = sink.header(mail.subject)
    made.set_content(sink.body(mail.text), cte="quoted-printable")
    for name, value in sorted(mail.headers.items()):  # set_content removes those that are about the content
        made[name] = sink.header(value)
    return made


def send(waiting: Message, sender: str, deliver: Deliver) -> str:
    """Hand one message of the outbox to a delivery; returns why it was not taken, or ''.

    Its Message-ID is the same at every try (RFC 5322 §3.6.4), and it says that a machine wrote it (RFC 3834 §5).
    """
    body = msgspec.json.decode(waiting.body, type=Body)
    made = message(body)
    made["From"] = sink.address(sender)
    made["Date"] = format_datetime(waiting.created)
    made["Message-ID"] = f"<tocsin-told-{waiting.id}-{waiting.created:%Y%m%dT%H%M%S%f}@{sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    return deliver(made, body.to)
