"""One look of the analytics, as values in and out: it may run in a process of its own that yields to the others.

What sensors send and what rules find must not wait for a query over hours, so the node hands these looks to a child
process with a higher nice value.
"""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tocsin import clock
from tocsin.detect.analytics import AnalyticSet, Budget
from tocsin.lake.catalog import Catalog, Origin
from tocsin.lake.rollups import update_rollups
from tocsin.model import Finding
from tocsin.node.analysed import analyse
from tocsin.node.assets import with_assets

NICE = 19
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
class Looked:
    """What was found, the ids of the analytics that could say so, and what could not be done."""

    findings: tuple[Finding, ...] = ()
    ran: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


Looking = Callable[[Look], Looked]


def look(asked: Look) -> Looked:
    """Run the analytics."""
    with closing(Catalog(asked.lake)) as catalog:
        if asked.remember:
            update_rollups(catalog, clock.now().date())
        names = {source.id: source.name for source in catalog.sources()}
        analysed = analyse(catalog, asked.analytics, names, Origin(), asked.first, None, None, asked.budget)
        ran = frozenset(each.analytic.info.id for each in analysed.outcomes if not each.failed)
        return Looked(tuple(with_assets(catalog.lake, analysed.findings)), ran, analysed.notes)


class Aside:
    """Looks in a child process. Close it at the end."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), _begin, max_tasks_per_child=LOOKS_A_CHILD
        )

    def look(self, asked: Look) -> Looked:
        """The same as `look`. Raises what that raises, BrokenProcessPool when the child died."""
        return self._pool.submit(look, asked).result()

    def close(self) -> None:
        """End the child."""
        self._pool.shutdown(cancel_futures=True)


def _begin() -> None:
    os.nice(NICE)
