"""Evaluating rules over what the lake holds already: for `--rescan`, and for known content under new rules."""

import errno
import gc
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Collection, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin import limits
from tocsin.errors import LAKE_CHANGED, TocsinError
from tocsin.lake.batches import StoredTable
from tocsin.lake.catalog import Catalog, FileRecord, Flush, HitFile
from tocsin.lake.hits import SCHEMA, write_hits
from tocsin.node.allocation import keep_freed_memory
from tocsin.node.conductor import WORKERS, Observe, Tally
from tocsin.node.evaluation import Evaluator
from tocsin.node.forking import uninterrupted
from tocsin.node.messages import Failed

_GROUP_ROWS = limits.BATCH_ROWS // 4  # rows handed to a worker at once: all columns of one group are in memory


def evaluate_lake(
    catalog: Catalog,
    rules: str,
    evaluator: Callable[[], Evaluator],
    run: str,
    observe: Observe,
    sources: Collection[str] | None = None,
) -> int:
    """Evaluate rules over the lake's rows and store the hits; returns the events looked at.

    With `sources` only their rows count and other sources' stored hits stay; without, all hits of these rules are
    replaced.
    """
    chosen = [file for file in catalog.files() if sources is None or not set(sources).isdisjoint(file.sources)]
    groups = _groups(chosen)
    found = _Run(catalog.lake, catalog.lake, rules, evaluator, run, sources).all(groups, observe)
    if sources is None:
        let_go = catalog.replace_hits(rules, found, [source.id for source in catalog.sources() if source.done])
        for path in let_go:
            (catalog.lake / path).unlink(missing_ok=True)
    else:
        records = [source for source in catalog.sources() if source.id in sources]
        gone, kept = _without(catalog, rules, sources, run)
        catalog.commit(Flush((), (*found, *kept), tuple(records), {}, {}, rules, hits_gone=gone))
        for path in gone:
            (catalog.lake / path).unlink(missing_ok=True)
    return sum(file.rows for file in chosen)


def _without(catalog: Catalog, rules: str, sources: Collection[str], run: str) -> tuple[tuple[str, ...], list[HitFile]]:
    """The files of some rules' hits that have any of these sources, and files with what else was in them."""
    ids = pa.array(sorted(sources), pa.string())
    gone: list[str] = []
    kept: list[HitFile] = []
    for path in catalog.hit_files(rules):
        stored = pq.read_table(path, schema=SCHEMA)
        others = stored.filter(pc.invert(pc.is_in(stored.column("source"), ids)))
        if others.num_rows == stored.num_rows:
            continue
        gone.append(str(path.relative_to(catalog.lake)))
        written = write_hits(catalog.lake, rules, f"{run}-o{len(gone)}", [others])
        kept += [written] if written else []
    return tuple(gone), kept


def evaluate_apart(
    lake: Path, files: Sequence[FileRecord], rules: str, evaluator: Callable[[], Evaluator], out: Path, observe: Observe
) -> list[Path]:
    """Evaluate rules over some of the lake's files and write the hits below `out`: the lake does not change."""
    found = _Run(lake, out, rules, evaluator, "apart", None).all(_groups(files), observe)
    return [out / file.path for file in found]


def _groups(files: Sequence[FileRecord]) -> list[list[FileRecord]]:
    """Files of one table in groups of bounded rows, the largest groups first."""
    groups: list[list[FileRecord]] = []
    rows = 0
    for file in files:
        if not groups or groups[-1][0].table != file.table or rows + file.rows > _GROUP_ROWS:
            groups.append([])
            rows = 0
        groups[-1].append(file)
        rows += file.rows
    return sorted(groups, key=lambda group: -sum(file.rows for file in group))


class _Run:
    def __init__(
        self,
        lake: Path,
        out: Path,
        rules: str,
        evaluator: Callable[[], Evaluator],
        run: str,
        sources: Collection[str] | None,
    ) -> None:
        self._lake, self._out, self._rules, self._evaluator, self._run = lake, out, rules, evaluator, run
        self._sources = None if sources is None else pa.array(sorted(sources))

    def all(self, groups: Sequence[list[FileRecord]], observe: Observe) -> list[HitFile]:
        """Hand the groups to worker processes, each the next one when it asks; the hit files they wrote."""
        waiting = deque(range(len(groups)))
        total = sum(file.rows for group in groups for file in group)
        hands = [self._start(groups) for _ in range(min(WORKERS, len(groups)))]
        pipes = dict(hands)
        found: list[HitFile] = []
        done = 0
        try:
            while pipes:
                for pipe in wait(list(pipes)):
                    assert isinstance(pipe, Connection)
                    try:
                        message = pipe.recv()
                        if isinstance(message, Failed):
                            raise TocsinError(message.message, message.advice)
                        pipe.send(waiting.popleft() if waiting else None)
                    except (EOFError, ConnectionError):
                        _end(pipes.pop(pipe))
                        continue
                    rows, file = message
                    done += rows
                    found += [file] if file else []
                    observe(Tally(done, total, done, 0))
        finally:
            for process in pipes.values():
                process.terminate()
        return found

    def _start(self, groups: Sequence[list[FileRecord]]) -> tuple[Connection, ForkProcess]:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        process = context.Process(target=self._work, args=(theirs, ours, groups), daemon=True)
        with uninterrupted():
            process.start()
        theirs.close()
        return ours, process

    def _work(self, pipe: Connection, other_end: Connection, groups: Sequence[list[FileRecord]]) -> None:
        other_end.close()  # else the end of the conductor would go unnoticed
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the conductor decides when to stop
        try:
            self._evaluate(pipe, groups)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return  # the conductor is gone
        except (pa.ArrowException, OSError) as error:
            pipe.send(_told(error))
        finally:
            pipe.close()

    def _evaluate(self, pipe: Connection, groups: Sequence[list[FileRecord]]) -> None:
        keep_freed_memory()
        gc.disable()  # what evaluation leaves behind has no cycles, and collecting copies the shared pages of all rules
        evaluator = self._evaluator()
        pipe.send((0, None))
        while (number := pipe.recv()) is not None:
            group = groups[number]
            file = write_hits(self._out, self._rules, f"{self._run}-r{number:06d}", self._hits(evaluator, group))
            pipe.send((sum(file.rows for file in group), file))

    def _hits(self, evaluator: Evaluator, group: Sequence[FileRecord]) -> list[pa.Table]:
        """The hits in some files of one table: first the few columns that tell which rules look at them at all."""
        table = group[0].table
        if not evaluator.serves(table):
            return []
        with StoredTable(self._lake, group) as stored:
            few = stored.batches(evaluator.tells_apart(table))
            sources = frozenset(source for batch in few for source in evaluator.sources_in(batch))
            if not sources and not evaluator.matches(table):
                return []
            wanted = evaluator.wants(table, sources)
            return [self._mine(evaluator.hits(batch)) for batch in stored.batches(wanted)]

    def _mine(self, hits: pa.Table) -> pa.Table:
        if self._sources is None:
            return hits
        return hits.filter(pc.is_in(hits.column("source"), value_set=self._sources))


def _told(error: Exception) -> Failed:
    """What a person is told of the lake's files; Arrow's own errors carry no number of the operating system."""
    text = str(error).partition("\n")[0]
    if getattr(error, "errno", None) in (None, errno.ENOENT):
        return Failed(f"the lake cannot be read: {text}", LAKE_CHANGED)
    return Failed(
        f"the lake cannot be read or written: {text}", "Check that the place is there, writable and not full."
    )


def _end(process: ForkProcess) -> None:
    process.join()
    if process.exitcode:
        raise TocsinError(f"a rescan worker died (exit status {process.exitcode})", "Run it again.")
