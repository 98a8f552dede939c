"""An exercise fed to a node in portions, and what it says in the end beside a scan of the same files."""

import gzip
import random
from datetime import datetime
from pathlib import Path

from live_engine import Node, run_down

from tocsin import limits
from tocsin.detect.analytics import AnalyticSet, load_analytics
from tocsin.detect.sigma import load_rules
from tocsin.model import Finding
from tocsin.node.analyst.analyst import Analyst
from tocsin.node.live.watching import Watched
from tocsin.node.pipeline import ScanRequest, scan
from tocsin.node.store.database import Store, open_store
from tocsin.rules import PACK as BASELINE

NEVER = 10**9
Told = tuple[str, str, str, int, datetime | None, datetime | None, int]


class Fed(Node):
    """A node with Tocsin's own rules and analytics."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.rules = load_rules((BASELINE,), cache_dir=None)
        self.analytics: AnalyticSet = load_analytics(())
        self.store: Store = open_store(f"sqlite:///{folder / 'state.sqlite'}", create=True)

    def analyst(self) -> Analyst:
        """As it is after a start of the node."""
        return Analyst(self.lake, self.store, self.rules, self.analytics)

    def feed(self, files: dict[str, bytes], chance: random.Random, rounds: int) -> None:
        """Write whole files in random portions into a watched folder, with looks and restarts between."""
        logs = self.folder / "logs"
        written = dict.fromkeys(files, 0)
        analyst = self.analyst() if self.lake.exists() else None
        for left in range(rounds, 0, -1):
            limits.FOLLOW_UNENDED_SECONDS = NEVER if left > 1 else 0
            with self.engine([Watched(logs)]) as engine:
                analyst = analyst or self.analyst()
                for name, data in files.items():
                    most = len(data) - written[name]
                    size = most if left == 1 else chance.randint(0, most)
                    (logs / name).parent.mkdir(parents=True, exist_ok=True)
                    with (logs / name).open("ab") as stream:
                        stream.write(data[written[name] : written[name] + size])
                    written[name] += size
                run_down(engine)
                run_down(engine)
            chance.choice((analyst.look_at_rules, analyst.settle, analyst.catch_up))()
            if chance.random() < 0.5:
                analyst = self.analyst()
        assert analyst is not None
        analyst.catch_up()

    def told(self) -> list[Told]:
        """What stands, as a scan would tell it."""
        return told([finding for incident in self.analyst().groups() for finding in incident.findings])


def told(findings: list[Finding]) -> list[Told]:
    """What must be equal: rule, host, user, count, times, and how many events are listed.

    Which events is left out: where two sensors recorded one act, analytics list either, by the sources' random ids.
    """
    return sorted(((f.rule.id, f.host, f.user, f.count, f.first, f.last, len(f.event_ids)) for f in findings), key=repr)


def scanned(folder: Path, logs: Path) -> list[Told]:
    """What a scan finds."""
    request = ScanRequest((str(logs),), folder / "lake", (BASELINE,), None)
    result = scan(request, lambda _stage: None)
    return told(list(result.report.findings))


def text_logs(exercise: Path) -> dict[str, bytes]:
    """The logs of an exercise by path, unpacked."""
    found = {}
    for path in sorted(exercise.rglob("*")):
        if path.is_file() and path.name != "ground-truth.json":
            data = path.read_bytes()
            name = str(path.relative_to(exercise)).removesuffix(".gz")
            found[name] = gzip.decompress(data) if path.suffix == ".gz" else data
    return found
