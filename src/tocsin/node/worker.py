"""One worker process of a scan: takes sources, reads, evaluates and writes; the conductor commits.

It reads what `reading` gives and flushes whenever the buffer is full. A worker never touches the catalog.
"""

import gc
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.model import Reject
from tocsin.node.allocation import keep_freed_memory
from tocsin.node.buffer import Buffer, Hits
from tocsin.node.messages import Claim, Failed, Finished, Flushed, Known, Progress, Ready, Seen, WorkerSettings
from tocsin.node.reading import Begun, Ended, Reading, Took, read_ref
from tocsin.telemetry.mapped import mapped_reader
from tocsin.telemetry.mapping import load_mapping
from tocsin.telemetry.sources import SourceOpener, SourceRef

FAILED = 3


def work(pipe: Connection, settings: WorkerSettings, rules: str, hits: Callable[[], Hits | None]) -> None:
    """The worker's life: until the conductor has no more sources."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the conductor decides when to stop
    keep_freed_memory()
    gc.disable()  # records are short-lived trees without cycles; collecting them costs a fifth of the time
    try:
        _Worker(pipe, settings, rules, hits()).run()
    except TocsinError as error:
        pipe.send(Failed(str(error), error.advice()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the conductor is gone
    except Exception as error:
        pipe.send(
            Failed(f"internal error in a worker: {traceback.format_exc()}", "Please report this with the text above.")
        )
        raise SystemExit(FAILED) from error
    finally:
        pipe.close()


class _Worker:
    def __init__(self, pipe: Connection, settings: WorkerSettings, rules: str, hits: Hits | None) -> None:
        self._pipe = pipe
        self._settings = settings
        self._opener = SourceOpener(settings.spool, settings.passwords)
        own = tuple(mapped_reader(load_mapping(path)) for path in settings.mappings)
        self._how = Reading(settings.origin, settings.zone, settings.reader, own)
        self._buffer = Buffer(settings.lake, settings.run, rules, hits, clock.now())

    def run(self) -> None:
        while isinstance(ref := self._ask(Ready()), SourceRef):
            self._read_ref(ref)
            self._pipe.send(Finished(ref))
        if not self._buffer.empty:
            self._flush()

    def _ask(self, question: Ready | Claim) -> object:
        self._pipe.send(question)
        return self._pipe.recv()

    def _read_ref(self, ref: SourceRef) -> None:
        size = 1
        for step in read_ref(ref, self._opener, self._claim, self._how):
            match step:
                case Begun():
                    size = max(step.size, 1)
                    self._buffer.begin(step.record, step.zone)
                case Took():
                    self._take(step, ref.size, size)
                case Ended():
                    self._buffer.finish(step.source, step.problem, step.notes)
                case Seen():
                    self._pipe.send(step)

    def _claim(self, claim: Claim) -> Known:
        known = self._ask(claim)
        assert isinstance(known, Known)
        return known

    def _take(self, step: Took, packed: int, size: int) -> None:
        """Put what a reader gave into the buffer, flush when it is full."""
        item = step.item
        if isinstance(item, Reject):
            self._buffer.reject(step.source, item)
            self._pipe.send(Progress(0, 0, 1))
            return
        if self._buffer.full and item.positions and item.positions[0] > self._buffer.position(step.source):
            self._flush()  # only here: chunks of several tables may overlap, and a flush must hold a whole prefix
        self._buffer.add(step.source, item)
        self._pipe.send(Progress(min(packed * item.size // size, packed), len(item.rows), 0))

    def _flush(self) -> None:
        self._pipe.send(Flushed(self._buffer.flush()))


__all__ = ["work"]
