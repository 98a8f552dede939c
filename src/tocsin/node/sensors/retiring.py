"""Which sensor a person means by a name, and by which ways it could still come in."""

import difflib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.errors import NotFound, UsageError
from tocsin.node.found import microseconds
from tocsin.node.people.tokens import Scope, Token
from tocsin.node.sensors.heard import sensor_id
from tocsin.node.service.config import Config, watch_origin
from tocsin.node.store.retirements import LISTED
from tocsin.node.store.sensors import SensorId
from tocsin.words.messages import enumeration, first_few, say

SHOWN = 5  # names in one sentence
_SENDS = frozenset({Scope.PUSH, Scope.OTLP})


@dataclass(frozen=True, slots=True)
class Meant:
    """What a person said of a sensor. None says nothing, '' says that it has none."""

    name: str
    organisation: str | None = None
    network: str | None = None

    def fits(self, id: SensorId) -> bool:
        """Whether it may be this one."""
        return (
            id.name == self.name
            and self.organisation in (None, id.organisation)
            and self.network in (None, id.network)
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """A way by which a sensor could still come in: `token`, `watch` or `syslog`; `advice` is how it is closed."""

    kind: str
    name: str
    advice: str


def chosen(meant: Meant, known: Collection[SensorId]) -> SensorId:
    """The one that is meant. NotFound with near names, UsageError where several could be meant."""
    found = [id for id in known if meant.fits(id)]
    if not found:
        near = _near(meant.name, known)
        guess = say("Did you mean {names}? ", names=first_few(near, SHOWN)) if near else ""
        raise NotFound(f"there is no sensor {meant.name!r} there", guess + LISTED)
    if len(found) > 1:
        names = first_few(sorted(map(str, found)), SHOWN)
        raise UsageError(f"several sensors are called {meant.name!r}: {names}", _parting(found))
    return found[0]


def ways_in(id: SensorId, config: Config, tokens: Iterable[Token], now: datetime) -> list[Way]:
    """Tokens that live, watched paths and syslog senders by which it could still come in."""
    found = []
    for token in tokens:
        mine = SensorId(token.organisation, token.network, token.sensor) == id
        if mine and token.scopes & _SENDS and token.alive(microseconds(now)):
            found.append(Way("token", token.label, f"Run `tocsin user token revoke {token.id}`."))
    for watch in config.watch:
        if sensor_id(watch_origin(config, watch)) == id:
            found.append(Way("watch", watch.path, "Remove its [[watch]] table from tocsin.toml."))
    for syslog in config.syslog:
        for sender in syslog.senders:
            if sensor_id(watch_origin(config, sender)) == id:
                name = f"{syslog.protocol} {syslog.listen} {sender.address or sender.fingerprint}"
                found.append(Way("syslog", name, "Remove its [[syslog.senders]] table from tocsin.toml."))
    return found


def _near(name: str, known: Iterable[SensorId]) -> list[str]:
    """Sensors of that name elsewhere, then those whose names are like it."""
    by_name: dict[str, list[str]] = {}
    for id in known:
        by_name.setdefault(id.name, []).append(str(id))
    close = difflib.get_close_matches(name, by_name, n=SHOWN)
    return [each for one in close for each in sorted(by_name[one])]


def _parting(found: Sequence[SensorId]) -> str:
    options = [
        option
        for option, values in (
            ("--organisation", {id.organisation for id in found}),
            ("--network", {id.network for id in found}),
        )
        if len(values) > 1
    ]
    return say("Add {options} to say which.", options=enumeration(options))
