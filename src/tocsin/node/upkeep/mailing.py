"""Mail: what it says to who is on call, and its way to the configured server (SMTP, RFC 5321).

Rules:
1. A message that waits names a person of the on-call list, not an address: that is looked up when it is sent. Who was
   taken off the list, or erased, gets nothing any more.
2. It says id, rank and link of incidents: no title, no host, no value. Only a mail that people composed and released
   (`told_mails`) says more.
3. Its `Message-ID` is the same at every try, so a mail that came twice is recognised (RFC 5322 §3.6.4). It says that a
   machine wrote it (RFC 3834 §5), so no absence note answers.
4. A password is told only over TLS, or to this machine. The server's certificate and name are verified.
5. Why a mail did not go is told without address and password: an error names the step, the answer's code and its kind.
"""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial

import msgspec

from tocsin import limits
from tocsin.errors import Denied, SinkError
from tocsin.node import told_mails
from tocsin.node.store import oncall
from tocsin.node.store.database import Store
from tocsin.node.store.outbox import Message
from tocsin.node.upkeep.notify import MAIL, Sent, Undeliverable, message_key, send_round
from tocsin.node.upkeep.notify_settings import MailSettings, Security
from tocsin.sinks import mail
from tocsin.words.messages import say, say_many


class CalledFor(msgspec.Struct, frozen=True):
    """One incident of a mail: all that is told of it."""

    id: str
    level: str
    points: int
    link: str = ""


class Letter(msgspec.Struct, frozen=True):
    """A mail that waits. Without incidents it is a test."""

    node: str
    person: str
    step: int = 1
    incidents: tuple[CalledFor, ...] = ()


def send_due_mail(store: Store, settings: MailSettings, time: datetime) -> Sent:
    """Send the mail that is due."""
    return send_round(store, MAIL, lambda message: _send(store, settings, message), time)


def subject(letter: Letter) -> str:
    """What stands above it."""
    if not letter.incidents:
        return mail.header(say("Tocsin {node}: a test", node=letter.node))
    one, many = "Tocsin {node}: {n} incident needs you", "Tocsin {node}: {n} incidents need you"
    return mail.header(say_many(one, many, len(letter.incidents), node=letter.node))


def text(letter: Letter) -> str:
    """What it says. Links are the operator's own, and are left to be followed."""
    if not letter.incidents:
        return say("This is a test. Mail from this node reaches you.") + "\n"
    lines = [_why(letter), ""]
    for each in letter.incidents:
        told = say("{id}  {level}, {points} points", id=each.id, level=each.level, points=each.points)
        lines += [mail.body(told), *([f"    {each.link}"] if each.link else [])]
    return "\n".join([*lines, "", say("Acknowledge each: whoever is next is told otherwise."), ""])


def _why(letter: Letter) -> str:
    if letter.step == 1:
        return say("You are on call.")
    return say("Nobody has acknowledged this yet. You are on call at step {n}.", n=letter.step)


def _send(store: Store, settings: MailSettings, message: Message) -> str:
    try:
        if message.kind == told_mails.KIND:
            return told_mails.send(message, settings.sender, partial(deliver, settings))
        letter = msgspec.json.decode(message.body, type=Letter)
    except msgspec.MsgspecError as error:
        raise Undeliverable("this version does not know how to send this message") from error
    except SinkError as error:
        raise Undeliverable("mail cannot go to one of the addresses") from error
    with store.read() as connection:
        found = {each.mail for each in oncall.duties(connection) if each.name == letter.person}
    if not found:
        raise Undeliverable("the person is not on the on-call list any more")
    written = _written(settings, sorted(found), subject(letter), text(letter), message)
    return deliver(settings, written, sorted(found))


def _written(settings: MailSettings, to: Sequence[str], subject: str, text: str, message: Message) -> EmailMessage:
    """The whole message. SinkError where mail cannot go to one of the addresses."""
    written = EmailMessage(policy=SMTP)
    written["From"] = settings.sender
    written["To"] = ", ".join(mail.address(each) for each in to)
    written["Subject"] = subject
    written["Date"] = format_datetime(message.created)
    key = message_key(message).replace(":", "")
    written["Message-ID"] = f"<{key}@{settings.sender.rpartition('@')[2]}>"
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(text)
    return written


def deliver(settings: MailSettings, written: EmailMessage, to: Sequence[str]) -> str:
    """Why a mail was not taken; empty where it was. Rule 5."""
    try:
        with _server(settings) as server:
            refused = server.send_message(written, settings.sender, to)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except smtplib.SMTPResponseException as error:
        return f"the mail server answered {error.smtp_code} ({type(error).__name__})"
    except (smtplib.SMTPException, ssl.SSLError, OSError) as error:
        return f"the mail server cannot be reached: {type(error).__name__}"
    except Denied:
        return "the mail server is not on the list of destinations"
    codes = ", ".join(sorted({str(code) for code, _ in refused.values()}))
    return f"the mail server refused {len(refused)} of {len(to)} addresses: {codes}" if codes else ""


@contextmanager
def _server(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    """A session with the server, secure and logged in. `local_hostname` is given: looking it up would tell our name."""
    own, seconds = settings.sender.rpartition("@")[2], limits.NOTIFY_SECONDS
    trust = None if settings.security is Security.NONE else ssl.create_default_context(cafile=settings.authority)
    if settings.security is Security.TLS:
        server: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, own, timeout=seconds, context=trust)
    else:
        server = smtplib.SMTP(settings.host, settings.port, own, timeout=seconds)
    with server:
        if settings.security is Security.STARTTLS:
            server.starttls(context=trust)
        if settings.user:
            server.login(settings.user, settings.password)
        yield server
