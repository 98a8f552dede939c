"""A watched file that the disk refuses costs itself only: it is told, tried again, and told no more when it is read."""

import errno
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from live_engine import Node, run_down, stored, wait_for_nothing
from scans import event

from tocsin import clock, limits
from tocsin.node import reading
from tocsin.node.live import followed
from tocsin.node.live.engine import Engine
from tocsin.node.live.watching import Watched, WatchFeeder
from tocsin.node.messages import Claim, Known, Seen
from tocsin.node.reading import Reading, read_ref
from tocsin.telemetry.sources import SourceOpener, SourceRef, list_sources

LINES = [json.dumps(event(number, minute=number)).encode() + b"\n" for number in range(8)]


class Disk:
    """Refuses to read some files, from an offset on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bad: dict[str, int] = {}  # by name
        opened: Callable[..., io.IOBase] = Path.open

        def open_on_disk(path: Path, mode: str = "r", *args: object, **named: object) -> io.IOBase:
            if mode == "rb" and path.name in self.bad:
                return io.BufferedReader(_Bad(path, self.bad))
            return opened(path, mode, *args, **named)

        monkeypatch.setattr(Path, "open", open_on_disk)


class _Bad(io.FileIO):
    def __init__(self, path: Path, bad: dict[str, int]) -> None:
        super().__init__(path)
        self._from, self._path = bad, path

    def readinto(self, view: memoryview, /) -> int:  # type: ignore[override]  # what a BufferedReader gives
        left = self._from.get(self._path.name, 1 << 40) - self.tell()
        if left <= 0:
            raise OSError(errno.EIO, "Input/output error")
        return super().readinto(view[: min(left, len(view))]) or 0

    def readall(self) -> bytes:
        raise AssertionError("nothing is read whole")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A running clock that is set forth by hand."""
    wait_for_nothing(monkeypatch)
    ran = [1_000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: ran[0])
    return ran


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def append(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(lines))


def watch(engine: Engine) -> WatchFeeder:
    return next(each for each in engine._feeders if isinstance(each, WatchFeeder))


def told(engine: Engine) -> dict[str, str]:
    return {Path(name).name: why for name, why in watch(engine).problems.items()}


def names(node: Node) -> list[object]:
    return sorted(str(row["CommandLine"]).rpartition(" ")[2] for row in stored(node.lake))


def test_a_log_that_cannot_be_read_on_holds_up_no_other(tmp_path: Path, disk: Disk, machine: list[float]) -> None:
    node, bad, good = Node(tmp_path / "node"), tmp_path / "bad.json", tmp_path / "good.json"
    append(bad, LINES[0])
    append(good, LINES[1])
    with node.engine([Watched(bad), Watched(good)]) as engine:
        run_down(engine)
        append(bad, LINES[2])
        append(good, LINES[3])
        disk.bad = {"bad.json": len(LINES[0])}
        run_down(engine)
        run_down(engine)
        assert names(node) == ["0", "1", "3"]
        assert told(engine) == {"bad.json": "cannot be read: input/output error"}
        disk.bad = {}
        run_down(engine)
        assert names(node) == ["0", "1", "3"], "not before the pause is over"
        machine[0] += limits.FOLLOW_AGAIN_SECONDS
        run_down(engine)
        run_down(engine)
        assert names(node) == ["0", "1", "2", "3"]
        assert told(engine) == {}


def test_what_lies_before_the_damage_is_read(tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "_PIECE_BYTES", len(LINES[0]))
    node, log = Node(tmp_path / "node"), tmp_path / "log.json"
    append(log, LINES[0])
    with node.engine([Watched(log)]) as engine:
        run_down(engine)
        append(log, *LINES[1:])
        disk.bad = {"log.json": 4 * len(LINES[0]) + 1}
        run_down(engine)
        run_down(engine)
        assert names(node) == ["0", "1", "2", "3"]
        assert "log.json" in told(engine)


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_cannot_be_opened_at_first_is_read_later(
    tmp_path: Path, disk: Disk, machine: list[float], packed: bool
) -> None:
    node, bad, good = Node(tmp_path / "node"), tmp_path / "bad", tmp_path / "good.json"
    bad.write_bytes(gzip.compress(LINES[0]) if packed else LINES[0])
    append(good, LINES[1])
    disk.bad = {"bad": 0}
    with node.engine([Watched(bad), Watched(good)]) as engine:
        run_down(engine)
        assert names(node) == ["1"]
        assert told(engine) == {"bad": "cannot be read: input/output error"}
        disk.bad = {}
        machine[0] += limits.FOLLOW_AGAIN_SECONDS
        for _ in range(3):
            run_down(engine)
        assert names(node) == ["0", "1"]
        assert told(engine) == {}


def test_a_whole_file_that_is_refused_while_it_is_read_is_read_later(
    tmp_path: Path, disk: Disk, machine: list[float]
) -> None:
    node, bad, good = Node(tmp_path / "node"), tmp_path / "bad.json", tmp_path / "good.json"
    rows = [{**json.loads(line), "ParentCommandLine": "x" * (limits.SNIFF_BYTES // 4)} for line in LINES]
    bad.write_text(json.dumps(rows), "utf-8")
    append(good, json.dumps(event(8)).encode() + b"\n")
    disk.bad = {"bad.json": limits.SNIFF_BYTES + 100}
    with node.engine([Watched(bad), Watched(good)]) as engine:
        for _ in range(3):
            run_down(engine)
        assert names(node) == ["8"]
        assert told(engine) == {"bad.json": "cannot be read: input/output error"}
        disk.bad = {}
        machine[0] += limits.FOLLOW_AGAIN_SECONDS
        for _ in range(3):
            run_down(engine)
        assert names(node) == [str(number) for number in range(9)]
        assert told(engine) == {}


def test_what_was_claimed_and_not_read_is_read_later(
    tmp_path: Path, machine: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, log = Node(tmp_path / "node"), tmp_path / "log.json.gz"
    log.write_bytes(gzip.compress(LINES[0]))
    begun = reading._start
    refusals = [OSError(errno.EIO, "Input/output error")]

    def start(*asked: object) -> object:
        if refusals:
            raise refusals.pop()
        return begun(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_start", start)
    with node.engine([Watched(log)]) as engine:
        for _ in range(3):
            run_down(engine)
        assert (names(node), list(told(engine))) == ([], ["log.json.gz"])
        machine[0] += limits.FOLLOW_AGAIN_SECONDS
        for _ in range(3):
            run_down(engine)
        assert (names(node), told(engine)) == (["0"], {})


def test_a_file_that_goes_before_it_is_read_ends_nothing(tmp_path: Path) -> None:
    node, gone, good = Node(tmp_path / "node"), tmp_path / "gone.json.gz", tmp_path / "good.json"
    gone.write_bytes(gzip.compress(LINES[0]))
    append(good, LINES[1])
    with node.engine([Watched(gone), Watched(good)]) as engine:
        assert len(watch(engine).channels()) == 2
        gone.unlink()
        run_down(engine)
        run_down(engine)
        assert names(node) == ["1"]
        assert told(engine) == {}, "what is gone is no trouble"


def test_what_is_no_log_stays_told_until_it_goes(tmp_path: Path) -> None:
    node, photo = Node(tmp_path / "node"), tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    with node.engine([Watched(tmp_path / "photo.jpg")]) as engine:
        for _ in range(4):
            run_down(engine)
        assert "photo.jpg" in told(engine)
        photo.unlink()
        run_down(engine)
        assert told(engine) == {}


def test_what_is_left_out_is_counted_as_of_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FOLLOWED_FILES", 2)
    node, logs = Node(tmp_path / "node"), tmp_path / "logs"
    logs.mkdir()
    for number in range(3):
        append(logs / f"{number}.json", LINES[number])
    with node.engine([Watched(logs)]) as engine:
        for _ in range(3):
            run_down(engine)
        assert watch(engine).left_out == 1
        (logs / "0.json").unlink()
        run_down(engine)
        assert watch(engine).left_out == 0


def test_a_scan_goes_on_behind_a_file_that_the_disk_refuses(tmp_path: Path, disk: Disk) -> None:
    log = tmp_path / "log.json"
    log.write_bytes(b"".join(LINES))
    (ref,) = (each for each in list_sources((str(log),), tmp_path) if isinstance(each, SourceRef))
    disk.bad = {"log.json": 10}

    def read_it(claim: Claim) -> Known:
        return Known(skip=False)

    with SourceOpener(tmp_path) as opener:
        steps = list(read_ref(ref, opener, read_it, Reading()))
    assert steps == [Seen(str(log), problem="cannot be read: input/output error", again=True)]
