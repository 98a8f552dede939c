"""One look of the analytics, as values in and out: it may run in a process of its own that yields to the others.

What sensors send and what rules find must not wait for a query over hours, so the node hands these looks to a child
process with a higher nice value.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from tocsin import clock, limits
from tocsin.detect.analytics import AnalyticSet, Budget
from tocsin.errors import TocsinError
from tocsin.lake.catalog import Catalog, Origin
from tocsin.lake.compact import compact_hits, compact_some
from tocsin.lake.database import bound_process
from tocsin.lake.rollups import update_rollups
from tocsin.model import Finding
from tocsin.node.allocation import give_memory_back
from tocsin.node.analysed import analyse
from tocsin.node.assets import with_assets
from tocsin.node.forking import end_with

NICE = 10  # a tenth of a processor that others want as well: less would let a flood of events end all looking
POLL_SECONDS = 0.5
LOOKS_A_CHILD = 200  # then it is started anew, so that its memory cannot grow for ever


@dataclass(frozen=True, slots=True)
class Look:
    """What to look at: the rows of a lake since a time (UTC) and what analytics look back at before it."""

    lake: Path
    analytics: AnalyticSet
    first: datetime
    budget: Budget | None = None
    remember: bool = False  # bring the long memory up to date first


@dataclass(frozen=True, slots=True)
class Tidy:
    """Merge small files of a lake: those of tables and of hits that were looked at."""

    lake: Path
    tables: frozenset[str]
    hits: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tidied:
    """The paths of the new files."""

    tables: tuple[str, ...] = ()
    hits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found, the ids of the analytics that could say so, and what could not be done."""

    findings: tuple[Finding, ...] = ()
    ran: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


Looking = Callable[[Look], Looked]
Tidying = Callable[[Tidy], Tidied]


def look(asked: Look) -> Looked:
    """Run the analytics."""
    with closing(Catalog(asked.lake)) as catalog:
        if asked.remember:
            with catalog.adding():
                update_rollups(catalog, clock.now().date())
        names = {source.id: source.name for source in catalog.sources()}
        analysed = analyse(catalog, asked.analytics, names, Origin(), asked.first, None, None, asked.budget)
        ran = frozenset(each.analytic.info.id for each in analysed.outcomes if not each.failed)
        return Looked(tuple(with_assets(catalog.lake, analysed.findings)), ran, analysed.notes)


def tidy(asked: Tidy) -> Tidied:
    """Merge them."""
    small = limits.LIVE_SMALL_FILES
    with closing(Catalog(asked.lake)) as catalog, catalog.adding():
        tables = compact_some(catalog, lambda file: file.path in asked.tables, small, limits.LIVE_MERGED_ROWS)
        hits = compact_hits(catalog, lambda path: path in asked.hits, small)
    return Tidied(tuple(each.new for each in tables), tuple(each.new for each in hits))


class Aside:
    """Looks in a child process, one at a time. Close it from any thread: a look that is under way ends at once."""

    def __init__(self, nice: int = NICE) -> None:
        self._nice = nice
        self._context = multiprocessing.get_context("spawn")
        self._closed = threading.Event()
        self._child: tuple[BaseProcess, Connection] | None = None
        self._looks = 0

    def look(self, asked: Look) -> Looked:
        """The same as `look`. TocsinError where that failed, the child died, or it is closed."""
        answer = self._asked(asked)
        assert isinstance(answer, Looked)
        return answer

    def tidy(self, asked: Tidy) -> Tidied:
        """The same as `tidy`, and fails like `look`."""
        answer = self._asked(asked)
        assert isinstance(answer, Tidied)
        return answer

    def _asked(self, asked: Look | Tidy) -> Looked | Tidied:
        process, pipe = self._running()
        try:
            pipe.send(asked)
            while not pipe.poll(POLL_SECONDS):
                if self._closed.is_set():
                    raise TocsinError("the node ends")
            answer = pipe.recv()
        except (EOFError, OSError) as error:
            self._child = None
            raise TocsinError(f"the process of the analytics died with {process.exitcode}") from error
        if isinstance(answer, str):
            raise TocsinError(answer)
        assert isinstance(answer, Looked | Tidied)
        return answer

    def _running(self) -> tuple[BaseProcess, Connection]:
        self._looks += 1
        if self._child is not None and self._looks > LOOKS_A_CHILD:
            self._end()
        if self._child is None:
            ours, theirs = self._context.Pipe()
            process = self._context.Process(target=_serve, args=(theirs, self._nice), daemon=True)
            process.start()
            theirs.close()
            self._child, self._looks = (process, ours), 1
        return self._child

    def close(self) -> None:
        """End the child."""
        self._closed.set()
        self._end()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child[0].kill()
            child[0].join()


def _serve(pipe: Connection, nice: int) -> None:
    """The child's life: until its parent is gone."""
    parent = multiprocessing.parent_process()
    assert parent is not None and parent.pid is not None
    end_with(parent.pid)
    os.nice(nice)
    give_memory_back()
    bound_process(limits.LIVE_ANALYTIC_BYTES, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            pipe.send(_answer(pipe.recv()))
        except (EOFError, ConnectionError):  # the analyst has ended
            return


def _answer(asked: Look | Tidy) -> Looked | Tidied | str:
    """What was done, or why it failed."""
    try:
        return look(asked) if isinstance(asked, Look) else tidy(asked)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
