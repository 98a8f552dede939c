"""Mail goes to a real server, over TLS where it is another machine's, and says id, rank and link only."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hostile_corpus import CORPUS
from mail_simulator import MailServer, certificate, mail_server
from node_folders import NOW, OpenNode

from tocsin.node.store import oncall, outbox
from tocsin.node.store.outbox import Fate
from tocsin.node.upkeep.mailing import CalledFor, Letter, send_due_mail, subject, text
from tocsin.node.upkeep.notify import MAIL, Sent
from tocsin.node.upkeep.notify_settings import MailSettings, Security
from tocsin.sinks.characters import ACTING
from tocsin.triage.on_call import Duty

ANA = Duty("Ana", "ana@cert.example")
CALL = CalledFor("I-0123456789ab", "critical", 97, "https://tocsin.example/incidents/I-0123456789ab")
LETTER = Letter("examplia", "Ana", 1, (CALL,))
PASSWORD = "correct horse battery"


def settings(server: MailServer, **more: object) -> MailSettings:
    plain = MailSettings("127.0.0.1", server.port, Security.NONE, "tocsin@cert.example")
    return replace(plain, **more)  # type: ignore[arg-type]


def waits(node: OpenNode, *letters: Letter) -> None:
    """Ana is on the list, and letters wait."""
    with node.store.write() as connection:
        oncall.set_person(connection, "Ana", [ANA], "account:1", NOW)
        for letter in letters:
            outbox.put(connection, MAIL, "incident", msgspec.json.encode(letter).decode(), NOW)


def fates(node: OpenNode) -> list[tuple[Fate, str]]:
    with node.store.read() as connection:
        return [(each.fate, each.error) for each in outbox.messages(connection, 10)]


def test_a_mail_arrives_and_says_id_rank_and_link_only(node: OpenNode) -> None:
    waits(node, LETTER)
    with mail_server() as server:
        assert send_due_mail(node.store, settings(server), NOW) == Sent(1, 0)
        assert send_due_mail(node.store, settings(server), NOW + timedelta(days=1)) == Sent(0, 0)
    (mail,) = server.mails
    assert server.recipients == [["ana@cert.example"]]
    assert mail["To"] == "ana@cert.example" and mail["From"] == "tocsin@cert.example"
    assert mail["Subject"] == "Tocsin examplia: 1 incident needs you"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert str(mail["Message-ID"]).startswith("<tocsin-1-2026-11-30T030000") and mail["Date"].datetime == NOW
    assert mail.get_content().splitlines() == [
        "You are on call.", "", "I-0123456789ab  critical, 97 points",
        "    https://tocsin.example/incidents/I-0123456789ab", "",
        "Acknowledge each: whoever is next is told otherwise.",
    ]  # fmt: skip


def test_no_address_waits_in_the_outbox_and_who_left_the_list_gets_nothing(node: OpenNode) -> None:
    waits(node, LETTER)
    with node.store.write() as connection:
        (message,) = outbox.messages(connection, 10)
        assert "@" not in message.body and json.loads(message.body)["person"] == "Ana"
        oncall.set_person(connection, "Ana", [], "account:1", NOW)
    with mail_server() as server:
        assert send_due_mail(node.store, settings(server), NOW) == Sent(0, 1)
    assert server.mails == []
    assert fates(node) == [(Fate.GIVEN_UP, "the person is not on the on-call list any more")]


@pytest.mark.parametrize("at_once", [False, True])
def test_over_tls_the_server_is_verified_and_only_then_gets_the_password(
    node: OpenNode, tmp_path: Path, at_once: bool
) -> None:
    waits(node, LETTER)
    context = certificate(tmp_path)
    how = {"security": Security.TLS if at_once else Security.STARTTLS, "user": "tocsin", "password": PASSWORD}
    with mail_server(MailServer(context=context, at_once=at_once, password=PASSWORD)) as server:
        assert send_due_mail(node.store, settings(server, **how), NOW) == Sent(0, 1)  # nobody vouches for it
        assert fates(node)[0][1] == "the mail server cannot be reached: SSLCertVerificationError"
        trusted = settings(server, authority=tmp_path / "mail.pem", **how)
        assert send_due_mail(node.store, trusted, NOW + timedelta(minutes=5)) == Sent(1, 0)
    assert server.secure == [True] and len(server.mails) == 1


def test_a_certificate_for_another_name_is_refused(node: OpenNode, tmp_path: Path) -> None:
    waits(node, LETTER)
    context = certificate(tmp_path, "mail.other.example")
    with mail_server(MailServer(context=context)) as server:
        how = settings(server, host="localhost", security=Security.STARTTLS, authority=tmp_path / "mail.pem")
        assert send_due_mail(node.store, how, NOW) == Sent(0, 1)
    assert server.mails == []


def test_without_starttls_nothing_is_sent_in_the_clear(node: OpenNode) -> None:
    waits(node, LETTER)
    with mail_server() as server:
        assert send_due_mail(node.store, settings(server, security=Security.STARTTLS), NOW) == Sent(0, 1)
    assert server.mails == [] and fates(node)[0][1] == "the mail server cannot be reached: SMTPNotSupportedError"


@pytest.mark.parametrize(
    ("server", "why"),
    [
        (MailServer(refuse="550 no such ana@cert.example"), "the mail server refused 1 of 1 addresses: 550"),
        (MailServer(password="other"), "the mail server answered 535 (SMTPAuthenticationError)"),
    ],
)
def test_a_refusal_is_told_without_address_and_password_and_tried_again(
    node: OpenNode, server: MailServer, why: str
) -> None:
    waits(node, LETTER)
    with mail_server(server):
        how = settings(server, user="tocsin", password=PASSWORD) if server.password else settings(server)
        assert send_due_mail(node.store, how, NOW) == Sent(0, 1)
    assert fates(node) == [(Fate.WAITING, why)]
    server.refuse = server.password = ""
    with mail_server(server):
        assert send_due_mail(node.store, settings(server), NOW + timedelta(hours=1)) == Sent(1, 0)


def test_a_server_that_is_not_there_is_told(node: OpenNode) -> None:
    waits(node, LETTER)
    with mail_server() as server:
        pass
    assert send_due_mail(node.store, settings(server), NOW) == Sent(0, 1)
    assert fates(node)[0][1] == "the mail server cannot be reached: ConnectionRefusedError"


def test_a_mail_that_was_released_is_sent_as_it_was_shown(node: OpenNode) -> None:
    body = {"to": ["noc@bank.example", "ciso@bank.example"], "subject": "TLP:AMBER Kujdes: ë", "text": "I\n\nII ë",
            "headers": {"Content-Language": "sq"}}  # fmt: skip
    with node.store.write() as connection:
        outbox.put(connection, MAIL, MAIL, json.dumps(body), NOW)
        outbox.put(connection, MAIL, MAIL, json.dumps({**body, "headers": {"Bcc": "x@evil.example"}}), NOW)
        outbox.put(connection, MAIL, MAIL, json.dumps({**body, "to": ["a@b.example\r\nBcc: x@evil.example"]}), NOW)
    with mail_server() as server:
        assert send_due_mail(node.store, settings(server), NOW) == Sent(1, 2)
    (sent,) = server.mails
    assert server.recipients == [["noc@bank.example", "ciso@bank.example"]]
    assert (sent["Subject"], sent["Content-Language"]) == ("TLP:AMBER Kujdes: ë", "sq")
    assert sent.get_content().splitlines() == ["I", "", "II ë"] and "evil" not in sent.as_string()
    assert [fate for fate, _ in fates(node)] == [Fate.GIVEN_UP, Fate.GIVEN_UP, Fate.SENT]


def test_a_message_that_cannot_be_read_holds_up_no_other(node: OpenNode) -> None:
    with node.store.write() as connection:
        outbox.put(connection, MAIL, "incident", '{"of": "another version"}', NOW)
    waits(node, LETTER)
    with mail_server() as server:
        assert send_due_mail(node.store, settings(server), NOW) == Sent(1, 1)
    assert len(server.mails) == 1 and fates(node)[1][0] is Fate.GIVEN_UP


def test_the_next_step_is_told_why() -> None:
    assert text(replace_step(LETTER, 2)).startswith("Nobody has acknowledged this yet. You are on call at step 2.\n")
    assert "test" in subject(Letter("examplia", "Ana")) and "This is a test." in text(Letter("examplia", "Ana"))


def replace_step(letter: Letter, step: int) -> Letter:
    return msgspec.structs.replace(letter, step=step)


def test_a_node_may_be_called_anything(node: OpenNode) -> None:
    names = [name for name in CORPUS.values() if len(name) < 1_000]
    for name in names:
        assert not ACTING.search(subject(Letter(name, "Ana", 1, (CALL,))))
