"""What the API works with, and what one call brings."""

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

import msgspec
from starlette.datastructures import Headers

from tocsin import limits
from tocsin.errors import UsageError
from tocsin.ledger.checkpoint import Trust
from tocsin.node.api.json_depth import check_depth
from tocsin.node.api.problems import Refused
from tocsin.node.people.desk import Desk
from tocsin.node.people.issuer import Issuer
from tocsin.node.people.principal import Person, Principal
from tocsin.node.upkeep.errands import Errand, ErrandEnded, Errands
from tocsin.node.upkeep.shell import OpenNode
from tocsin.policy.markings import USUAL
from tocsin.triage.telling import Sender

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class ApiContext:
    """What the endpoints need."""

    desk: Desk
    hosts: frozenset[str] = LOOPBACK_HOSTS
    """Names under which clients may call the node, without port, lower case."""
    secure: bool = False
    """Whether clients speak TLS."""
    status: Callable[[], Mapping[str, object]] = dict
    """The node's status as it is shown."""
    switched: Callable[[], object] = lambda: None
    """Called after a switch was moved."""
    issuer: Issuer | None = None
    """The OpenID Connect issuer, where one is configured."""
    trust: Callable[[], Trust] | None = None
    """The keys that may have signed the node's ledger; without them it cannot be verified here."""
    node: OpenNode | None = None
    """The node's folder, for what needs its keys, its lake or its original lines."""
    errands: Errands = field(default_factory=Errands)
    """Where what takes long is done."""
    sender: Sender = field(default_factory=lambda: Sender("Tocsin", USUAL))
    """Who tells constituents, and with which marking."""
    mails: bool = False
    """Whether the node sends mail by itself: the outbox's messages of the kind `mail`."""
    pausing: Callable[[str], AbstractContextManager[None]] | None = None
    """Pauses the node for what needs its lake for itself, and says why."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, allowed and read."""

    context: ApiContext
    principal: Principal
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Headers
    address: str
    body: bytes = field(default=b"", repr=False)

    @property
    def desk(self) -> Desk:
        """The desk of the context."""
        return self.context.desk

    @property
    def node(self) -> OpenNode:
        """The node's folder; Refused where the API stands alone."""
        if self.context.node is None:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "this API has no node's folder", "Ask a running node.")
        return self.context.node

    def errand(self, errand: Errand, seconds: int = limits.ERRAND_SECONDS) -> dict[str, object]:
        """Let a process of its own do it; Refused where it ended before it was done."""
        try:
            return self.context.errands.run(self.node.folder, errand, seconds)
        except ErrandEnded as error:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, str(error), error.advice()) from error

    @contextmanager
    def paused(self, why: str) -> Iterator[None]:
        """The node pauses meanwhile; Refused where it cannot, Conflict where it does already."""
        if self.context.pausing is None:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "this API has no node that pauses", "Ask a running node.")
        try:
            with self.context.pausing(why):
                yield
        except ErrandEnded as error:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, str(error), error.advice()) from error

    @property
    def person(self) -> Person:
        """The person who calls; Refused for a machine or nobody."""
        if not isinstance(self.principal, Person):
            raise Refused(HTTPStatus.FORBIDDEN, "this is for people", "Log in with `tocsin login`.")
        return self.principal

    def said(self, kind: type[Said]) -> Said:
        """The body as that type; UsageError when it is something else."""
        check_depth(self.body)
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise UsageError(
                f"the body is not what this endpoint takes: {error}", "docs/api.md tells the fields of each endpoint."
            ) from error


def is_loopback(host: str) -> bool:
    """Whether a host to bind is the machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
