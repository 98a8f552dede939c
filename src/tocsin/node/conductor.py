"""The conductor of a scan: starts the workers, hands out sources, commits what they wrote, survives their death.

Only this process writes to the catalog, so two workers never decide about the same content: the first claim wins.
"""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, ForkProcess

from tocsin.errors import TocsinError
from tocsin.lake.catalog import Catalog, Flush
from tocsin.node.buffer import Hits
from tocsin.node.claims import Claims
from tocsin.node.forking import uninterrupted
from tocsin.node.messages import (
    Claim,
    Failed,
    Finished,
    Flushed,
    Known,
    Progress,
    Ready,
    Seen,
    WorkerSettings,
)
from tocsin.node.worker import work
from tocsin.telemetry.sources import SourceRef

WORKERS = 2
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a scan is. `done` and `total` are packed bytes."""

    done: int
    total: int
    events: int
    rejects: int


Observe = Callable[[Tally], None]


@dataclass(slots=True)
class _Hand:
    """A worker as the conductor sees it."""

    process: ForkProcess
    pipe: Connection
    ref: SourceRef | None = None
    progressed: int = 0
    reading: str = ""
    # since the worker's last flush, lost with it when it dies:
    claimed: list[str] = field(default_factory=list)
    finished: list[SourceRef] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)


class Conductor:
    """Runs one reading scan over a catalog that is open for writing."""

    def __init__(
        self,
        catalog: Catalog,
        settings: WorkerSettings,
        rules: str,
        hits: Callable[[], Hits | None],
        observe: Observe,
    ) -> None:
        self._catalog, self._settings, self._rules, self._hits, self._observe = catalog, settings, rules, hits, observe
        self._context: ForkContext = multiprocessing.get_context("fork")
        self._claims = Claims(catalog)
        self._started = self._done = self._total = self._events = self._rejects = 0
        self._whole: dict[str, bool] = {}  # source → whether all of it is evaluated with these rules, once it is read
        self.seen: list[Seen] = []

    def run(self, refs: Iterable[SourceRef], workers: int = WORKERS) -> None:
        """Read all references. Raises TocsinError when a worker meets an error of ours."""
        queue = deque(sorted(refs, key=lambda ref: -ref.size))
        self._total = sum(ref.size for ref in queue)
        hands = [self._start() for _ in range(min(workers, len(queue)))]
        try:
            while hands:
                by_pipe = {hand.pipe: hand for hand in hands}
                for pipe in wait(list(by_pipe), timeout=_POLL_SECONDS):
                    hand = by_pipe[pipe]  # type: ignore[index]  # wait() hands back what it was given
                    if not self._listen(hand, queue):
                        hands.remove(hand)
                        if queue:
                            hands.append(self._start())
                self._observe(Tally(self._done, self._total, self._events, self._rejects))
        finally:
            for hand in hands:
                hand.process.terminate()
                hand.process.join()

    def _start(self) -> _Hand:
        ours, theirs = self._context.Pipe()
        self._started += 1
        settings = replace(self._settings, run=f"{self._settings.run}-{self._started}")
        process = self._context.Process(
            target=_work, args=(theirs, ours, settings, self._rules, self._hits), daemon=True
        )
        with uninterrupted():
            process.start()
        theirs.close()
        return _Hand(process, ours)

    def _listen(self, hand: _Hand, queue: deque[SourceRef]) -> bool:
        """Handle one message; False when the worker has ended."""
        try:
            message = hand.pipe.recv()
        except (EOFError, OSError):
            self._bury(hand, queue)
            return False
        match message:
            case Ready():
                hand.ref = queue.popleft() if queue else None
                hand.progressed = 0
                hand.pipe.send(hand.ref)
            case Claim():
                hand.reading = message.name
                hand.pipe.send(self._answer(hand, message))
            case Progress():
                self._advance(hand, message.share)
                self._events += message.events
                self._rejects += message.rejects
            case Seen():
                hand.seen.append(message)
                hand.reading = ""
            case Flushed():
                self._catalog.commit(replace(message.flush, partly=self._partly(message.flush)))
                self._settle(hand)
            case Finished():
                self._advance(hand, message.ref.size)
                hand.finished.append(message.ref)
                hand.ref = None
            case Failed():
                raise TocsinError(message.message, message.advice)
        return True

    def _partly(self, flush: Flush) -> frozenset[str]:
        """Sources with records from before this run that were not evaluated with its rules as a whole."""
        for id in (source.id for source in flush.sources if source.id not in self._whole):
            before = self._catalog.source(id)
            begun = before is not None and before.position > 0
            self._whole[id] = not begun or self._catalog.is_evaluated(id, self._rules)
        return frozenset(source.id for source in flush.sources if not self._whole[source.id])

    def _advance(self, hand: _Hand, share: int) -> None:
        """Count packed bytes, never more than the reference has."""
        left = (hand.ref.size if hand.ref else 0) - hand.progressed
        step = min(share, left)
        hand.progressed += step
        self._done += step

    def _answer(self, hand: _Hand, claim: Claim) -> Known:
        known = self._claims.answer(claim)
        if not known.skip:
            hand.claimed.append(claim.digest)
        return known

    def _settle(self, hand: _Hand) -> None:
        """What the worker had gathered is in the lake now."""
        self.seen += hand.seen
        hand.seen, hand.claimed, hand.finished = [], [], []

    def _bury(self, hand: _Hand, queue: deque[SourceRef]) -> None:
        """A worker ended. When it crashed, what it had not flushed is read again, save the content it died on."""
        hand.process.join()
        if hand.process.exitcode == 0:
            self._settle(hand)
            return
        for digest in hand.claimed:
            self._claims.give_back(digest)
        queue.extend(hand.finished)
        name = hand.reading or (hand.ref.name if hand.ref else "")
        if name:
            how = f"the worker that read it died (exit status {hand.process.exitcode})"
            self.seen.append(Seen(name, problem=how))


def _work(
    theirs: Connection, ours: Connection, settings: WorkerSettings, rules: str, hits: Callable[[], Hits | None]
) -> None:
    ours.close()
    work(theirs, settings, rules, hits)
