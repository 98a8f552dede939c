"""Where notices go: the tables of `[notify]`, and what they become once their secrets are read.

Rules:
1. Secrets (passwords, shared secrets, URLs that hold one) stand in files of mode 0600 that the tables name.
2. Mail goes over TLS, by STARTTLS (RFC 3207) or from the first byte (RFC 8314 §3.3). Only a server on this machine may
   be spoken to without, and only to one with TLS, or on this machine, is a password told.
3. The other side's certificate is verified, against `authority` where one is named.
4. What a ticket system may do is listed: nothing else that it asks for is done.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec import field as member
from msgspec.structs import replace

from tocsin import limits
from tocsin.errors import ConfigError, SinkError
from tocsin.model import LEVELS
from tocsin.node.upkeep.signature import check_secret
from tocsin.sinks import mail

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
Secret = Callable[[str, str, str], str]
"""Reads the secret of a key from the file that it names; the last is what to call it."""


class Security(StrEnum):
    """How a mail server is spoken to."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"  # on this machine only


class Asked(StrEnum):
    """What a ticket system may be allowed to do to an incident."""

    NOTE = "note"
    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"


class MailTable(Struct, frozen=True, forbid_unknown_fields=True):
    """The server that takes the node's mail."""

    host: str
    sender: str
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password_file: str = ""
    authority: str = ""


class TicketsTable(Struct, frozen=True, forbid_unknown_fields=True):
    """A ticket system: where it hears of incidents, and what it may answer."""

    secret_file: str
    url: str = ""
    url_file: str = ""
    allow: list[str] = member(default_factory=list)


class NotifyTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the node says that a sensor is silent, or that an incident needs somebody."""

    webhook: str = ""
    webhook_file: str = ""
    """A file of mode 0600 with the URL, where it holds a secret; `load_config` puts the URL into `webhook`."""
    webhook_secret_file: str = ""
    silent_minutes: int = 30
    link: str = ""
    """What stands before the id of an incident in a link."""
    level: str = "high"
    acknowledge_minutes: int = 15
    mail: MailTable | None = None
    tickets: TicketsTable | None = None


@dataclass(frozen=True, slots=True)
class MailSettings:
    """A mail server with its password."""

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    authority: Path | None = None


@dataclass(frozen=True, slots=True)
class TicketSettings:
    """A ticket system with its secret; without a URL it hears nothing and may answer."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    allow: frozenset[Asked]


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """All of `[notify]`, checked and with its secrets."""

    level: str
    minutes: int
    link: str
    webhook: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    mail: MailSettings | None = None
    tickets: TicketSettings | None = None

    @property
    def calls(self) -> bool:
        """Whether anybody can be told of an incident."""
        return bool(self.webhook or self.mail)


def filled(table: NotifyTable, secret: Secret) -> NotifyTable:
    """The table with the URLs that stand in files of their own. Raises ConfigError."""
    if table.webhook_file:
        table = replace(table, webhook=secret("notify.webhook_file", table.webhook_file, "URL"))
    tickets = table.tickets
    if tickets is None or not tickets.url_file:
        return table
    if tickets.url:
        raise ConfigError("notify.tickets: url and url_file are two places for one URL", "Keep one of them.")
    url = secret("notify.tickets.url_file", tickets.url_file, "URL")
    return replace(table, tickets=replace(tickets, url=url))


def notify_settings(table: NotifyTable, folder: Path, secret: Secret) -> NotifySettings:
    """The settings of a filled table. Raises ConfigError that names the key."""
    if table.level not in LEVELS:
        raise ConfigError(f"notify.level: there is no level {table.level!r}", f"Levels are: {', '.join(LEVELS)}.")
    if not 1 <= table.acknowledge_minutes <= limits.CALL_MINUTES:
        why = f"notify.acknowledge_minutes: it is 1 to {limits.CALL_MINUTES:,}"
        raise ConfigError(why, "Write how long somebody has to acknowledge an incident.")
    if table.link and not _is_web(table.link):
        raise ConfigError("notify.link: this is no URL", "Write https://host/path/ before the id.")
    key = "notify.webhook_secret_file"
    shared = secret(key, table.webhook_secret_file, "secret") if table.webhook_secret_file else ""
    return NotifySettings(
        table.level, table.acknowledge_minutes, table.link, table.webhook,
        check_secret(shared, key) if table.webhook_secret_file else "",
        None if table.mail is None else _mail(table.mail, folder, secret),
        None if table.tickets is None else _tickets(table.tickets, secret),
    )  # fmt: skip


def _mail(table: MailTable, folder: Path, secret: Secret) -> MailSettings:
    try:
        security = Security(table.security)
        mail.address(table.sender)
    except ValueError as error:
        raise ConfigError(
            f"notify.mail.security: {table.security!r} is none of {', '.join(Security)}", "starttls is usual."
        ) from error
    except SinkError as error:
        raise ConfigError(f"notify.mail.sender: {error}", error.advice()) from error
    if security is Security.NONE and table.host not in LOCAL:
        raise ConfigError(
            f"notify.mail: {table.host} is another machine, and mail to it would be in the clear",
            "Use starttls or tls; `none` is for a mail server on this machine.",
        )
    if bool(table.user) != bool(table.password_file):
        raise ConfigError("notify.mail: user and password_file belong together", "Name both, or neither.")
    password = secret("notify.mail.password_file", table.password_file, "password") if table.password_file else ""
    authority = folder / Path(table.authority).expanduser() if table.authority else None
    return MailSettings(table.host, table.port, security, table.sender, table.user, password, authority)


def _tickets(table: TicketsTable, secret: Secret) -> TicketSettings:
    key = "notify.tickets.secret_file"
    shared = check_secret(secret(key, table.secret_file, "secret"), key)
    if table.url and not _is_web(table.url):
        raise ConfigError("notify.tickets.url: this is no URL", "Write https://host/path.")
    try:
        allow = frozenset(map(Asked, table.allow))
    except ValueError as error:
        raise ConfigError(f"notify.tickets.allow: {error}", f"It lists some of: {', '.join(Asked)}.") from error
    return TicketSettings(table.url, shared, allow)


def _is_web(url: str) -> bool:
    """Whether a URL is https, or http to this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (
        url.isprintable()
        and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL))
        and (bool(parts.hostname))
    )
