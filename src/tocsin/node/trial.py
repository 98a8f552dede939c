"""A trial: the logs of an exercise through the ordinary scan, member by member, and the verdict on each.

Rules:
1. Each member is a node of its own: its own lake, its own incidents; the organisation is the member's name.
2. The answer sheet is read by the judge only; the scan never sees it, wherever it lies.
3. Known content is not read again: a trial into a kept lake is quick the second time.
"""

import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin import __version__, clock
from tocsin.errors import UsageError
from tocsin.lake.catalog import Origin
from tocsin.model.trial import MemberTrial, Trial
from tocsin.node.conductor import WORKERS
from tocsin.node.pipeline import Observe, ScanRequest, ScanResult, Stage, scan
from tocsin.node.truth import FILE_NAME, Member, Truth, read_truth
from tocsin.node.verdict import judge
from tocsin.telemetry.content import label

JUDGING = "judging"


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """What an evaluation is asked to do. The lakes of the members lie below `lake`."""

    folder: Path
    lake: Path
    rules: tuple[Path, ...]
    cache_dir: Path | None
    workers: int = WORKERS
    only: str = ""  # as in ScanRequest
    zone: tzinfo | None = None  # of log times that carry none; None takes what the sheet says, else UTC


def run_trial(request: TrialRequest, observe: Callable[[str, Stage], None]) -> Trial:
    """Scan every member and judge. Raises UsageError without a ground truth, and what a scan raises.

    `observe` gets the member's name with each step.
    """
    truth = read_truth(request.folder)
    members = tuple(_member(request, truth, member, observe) for member in truth.members)
    return Trial(truth.scenario, truth.seed, truth.days, members, peak_bytes(request.workers), __version__)


def peak_bytes(workers: int) -> int:
    """The most memory that this process and its workers can have held together: each at its own peak."""
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2) counts KiB on Linux
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return unit * (own + workers * child)


def _member(request: TrialRequest, truth: Truth, member: Member, observe: Callable[[str, Stage], None]) -> MemberTrial:
    """Scan one member's logs and judge what came out."""
    watch = _Watch(lambda stage: observe(member.name, stage))
    result = scan(member_request(request, member), watch)
    watch(Stage(JUDGING))
    files = files_of(result, request.folder)
    verdict = judge(truth, member, files, result.report.incidents, result.report.events)
    watch.end()
    return replace(verdict, seconds=watch.seconds)


def member_request(request: TrialRequest, member: Member) -> ScanRequest:
    """The ordinary scan of one member's logs; UsageError where the sheet names no folder of the exercise."""
    folder = request.folder / member.folder
    if not folder.resolve().is_relative_to(request.folder.resolve()):
        raise UsageError(f"the ground truth names {member.folder}, which is not below {request.folder}")
    try:
        paths = sorted(path for path in folder.iterdir() if path.name != FILE_NAME)
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}", "The ground truth names a folder that is not there.") from error
    return ScanRequest(
        tuple(map(str, paths)), request.lake / folder_name(member.name), request.rules, request.cache_dir,
        zone=request.zone or _zone(member), origin=Origin(member.name), workers=request.workers,
        command="tocsin evaluate", only=request.only,
    )  # fmt: skip


def _zone(member: Member) -> tzinfo:
    try:
        return ZoneInfo(member.zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"the ground truth names the zone {member.zone!r}, which is none", "Say --tz.") from error


def folder_name(member: str) -> str:
    """A member's name as the name of one folder, whatever the sheet calls it."""
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in member)[:64] or "_"


def files_of(result: ScanResult, folder: Path) -> dict[str, str]:
    """The file of each source, relative to the exercise, as the sheet names it."""
    start = label(str(folder)).rstrip("/") + "/"
    return {source: name.removeprefix(start) for source, name in result.names.items()}


class _Watch:
    """Hands each step on and keeps the seconds it took."""

    def __init__(self, observe: Observe) -> None:
        self._observe = observe
        self._name = ""
        self._since = clock.monotonic()
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: Stage) -> None:
        if stage.name != self._name:
            self.end()
            self._name = stage.name
        self._observe(stage)

    def end(self) -> None:
        """The present step is over."""
        now = clock.monotonic()
        if self._name:
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._since
        self._since = now
