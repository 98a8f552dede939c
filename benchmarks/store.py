"""Twenty clients change the same incidents at once: no lost update, no deadlock, every conflict told.

Four processes of five clients each, every client with a store of its own: people who assign, note, close, merge, split
and undo, and nodes that grow the incidents meanwhile. Afterwards every change that was acknowledged must be there, no
person's change may stand between the version that another decided on and his own, every state must be the fold of its
events, and the ledger must verify. Prints one line a database; exits 1 when anything is wrong.

`python -m benchmarks.store [--seconds N] [--clients N] [--seed N] [--url URL]`. Without --url: SQLite, and PostgreSQL
on a server of its own.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import Connection

from tocsin import clock
from tocsin.errors import Conflict, TocsinError
from tocsin.ledger.checkpoint import trust
from tocsin.ledger.entry import NODE
from tocsin.ledger.verify import verify
from tocsin.model import Incident, ScorePart
from tocsin.node.store import incident_check, incidents, ledger
from tocsin.node.store.database import Store, open_store
from tocsin.node.store.incident_rows import history
from tocsin.node.store.incident_state import (
    Assigned,
    Divided,
    Grown,
    IncidentState,
    Merged,
    Noted,
    Opened,
    Ruling,
    Status,
    StatusSet,
)

SECONDS, CLIENTS, PROCESSES, INCIDENTS = 60, 20, 4, 6
BEGIN = datetime(2026, 11, 30, tzinfo=UTC)
JUDGING = (StatusSet, Merged, Divided)


@dataclass(frozen=True)
class Made:
    """A change that was acknowledged: where, on which version it was decided, and what version it became."""

    incident: str
    seen: int
    version: int
    actor: str


@dataclass
class Tally:
    """What one client, or all of them, did."""

    made: list[Made] = field(default_factory=list)
    conflicts: int = 0
    untold: int = 0  # conflicts that do not say what happened
    refused: int = 0  # decisions that the state does not allow
    errors: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)  # of each change

    def add(self, other: "Tally") -> None:
        """Take in what another did."""
        self.made += other.made
        self.conflicts += other.conflicts
        self.untold += other.untold
        self.refused += other.refused
        self.errors += other.errors
        self.seconds += other.seconds


def shown(title: str) -> Incident:
    return Incident("", title, "high", (), (), BEGIN, BEGIN, (), (ScorePart("level", len(title), ""),), (), (), (), ())


def begin(store: Store) -> None:
    """The incidents that everybody changes."""
    with store.write() as connection:
        for number in range(INCIDENTS):
            found = tuple(f"f-{number}-{place}" for place in range(40))
            incidents.open_incident(connection, f"I-{number}", Opened(shown("It began"), found), BEGIN)


def client(url: str, seconds: float, seed: str) -> Tally:
    """One client until the time is over."""
    chance, tally, store = random.Random(seed), Tally(), open_store(url)
    end = clock.monotonic() + seconds
    try:
        while (start := clock.monotonic()) < end:
            one_change(store, chance, f"account:{seed}", tally)
            tally.seconds.append(clock.monotonic() - start)
    finally:
        store.close()
    return tally


def one_change(store: Store, chance: random.Random, actor: str, tally: Tally) -> None:
    """Look at an incident, then change what was seen."""
    name = f"I-{chance.randrange(INCIDENTS)}"
    with store.read() as connection:
        state = incidents.present(connection, name, NODE)
    work = decided(state, chance, actor, tally)
    try:
        tally.made.extend(store.transact(work))
    except incidents.IncidentChanged as told:
        tally.conflicts += 1
        tally.untold += not told.changes or not str(told) or not told.advice()
    except incidents.Impossible:
        tally.refused += 1
    except Conflict as told:
        tally.errors.append(str(told))
    except TocsinError as error:
        tally.errors.append(f"{type(error).__name__}: {error}")


def decided(
    state: IncidentState, chance: random.Random, actor: str, tally: Tally
) -> Callable[[Connection], list[Made]]:
    """A change of what was seen, as work for a transaction."""
    made = incidents.Decision(state.id, state.version, actor, clock.now(), "because")
    other = f"I-{chance.randrange(INCIDENTS)}"
    part = f"P-{actor[8:]}-{len(tally.made)}-{len(tally.seconds)}"
    kind = chance.choice(["assign", "assign", "note", "status", "merge", "split", "undo", "undo", "grow", "grow"])
    body = {
        "assign": Assigned(actor),
        "note": Noted("looked at it"),
        "status": StatusSet(Status.CLOSED, chance.choice(list(Ruling))),
    }.get(kind)

    def work(connection: Connection) -> list[Made]:
        if body is not None:
            after = incidents.change(connection, made, body)
        elif kind == "grow":
            found = (f"f-{state.id[2:]}-{chance.randrange(60)}",)
            grown = incidents.grow(connection, state.id, Grown(shown("It grew"), found), made.time)
            return [Made(state.id, grown.version - 1, grown.version, NODE)]
        elif kind == "merge":
            incidents.merge(connection, made, other)
            after = incidents.present(connection, state.id, NODE)
        elif kind == "split":
            some = tuple(chance.sample(state.findings, 1)) if state.findings else ()
            incidents.split(connection, made, part, Opened(shown("A part"), some))
            after = incidents.present(connection, state.id, NODE)
        else:
            after = incidents.undo(connection, made, chance.randint(max(1, state.version - 5), state.version))
        return [Made(state.id, state.version, after.version, actor)]

    return work


def clients(url: str, seconds: float, seed: str, number: int) -> Tally:
    """Several clients as threads of one process."""
    total = Tally()
    with ThreadPoolExecutor(number) as pool:
        running = [pool.submit(client, url, seconds, f"{seed}-{place}") for place in range(number)]
        for done in running:
            total.add(done.result())
    return total


def wrong(store: Store, tally: Tally) -> Iterator[str]:
    """What is not as it must be."""
    yield from sorted(set(tally.errors))
    if tally.untold:
        yield f"{tally.untold} conflicts do not say what happened"
    with store.read() as connection:
        yield from incident_check.faults(connection)
        verdict = verify(ledger.entries(connection), (), trust("benchmark"))
        if verdict.fault:
            yield verdict.fault.why
        yield from lost(connection, tally)


def lost(connection: Connection, tally: Tally) -> Iterator[str]:
    """Changes that were acknowledged and are not there, or that went over what somebody else had just decided."""
    events = {(e.incident, e.version): e for n in range(INCIDENTS) for e in history(connection, f"I-{n}")}
    for made in tally.made:
        event = events.get((made.incident, made.version))
        if event is None or event.actor != made.actor:
            yield f"change {made.version} of {made.incident} is lost"
            continue
        between = (events[made.incident, version] for version in range(made.seen + 1, made.version))
        if made.actor != NODE and any(e.by_person or isinstance(event.body, JUDGING) for e in between):
            yield f"change {made.version} of {made.incident} went over another"
    if len({(made.incident, made.version) for made in tally.made}) != len(tally.made):
        yield "two changes were told that they are the same"


def run(url: str, seconds: float, number: int, seed: str) -> tuple[Tally, list[str]]:
    """All clients on one database; what they did, and what is wrong afterwards."""
    store = open_store(url, create=True)
    begin(store)
    total = Tally()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        shares = [number // PROCESSES + (place < number % PROCESSES) for place in range(PROCESSES)]
        running = [pool.submit(clients, url, seconds, f"{seed}{place}", n) for place, n in enumerate(shares) if n]
        for done in running:
            total.add(done.result())
    faults = list(wrong(store, total))
    store.close()
    return total, faults


def report(name: str, seconds: float, number: int, tally: Tally, faults: list[str]) -> None:
    """One line, and one more for each fault."""
    times = sorted(tally.seconds) or [0.0]
    p95, longest = times[int(len(times) * 0.95)], times[-1]
    print(
        f"{name}: {number} clients, {seconds:.0f} s: {len(tally.made) / seconds:.0f} changes/s ({len(tally.made):,}), "
        f"{tally.conflicts:,} conflicts told, {tally.refused:,} refused, "
        f"p95 {p95 * 1000:.0f} ms, longest {longest:.2f} s, {len(faults)} faults"
    )
    for fault in faults[:20]:
        print(f"  {fault}")


@contextmanager
def databases() -> Iterator[list[tuple[str, str]]]:
    """Name and URL of an empty database of each kind."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "node"))
    from postgresql import SUPERUSER, server  # type: ignore[import-not-found]  # beside the tests that use it

    with tempfile.TemporaryDirectory() as folder, server(Path(tempfile.mkdtemp(prefix="pg-")), durable=True) as socket:
        yield [
            ("SQLite", f"sqlite:///{folder}/state.sqlite"),
            ("PostgreSQL", f"postgresql+psycopg://{SUPERUSER}@/postgres?host={socket}"),
        ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--url")
    options = parser.parse_args()
    failed = False
    with databases() if not options.url else open_url(options.url) as named:
        for name, url in named:
            tally, faults = run(url, options.seconds, options.clients, options.seed)
            report(name, options.seconds, options.clients, tally, faults)
            failed = failed or bool(faults) or not tally.made
    return int(failed)


@contextmanager
def open_url(url: str) -> Iterator[list[tuple[str, str]]]:
    """The one database that was asked for, which must be empty."""
    yield [("database", url)]


if __name__ == "__main__":
    sys.exit(main())
