"""The node's configuration: one commented TOML file in the node's folder.

Rules:
1. A key that is not known is an error with its place, never ignored.
2. Relative paths are below the node's folder. Secrets are never in this file: it names files that hold them.
3. Whatever the node may speak to outside stands here; nothing else is reachable (`outbound`).
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct, field

from tocsin.errors import ConfigError, UsageError
from tocsin.lake.catalog import Origin
from tocsin.node.people.openid_settings import LOOPBACK, OpenIdSettings
from tocsin.node.upkeep.notify_settings import NotifySettings, NotifyTable, filled, notify_settings
from tocsin.node.upkeep.private_files import read_private
from tocsin.policy.markings import USUAL, Marking, pap_named, tlp_named

CONFIG = "tocsin.toml"
Read = TypeVar("Read")
_HELP = "See the comments in the file that `tocsin node init` writes, or docs/node.md."


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file."""


class NodeTable(Settings, frozen=True):
    """Who runs the node."""

    name: str = "tocsin"
    organisation: str = ""
    network: str = ""


class ApiTable(Settings, frozen=True):
    """Where the API listens. Anything but loopback needs certificate and key (PEM)."""

    host: str = "127.0.0.1"
    port: int = 8765
    names: list[str] = field(default_factory=list)  # other names by which clients may call it
    certificate: str = ""
    key: str = ""
    client_authority: str = ""  # PEM of the authority that signs clients' certificates


class StateTable(Settings, frozen=True):
    """The state database; empty is SQLite in the node's folder."""

    url: str = ""


class DetectTable(Settings, frozen=True):
    """What looks at the events. No rules mean Tocsin's own."""

    rules: list[str] = field(default_factory=list)
    analytics: list[str] = field(default_factory=list)


class LakeTable(Settings, frozen=True):
    """What is kept, and for how long; 0 days is for ever."""

    raw: bool = True  # the original lines of what is sent, for evidence
    keep_days: int = 0
    journal_gib: float = 4.0


class WatchTable(Settings, frozen=True):
    """A file or folder whose logs are followed."""

    path: str
    organisation: str = ""
    network: str = ""
    sensor: str = ""
    reader: str = ""
    timezone: str = "UTC"


class SenderTable(Settings, frozen=True):
    """Who sends without a token, told by an address range or a client certificate's SHA-256."""

    address: str = ""
    fingerprint: str = ""
    organisation: str = ""
    network: str = ""
    sensor: str = ""
    reader: str = ""


class SyslogTable(Settings, frozen=True):
    """One syslog listener. `protocol` is udp, tcp or tls."""

    listen: str
    protocol: str = "tcp"
    senders: list[SenderTable] = field(default_factory=list)
    certificate: str = ""
    key: str = ""
    client_authority: str = ""


class WitnessTable(Settings, frozen=True):
    """Where the ledger's checkpoints are told: a file on other media, or a syslog server `host:port`."""

    file: str = ""
    syslog: str = ""
    every_minutes: int = 60


class ActTable(Settings, frozen=True):
    """What no block list may hold, beside `never-block.txt`: networks and domains that are your own."""

    own_networks: list[str] = field(default_factory=list)
    own_domains: list[str] = field(default_factory=list)


class SourceMarkingTable(Settings, frozen=True):
    """What the logs of an organisation, or of one network of it, are marked with."""

    organisation: str
    network: str = ""
    tlp: str = USUAL.tlp.label
    pap: str = USUAL.pap.label


class MarkingTable(Settings, frozen=True):
    """With what the node marks what it tells others, where nothing stricter is said (docs/sharing.md)."""

    tlp: str = USUAL.tlp.label
    pap: str = USUAL.pap.label
    sources: list[SourceMarkingTable] = field(default_factory=list)


class OpenIdTable(Settings, frozen=True):
    """Sign-in by an OpenID Connect issuer."""

    issuer: str
    client_id: str
    secret_file: str
    redirect_uri: str
    claim: str = "sub"
    methods: list[str] = field(default_factory=lambda: ["mfa"])  # of `amr`, one has to be there; empty: any will do


class Config(Settings, frozen=True):
    """The whole file."""

    node: NodeTable = field(default_factory=NodeTable)
    api: ApiTable = field(default_factory=ApiTable)
    state: StateTable = field(default_factory=StateTable)
    detect: DetectTable = field(default_factory=DetectTable)
    lake: LakeTable = field(default_factory=LakeTable)
    watch: list[WatchTable] = field(default_factory=list)
    syslog: list[SyslogTable] = field(default_factory=list)
    witness: WitnessTable = field(default_factory=WitnessTable)
    notify: NotifyTable = field(default_factory=NotifyTable)
    act: ActTable = field(default_factory=ActTable)
    openid: OpenIdTable | None = None
    marking: MarkingTable = field(default_factory=MarkingTable)


@dataclass(frozen=True, slots=True)
class NodeFolder:
    """The places below a node's folder."""

    path: Path

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.path / CONFIG

    @property
    def keys(self) -> Path:
        """Secrets and public keys; the owner's alone."""
        return self.path / "keys"

    @property
    def lake(self) -> Path:
        """The lake."""
        return self.path / "lake"

    @property
    def journal(self) -> Path:
        """What was sent and is on its way into the lake."""
        return self.path / "journal"

    @property
    def spool(self) -> Path:
        """Archives while they are unpacked."""
        return self.path / "spool"

    @property
    def run(self) -> Path:
        """What the running node tells: process ids, its processes' states."""
        return self.path / "run"

    @property
    def playbooks(self) -> Path:
        """Playbooks of its own."""
        return self.path / "playbooks"

    @property
    def clocks(self) -> Path:
        """Legal clocks of its own."""
        return self.path / "clocks"

    @property
    def never_block(self) -> Path:
        """What no block list may hold."""
        return self.path / "never-block.txt"

    @property
    def cache(self) -> Path:
        """Compiled rules."""
        return self.path / "cache"


def load_config(path: Path) -> Config:
    """Read and check a configuration and the secrets in files that it names, and put the webhook's URL into it.

    Raises ConfigError with file and key.
    """
    config, folder = parse_config(path, read_text(path)), NodeFolder(path.parent)
    openid_settings(folder, config)
    read = partial(_secret, folder)
    config = msgspec.structs.replace(config, notify=_placed(folder, lambda: filled(config.notify, read)))
    notices(folder, config)
    return config


def notices(folder: NodeFolder, config: Config) -> NotifySettings:
    """Where notices go, with the secrets of that; of a loaded configuration. Raises ConfigError with file and key."""
    return _placed(folder, lambda: notify_settings(config.notify, folder.path, partial(_secret, folder)))


def _placed(folder: NodeFolder, read: Callable[[], Read]) -> Read:
    """What is read; a ConfigError names the file."""
    try:
        return read()
    except ConfigError as error:
        told = str(error)
        where = told if told.startswith(str(folder.config)) else f"{folder.config}: {told}"
        raise ConfigError(where, error.advice()) from error


def openid_settings(folder: NodeFolder, config: Config) -> OpenIdSettings | None:
    """The issuer with its secret, None where none is configured. Raises ConfigError with file and key."""
    table = config.openid
    if table is None:
        return None
    secret = _secret(folder, "openid.secret_file", table.secret_file, "client secret")
    methods = tuple(table.methods)
    try:
        settings = OpenIdSettings(table.issuer, table.client_id, secret, table.redirect_uri, table.claim, methods)
    except ConfigError as error:
        raise ConfigError(f"{folder.config}: {error}", error.advice()) from error
    host = urlsplit(settings.redirect_uri).hostname
    if host not in called(config) | LOOPBACK:
        why = f"{folder.config}: openid: redirect_uri names {host}, and the node is not called so"
        raise ConfigError(why, "Add that name to `names` below [api].")
    return settings


def _secret(folder: NodeFolder, key: str, name: str, what: str) -> str:
    """The first line of a file that is its owner's alone."""
    file = below(folder, name)
    try:
        return read_private(file).decode("utf-8").partition("\n")[0].strip()
    except (ConfigError, UnicodeDecodeError) as error:
        advice = f"Write the {what} into {file}, mode 0600."
        raise ConfigError(f"{folder.config}: {key}: {error}", advice) from error


def read_text(path: Path) -> str:
    """The file as it is written. Raises ConfigError."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}", "Run `tocsin node init DIR` first.") from error


def parse_config(path: Path, text: str) -> Config:
    """Check the text of a configuration. Raises ConfigError with file and key."""
    try:
        config = msgspec.convert(tomllib.loads(text), Config, strict=True)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}", _HELP) from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}", _HELP) from error
    _check(path, config)
    return config


def state_url(folder: NodeFolder, config: Config) -> str:
    """Where the state database is."""
    return config.state.url or f"sqlite:///{(folder.path / 'state.sqlite').resolve()}"


def marking(table: MarkingTable | SourceMarkingTable) -> Marking:
    """The marking of the node, or of logs. Raises UsageError."""
    return Marking(tlp_named(table.tlp), pap_named(table.pap))


def below(folder: NodeFolder, text: str) -> Path:
    """A path of the configuration."""
    return folder.path / Path(text).expanduser()


def called(config: Config) -> frozenset[str]:
    """The names by which clients may call the node beside those of loopback, lower case."""
    return frozenset({name.lower() for name in config.api.names} | {config.api.host})


def watch_origin(config: Config, watch: WatchTable | SenderTable) -> Origin:
    """Whose the logs of a watched path or sender are; the node's own where it does not say."""
    own = config.node
    return Origin(watch.organisation or own.organisation, watch.network or own.network, watch.sensor)


def _check(path: Path, config: Config) -> None:
    for number, watch in enumerate(config.watch, 1):
        try:
            ZoneInfo(watch.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ConfigError(f"{path}: watch {number}: no time zone {watch.timezone!r}", _HELP) from error
    _check_readers(path, config)
    try:
        marking(config.marking)
        for source in config.marking.sources:
            marking(source)
    except UsageError as error:
        raise ConfigError(f"{path}: marking: {error}", error.advice()) from error
    for number, syslog in enumerate(config.syslog, 1):
        if syslog.protocol not in ("udp", "tcp", "tls"):
            raise ConfigError(f"{path}: syslog {number}: protocol {syslog.protocol!r} is not udp, tcp or tls", _HELP)
    if bool(config.api.certificate) != bool(config.api.key):
        raise ConfigError(f"{path}: api: certificate and key belong together", _HELP)
    if config.notify.webhook and config.notify.webhook_file:
        raise ConfigError(f"{path}: notify: webhook and webhook_file are two places for one URL", _HELP)


def _check_readers(path: Path, config: Config) -> None:
    """A reader that is named has to exist."""
    named = [each.reader for each in config.watch]
    named += [sender.reader for each in config.syslog for sender in each.senders]
    if not any(named):
        return
    from tocsin.telemetry.registry import reader_by_name  # all readers: a second that most commands need not wait

    for name in filter(None, named):
        try:
            reader_by_name(name)
        except UsageError as error:
            raise ConfigError(f"{path}: {error}", error.advice()) from error
