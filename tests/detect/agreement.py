"""Engine and reference side by side on real sources: the same events, counted rule by rule.

Run as a program it prints every rule whose counts differ, and the events of the difference as they are found:
`python tests/detect/agreement.py RULES SOURCE...`. It is slow (about 250 events a second with SigmaHQ's rules): the
reference looks at every event with every rule. `--shard 1/2` and `--shard 2/2` share the sources between two processes.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import reference

from tocsin.detect.sigma import Engine, RuleSet, load_rules
from tocsin.model import Chunk
from tocsin.telemetry.builder import BatchBuilder
from tocsin.telemetry.content import SourceProblem
from tocsin.telemetry.encodings import head_of
from tocsin.telemetry.reader import ReadContext
from tocsin.telemetry.registry import choose
from tocsin.telemetry.sources import find_sources

TABLE = "windows"
SHOWN = 2  # events of a rule's difference that are printed for one source
Key = tuple[str, int]  # rule id, event number


@dataclass
class Agreement:
    """Hits of both evaluators, for the rules that both can evaluate."""

    rules: frozenset[str]
    events: int = 0
    engine: Counter[str] = field(default_factory=Counter)
    reference: Counter[str] = field(default_factory=Counter)
    differences: dict[str, list[tuple[str, Mapping[str, object]]]] = field(default_factory=dict)


class Both:
    """The same rules loaded twice."""

    def __init__(self, rules: Sequence[Path], cache_dir: Path | None = None) -> None:
        self.ruleset: RuleSet = load_rules(rules, cache_dir=cache_dir)
        slow = [rule for rule in reference.load(rules) if not rule.reason]
        ids = {info.id for info in self.ruleset.rules} & {rule.id for rule in slow}
        self.slow = [rule for rule in slow if rule.id in ids]
        self.engine = Engine(self.ruleset)
        self.result = Agreement(frozenset(ids))
        self._by_kind: dict[tuple[str, str], list[reference.ReferenceRule]] = {}

    def compare(self, chunks: Iterable[Chunk]) -> None:
        """Count the hits of both on the events of one source."""
        builder, rows = BatchBuilder(TABLE), []
        for chunk in chunks:
            if chunk.table == TABLE:
                builder.add(chunk, "0" * 16)
                rows += [flat(row, chunk) for row in chunk.rows]
        if rows:
            self._count(builder, rows)

    def _count(self, builder: BatchBuilder, rows: list[dict[str, object]]) -> None:
        fast: set[Key] = set()
        for hits in self.engine.evaluate(builder.build()):
            rule = self.ruleset.rules[hits.rule].id
            if rule in self.result.rules:
                fast.update((rule, int(row)) for row in hits.rows)
        slow = {(rule.id, n) for n, row in enumerate(rows) for rule in reference.matching(self._rules(row), row, TABLE)}
        self.result.events += len(rows)
        self.result.engine.update(rule for rule, _ in fast)
        self.result.reference.update(rule for rule, _ in slow)
        for rule, row in sorted(fast ^ slow):
            found = self.result.differences.setdefault(rule, [])
            found.append(("engine only" if (rule, row) in fast else "reference only", rows[row]))

    def _rules(self, row: Mapping[str, object]) -> list[reference.ReferenceRule]:
        """The rules whose log source can mean this kind of event: remembered, so that most are looked at once."""
        view = reference.View(row)
        kind = (str(view.values("Channel")).lower(), str(view.values("EventID")))
        if kind not in self._by_kind:
            self._by_kind[kind] = [rule for rule in self.slow if reference.serves(rule, view, TABLE)]
        return self._by_kind[kind]


def flat(row: Mapping[str, object], chunk: Chunk) -> dict[str, object]:
    """A record as the reference sees it: dotted names, renamed as the reader says."""
    made: dict[str, object] = {}
    _flatten(row, "", chunk, made)
    return made


def _flatten(row: Mapping[str, object], prefix: str, chunk: Chunk, made: dict[str, object]) -> None:
    for key, value in row.items():
        name = prefix + key
        if isinstance(value, dict) and value:
            _flatten(value, name + ".", chunk, made)
        else:
            made.setdefault(chunk.rename(name) if chunk.rename else name, value)


def chunks_below(paths: Sequence[Path]) -> Iterator[list[Chunk]]:
    """The chunks of each source that a reader recognises."""
    with tempfile.TemporaryDirectory() as spool:
        for content in find_sources(paths, spool=Path(spool)):
            if isinstance(content, SourceProblem):
                continue
            with content:
                head = head_of(content)
                reader = choose(head).reader
                if reader is not None:
                    yield [c for c in reader.read(content, ReadContext(head.encoding)) if isinstance(c, Chunk)]


def compare_all(both: Both, paths: Sequence[Path]) -> None:
    """Compare on every source below the paths; each file's progress and differences go to stderr as they come."""
    started = time.monotonic()
    for number, path in enumerate(paths, 1):
        known = {rule: len(found) for rule, found in both.result.differences.items()}
        for chunks in chunks_below([path]):
            both.compare(chunks)
        seconds = time.monotonic() - started
        print(f"{number}/{len(paths)} {path.name}: {both.result.events} events, {seconds:.0f} s", file=sys.stderr)
        for rule, found in both.result.differences.items():
            for who, event in found[known.get(rule, 0) :][:SHOWN]:
                print(f"    {rule} {who} {event}", file=sys.stderr)


def main() -> None:
    """Print the comparison of all sources."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rules", type=Path)
    parser.add_argument("sources", type=Path, nargs="+")
    parser.add_argument("--shard", default="1/1", help="only every Nth source, counted from I: I/N")
    wanted = parser.parse_args()
    first, step = map(int, wanted.shard.split("/"))
    both = Both([wanted.rules])
    compare_all(both, wanted.sources[first - 1 :: step])
    result = both.result
    hits = f"{result.engine.total()} and {result.reference.total()} hits"
    print(f"{result.events} events, {len(result.rules)} rules, {hits}, {len(result.differences)} rules differ")
    for rule, found in sorted(result.differences.items()):
        title = next(info.title for info in both.ruleset.rules if info.id == rule)
        kinds = Counter(who for who, _ in found)
        print(rule, title, f"engine {result.engine[rule]}, reference {result.reference[rule]}", dict(kinds))


if __name__ == "__main__":
    main()
