"""An analytic as written: one `.sql` file, a header of `-- key: value` lines and one SELECT (docs/analytics.md).

Rules:
1. A header line begins with `-- key: `; one that begins with `--   ` continues the line above.
2. `$name` in the SELECT is the value of the threshold of that name. A threshold whose unit is a time (ms, s, min, h, d)
   is microseconds there, as `time_us` is.
3. The SELECT stays in the SQL profile (`tocsin.lake.profile`), so that Spark gives the same rows.
4. Everything wrong is told with file and line, all of it at once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from sqlglot import TokenType
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import TokenError

from tocsin.errors import RuleError
from tocsin.lake.profile import offences
from tocsin.model import LEVELS, RuleInfo
from tocsin.words import atlas

LOGSOURCE = "analytic"
"""`RuleInfo.logsource` of every analytic."""
KEY_KINDS = ("ip", "domain", "uri", "file", "hash", "service", "task", "account")
EXPERIMENTAL = "experimental"
STATUSES = (EXPERIMENTAL, "test", "stable")
UNPROVEN = "low"  # the strongest level of an experimental analytic
REQUIRED_COLUMNS = (
    "organisation", "network", "host", "user", "first_us", "last_us", "opened_us", "count", "event_ids",
)  # fmt: skip
"""What every row of an analytic has."""

_MICROSECONDS = {"ms": 1_000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_ONE = ("title", "level", "status", "attack", "atlas", "tactics", "lookback", "finding", "keys", "needs", "novelty")
_MANY = ("about", "threshold", "against", "misses", "tested", "evidence", "next", "reference")
_MUST = ("title", "level", "status", "about", "against", "misses", "evidence", "finding")
_LINE = re.compile(r"^-- (\w+): (.+)$")
_MORE = re.compile(r"^--   (.+)$")
_THRESHOLD = re.compile(r"^(\w+) = (-?\d[\d_]*(?:\.\d+)?) ?([^:]*): (.+)$")
_EVIDENCE = re.compile(r"^(\w+): (\w+(?:, *\w+)*)$")
_KEY = re.compile(r"^(\w+) AS (\w+)$", re.IGNORECASE)
_SPAN = re.compile(r"^(\d+) ?(ms|s|min|h|d)$")
_WORD = re.compile(r"\w+")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A named value of an analytic. `value` is in `unit`; `bound` is what the SQL gets."""

    name: str
    value: float
    unit: str
    why: str  # the reason and its source

    @property
    def bound(self) -> str:
        """The literal in the SQL: microseconds for times, else the value itself."""
        scaled = self.value * _MICROSECONDS.get(self.unit, 1)
        return str(int(scaled)) if scaled == int(scaled) else repr(scaled)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is shown of an evidence event: columns of a view."""

    view: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """A column whose value ties findings over months, and what kind of thing it is (`KEY_KINDS`)."""

    column: str
    kind: str


@dataclass(frozen=True)
class Analytic:
    """One analytic, its header read and its SELECT as written. `path` and `sql_line` are for messages."""

    id: str
    info: RuleInfo
    about: str
    thresholds: tuple[Threshold, ...]
    against: tuple[str, ...]
    misses: tuple[str, ...]
    tested: tuple[str, ...]
    next_steps: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    needs: tuple[str, ...]
    keys: tuple[Key, ...]
    finding: str
    lookback_us: int
    sql: str
    path: str = ""
    sql_line: int = 1
    text: str = field(default="", repr=False)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the SELECT, lower-cased: a superset of the tables and columns that it reads."""
        return frozenset(word.lower() for word in _WORD.findall(self.sql))

    def statement(self, tuned: Mapping[str, float] | None = None) -> str:
        """The SELECT with its thresholds put in; `tuned` replaces values by name, in the threshold's own unit."""
        values = {each.name: each.bound for each in self.tuned(tuned or {})}
        parts, end = [], 0
        for start, stop, name in _parameters(self.sql):
            parts += [self.sql[end:start], values[name]]
            end = stop
        return "".join([*parts, self.sql[end:]])

    def tuned(self, values: Mapping[str, float]) -> tuple[Threshold, ...]:
        """The thresholds with other values."""
        return tuple(
            Threshold(each.name, values.get(each.name, each.value), each.unit, each.why) for each in self.thresholds
        )

    def sentence(self, row: Mapping[str, object]) -> str:
        """The sentence that explains a finding, its placeholders filled from the row."""
        return _PLACEHOLDER.sub(lambda found: _told(row.get(found[1])), self.finding)


def parse_analytic(id: str, text: str, path: str, *, judged: bool = False) -> Analytic:
    """Read an analytic. Raises RuleError that lists all that is wrong, each with file and line.

    `judged`: its SELECT was looked at before, which takes a tenth of a second.
    """
    header, first = _header(text)
    wrong: list[str] = []

    def one(key: str) -> str:
        return " ".join(value for _, value in header.get(key, ()))

    def texts(key: str) -> tuple[str, ...]:
        return tuple(value for _, value in header.get(key, ()))

    wrong += [f"{path}:1: the header has no `{key}` line" for key in _MUST if key not in header]
    wrong += [
        f"{path}:{line}: `{key}` is not a header key; known are {', '.join((*_ONE, *_MANY))}"
        for key, lines in header.items() if key not in (*_ONE, *_MANY) for line, _ in lines
    ]  # fmt: skip
    wrong += _chosen(header, "level", LEVELS, path) + _chosen(header, "status", STATUSES, path)
    wrong += [
        f"{path}:{line}: {id!r} is no technique of ATLAS {atlas.VERSION}"
        for line, value in header.get("atlas", ()) for id in _listed(value) if not atlas.known(id)
    ]  # fmt: skip
    sql = "\n".join(text.splitlines()[first:]).strip("\n").rstrip().removesuffix(";")
    thresholds = tuple(_thresholds(header, path, wrong))
    wrong += [] if judged else _sql_faults(sql, path, first + 1, {each.name for each in thresholds})
    analytic = Analytic(
        id,
        _info(id, header, path),
        " ".join(texts("about")),
        thresholds,
        texts("against"),
        texts("misses"),
        texts("tested"),
        texts("next"),
        tuple(_evidence(header, path, wrong)),
        _listed(one("needs")),
        tuple(_keys(header, path, wrong)),
        one("finding"),
        _span(header, path, wrong),
        sql,
        path,
        first + 1,
        text,
    )
    if wrong:
        raise RuleError("\n".join(wrong), "docs/analytics.md shows the form; `tocsin analytics new ID` writes a start.")
    return analytic


def _header(text: str) -> tuple[dict[str, list[tuple[int, str]]], int]:
    """The header's values with their lines by key, and the number of header lines."""
    found: dict[str, list[tuple[int, str]]] = {}
    key = ""
    number = 0
    for line in text.splitlines():
        begun, more = _LINE.match(line), _MORE.match(line)
        if begun:
            key = begun[1]
            found.setdefault(key, []).append((number + 1, begun[2].strip()))
        elif more and key:
            at, value = found[key][-1]
            found[key][-1] = (at, f"{value} {more[1].strip()}")
        elif line.strip():
            break
        number += 1
    return found, number


def graded(level: str, status: str) -> str:
    """The level that counts: what is experimental supports other findings, and asks nobody to look by itself."""
    return min(level, UNPROVEN, key=LEVELS.index) if status == EXPERIMENTAL else level


def _info(id: str, header: Mapping[str, list[tuple[int, str]]], path: str) -> RuleInfo:
    def one(key: str) -> str:
        return " ".join(value for _, value in header.get(key, ()))

    return RuleInfo(
        id=id,
        title=one("title"),
        level=graded(one("level"), one("status")),
        status=one("status"),
        description=one("about"),
        attack=(*_listed(one("attack")), *_listed(one("atlas"))),
        tactics=_listed(one("tactics")),
        falsepositives=tuple(value for _, value in header.get("against", ())),
        references=tuple(value for _, value in header.get("reference", ())),
        author="Tocsin",
        path=path,
        logsource=LOGSOURCE,
        novelty=one("novelty"),
    )


def _chosen(header: Mapping[str, list[tuple[int, str]]], key: str, known: Iterable[str], path: str) -> list[str]:
    return [
        f"{path}:{line}: {key} is {value!r}, not one of {', '.join(known)}"
        for line, value in header.get(key, ()) if value not in known
    ]  # fmt: skip


def _thresholds(header: Mapping[str, list[tuple[int, str]]], path: str, wrong: list[str]) -> Iterator[Threshold]:
    for line, value in header.get("threshold", ()):
        found = _THRESHOLD.match(value)
        if found:
            yield Threshold(found[1], float(found[2].replace("_", "")), found[3].strip(), found[4])
        else:
            wrong.append(f"{path}:{line}: a threshold reads `name = value unit: why and source`")


def _evidence(header: Mapping[str, list[tuple[int, str]]], path: str, wrong: list[str]) -> Iterator[Evidence]:
    for line, value in header.get("evidence", ()):
        found = _EVIDENCE.match(value)
        if found:
            yield Evidence(found[1], _listed(found[2]))
        else:
            wrong.append(f"{path}:{line}: evidence reads `view: column, column`")


def _keys(header: Mapping[str, list[tuple[int, str]]], path: str, wrong: list[str]) -> Iterator[Key]:
    for line, value in header.get("keys", ()):
        for part in _listed(value):
            found = _KEY.match(part)
            if found and found[2] in KEY_KINDS:
                yield Key(found[1], found[2])
            else:
                wrong.append(f"{path}:{line}: keys read `column AS kind`, kinds are {', '.join(KEY_KINDS)}")


def _span(header: Mapping[str, list[tuple[int, str]]], path: str, wrong: list[str]) -> int:
    for line, value in header.get("lookback", ()):
        found = _SPAN.match(value)
        if found:
            return int(found[1]) * _MICROSECONDS[found[2]]
        wrong.append(f"{path}:{line}: lookback is a number and one of {', '.join(_MICROSECONDS)}")
    return 0


def _sql_faults(sql: str, path: str, line: int, thresholds: set[str]) -> list[str]:
    """What is wrong with the SELECT: not SQL, outside the profile, unknown or unused thresholds."""
    if not sql:
        return [f"{path}:{line}: there is no SELECT"]
    try:
        used = {name for _, _, name in _parameters(sql)}
    except TokenError as error:
        return [f"{path}:{line}: this is not SQL: {error}"]
    faults = [str(offence) for offence in offences(sql, path, line)]
    faults += [f"{path}:{line}: ${name} is no threshold of the header" for name in sorted(used - thresholds)]
    faults += [f"{path}:1: the threshold {name} is not used" for name in sorted(thresholds - used)]
    return faults


def _parameters(sql: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and name of each `$name`."""
    tokens = DuckDB().tokenize(sql)
    for token, following in pairwise(tokens):
        if token.token_type == TokenType.PARAMETER and following.start == token.end + 1:
            yield token.start, following.end + 1, following.text


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _told(value: object) -> str:
    """A value inside a sentence: numbers short and grouped."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
