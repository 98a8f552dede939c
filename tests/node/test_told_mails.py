"""Mails of the outbox become messages, the same at every try, and a refused one says why."""

import email
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage

import msgspec
import pytest
from node_folders import make_node, node

from tocsin.errors import SinkError
from tocsin.node import told_mails
from tocsin.node.store import outbox
from tocsin.node.store.outbox import Message
from tocsin.node.upkeep.shell import OpenNode
from tocsin.triage.telling import Mail

__all__ = ["make_node", "node"]
NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
MAIL = Mail("a", ("soc@a.example", "x@a.example"), "TLP:AMBER: Ä", "Zeile\nβ\n", "TLP:AMBER PAP:GREEN", 1,
            {"Content-Language": "de"})  # fmt: skip


class Postbox:
    """A delivery that keeps what it was given, and refuses when it is told to."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses
        self.taken: list[tuple[bytes, tuple[str, ...]]] = []

    def __call__(self, message: EmailMessage, to: Sequence[str]) -> str:
        self.taken.append((message.as_bytes(), tuple(to)))
        return self.refuses


def waiting(node: OpenNode, mail: Mail = MAIL) -> Message:
    with node.store.write() as connection:
        told_mails.put(connection, [mail], NOW)
        (found,) = outbox.take(connection, NOW, 10, [told_mails.KIND])
    return found


def test_a_mail_of_the_outbox_is_one_message_to_its_recipients_and_the_same_at_every_try(node: OpenNode) -> None:
    found, postbox = waiting(node), Postbox()
    assert found.kind == told_mails.KIND
    assert [told_mails.send(found, "cert@node.example", postbox) for _ in range(2)] == ["", ""]
    (first, to), (again, _) = postbox.taken
    read = email.message_from_bytes(first, policy=policy.default)
    assert first == again and to == MAIL.to
    assert (read["From"], read["To"], read["Subject"]) == (
        "cert@node.example",
        "soc@a.example, x@a.example",
        MAIL.subject,
    )
    assert read["Content-Language"] == "de" and read["Auto-Submitted"] == "auto-generated"
    assert read["Message-ID"].endswith("@node.example>") and read.get_content() == "Zeile\r\nβ\r\n"


def test_what_a_delivery_says_is_handed_on(node: OpenNode) -> None:
    assert told_mails.send(waiting(node), "cert@node.example", Postbox("the server is full")) == "the server is full"


def test_a_recipient_that_is_no_address_and_a_foreign_body_are_errors(node: OpenNode) -> None:
    with pytest.raises(SinkError):
        told_mails.message(Mail("a", ("x@a.example\nBcc: y@b.example",), "S", "t", "TLP:CLEAR PAP:CLEAR", 1))
    found = waiting(node)
    for body in ('{"person": "anna"}', '{"to": [], "subject": "", "text": ""}'):
        with pytest.raises(msgspec.ValidationError):
            told_mails.send(replace(found, body=body), "c@n.example", Postbox())
