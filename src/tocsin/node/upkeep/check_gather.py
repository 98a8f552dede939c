"""Looks at a node's folder and gathers the facts that a check judges. Changes nothing, and connects to nobody.

A part that cannot be looked at is told with its reason, and the rest is looked at all the same.
"""

import ctypes
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from tocsin import limits
from tocsin.errors import TocsinError
from tocsin.ledger.entry import Kind
from tocsin.node.people.accounts import Account, Role, Stage
from tocsin.node.sensors.marks import last_day
from tocsin.node.sensors.rhythm import steadily_late, told
from tocsin.node.sensors.telling import rate_of
from tocsin.node.service.config import Config, NodeFolder, load_config, state_url
from tocsin.node.store import ledger, people, retirements, sensors, switches
from tocsin.node.store.database import open_store
from tocsin.node.upkeep.check_certificates import certificates
from tocsin.node.upkeep.check_disk import disk
from tocsin.node.upkeep.check_exceptions import standing
from tocsin.node.upkeep.check_facts import (
    ClockFacts,
    Facts,
    KeyFacts,
    PeopleFacts,
    SensorFacts,
    WitnessFacts,
)
from tocsin.node.upkeep.check_history import history
from tocsin.node.upkeep.check_inputs import losses
from tocsin.node.upkeep.check_notices import notices, ways
from tocsin.node.upkeep.check_versions import versions
from tocsin.node.upkeep.keys import TRUST, Purpose, load_signer, private_files, read_trust
from tocsin.node.upkeep.notify import tells_secret
from tocsin.node.upkeep.outbound import destinations
from tocsin.node.upkeep.private_files import open_to_others

Step = Callable[[Facts], Facts]

_TIMEX_BYTES = 512  # more than `struct timex` of adjtimex(2) takes on any Linux
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


def gather(folder: NodeFolder, now: datetime) -> Facts:
    """All facts of a node at this moment."""
    facts = Facts(now, clock=ClockFacts(kernel_synchronised()))
    for part, step in _steps(folder):
        facts = _looked(facts, part, step)
    return facts


def _steps(folder: NodeFolder) -> tuple[tuple[str, Step], ...]:
    return (
        ("configuration", lambda facts: _configured(folder, load_config(folder.config), facts)),
        ("state database", lambda facts: _stored(folder, load_config(folder.config), facts)),
        ("incident history", lambda facts: replace(facts, history=history(folder))),
        ("keys", lambda facts: _keyed(folder, facts)),
        ("lake", lambda facts: replace(facts, disk=disk(folder))),
        ("inputs", lambda facts: replace(facts, losses=losses(folder, facts.now))),
        ("permissions", lambda facts: replace(facts, open_paths=_open_paths(folder))),
        ("versions", lambda facts: replace(facts, versions=versions(folder))),
    )


def _looked(facts: Facts, part: str, step: Step) -> Facts:
    """The facts with those of one part, or with why there are none."""
    try:
        return step(facts)
    except TocsinError as error:
        why = f"{error}. {error.advice()}".strip()
    except OSError as error:
        why = f"{error.filename or 'a file'}: {error.strerror or error}"
    return replace(facts, problems=(*facts.problems, (part, why)))


def kernel_synchronised() -> bool | None:
    """Whether the kernel says that a time server corrects its clock; None where it does not say."""
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    if adjtimex is None:
        return None
    state = int(adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))  # modes = 0: only reads
    return None if state < 0 else state != _TIME_ERROR


def _configured(folder: NodeFolder, config: Config, facts: Facts) -> Facts:
    witness = WitnessFacts(bool(config.witness.file or config.witness.syslog), config.witness.every_minutes)
    return replace(
        facts,
        certificates=certificates(folder, config),
        keep_days=config.lake.keep_days,
        keep_raw=config.lake.raw,
        journal_most=int(config.lake.journal_gib * limits.GIB),
        silent_minutes=config.notify.silent_minutes,
        witness=witness,
        outbound=tuple(str(each) for each in destinations(config)),
        notices=ways(config),
        webhook_shown=not config.notify.webhook_file and tells_secret(config.notify.webhook),
    )


def _stored(folder: NodeFolder, config: Config, facts: Facts) -> Facts:
    store = open_store(state_url(folder, config))
    try:
        with store.read() as connection:
            return _from_store(connection, facts)
    finally:
        store.close()


def _from_store(connection: Connection, facts: Facts) -> Facts:
    newest = next(iter(ledger.newest(connection, 1)), None)
    last = ledger.last_witnessed(connection)
    backup = ledger.last_of(connection, Kind.BACKUP)
    retired = [each.sensor for each in retirements.standing(connection)]
    witness = replace(
        facts.witness,
        entries=ledger.head(connection).sequence,
        last=None if last is None else last[1],
        waiting=ledger.count_unwitnessed(connection),
    )
    return replace(
        facts,
        clock=replace(facts.clock, newest=None if newest is None else newest.time),
        people=_people(people.accounts(connection)),
        sensors=tuple(_sensor(each) for each in sensors.sensors(connection) if each.id not in retired),
        retired=tuple(map(str, retired)),
        heard_again=tuple((str(id), at) for id, at in retirements.heard_again(connection).items()),
        stopped=tuple(each for each in switches.states(connection) if each.stopped),
        notices=notices(connection, facts.notices, facts.now),
        exceptions=standing(connection, facts.now),
        backup=None if backup is None else backup.time,
        witness=witness,
    )


def _people(accounts: list[Account]) -> PeopleFacts:
    active = [account for account in accounts if account.active]
    ready = [account for account in active if account.stage is Stage.READY]
    own = [account for account in ready if account.has_totp]  # only these count as two people
    admins, leads = (sum(account.role is role for account in own) for role in (Role.ADMIN, Role.LEAD))
    return PeopleFacts(admins, leads, len(active) - len(ready))


def _sensor(sensor: sensors.Sensor) -> SensorFacts:
    rhythm, found, day = sensor.rhythm, rate_of(sensor), last_day(sensor)
    open_gaps = [gap.start for gap in rhythm.gaps if gap.end is None]
    return SensorFacts(
        str(sensor.id), sensor.last_received, day.events, day.rejected, day.dropped,
        rhythm.quiet, rhythm.judged, told(found) if found else "", next(iter(open_gaps), None),
        sensor.skew_seconds or 0.0, steadily_late(rhythm.late),
    )  # fmt: skip


def _keyed(folder: NodeFolder, facts: Facts) -> Facts:
    load_signer(folder, Purpose.LEDGER)
    load_signer(folder, Purpose.DOCUMENTS)
    known = read_trust(folder.keys / TRUST)
    active = [known.active(purpose) for purpose in Purpose]
    return replace(facts, keys=tuple(KeyFacts(each.key.id, str(each.purpose), each.since) for each in active))


def _open_paths(folder: NodeFolder) -> tuple[str, ...]:
    paths: list[Path] = [folder.path, folder.keys, *private_files(folder)]
    return tuple(str(path) for path in paths if path.exists() and open_to_others(path))
