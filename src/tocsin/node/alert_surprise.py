"""How unusual the alerts of other products are: their runs, judged by the past, and the episodes that they make.

Severity of an alert says what its author feared, not what is unusual here. Rules:
1. Alerts are judged as runs (triage.surprise), each rule and level being a kind; the first WARM of an organisation's
   memory is for learning, and its alerts are told by their level alone.
2. What is part of one episode is a finding of its own: a burst is not buried in the habit of its rule.
3. At most limits.ALERT_RUNS runs are judged, the latest; what is older counts as unseen.
"""

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb
import pyarrow as pa

from tocsin import limits
from tocsin.model import Finding, RuleInfo, Unusual
from tocsin.triage.surprise import Episode, History, Judged, Run, episodes, queue, reason, story, worth
from tocsin.triage.surprise.runs import PAUSE

WARM = 86_400.0  # seconds of memory before anything is judged
DAY = 86_400.0
_SECOND_US = 1_000_000
_ID_CHARACTERS = 12
_PLACE = 'rule, organisation, network, host, "user"'
_RUNS = f"""
WITH parted AS (
    SELECT {_PLACE}, time_us,
           time_us - lag(time_us, 1, -{2**62}) OVER (PARTITION BY {_PLACE} ORDER BY time_us) > {int(PAUSE * _SECOND_US)}
               AS anew
    FROM hits WHERE time_us <> 0
), numbered AS (
    SELECT *, count_if(anew) OVER (PARTITION BY {_PLACE} ORDER BY time_us ROWS UNBOUNDED PRECEDING) AS run FROM parted
)
SELECT {_PLACE}, min(time_us) AS first_us, max(time_us) AS last_us, count(*) AS n
FROM numbered GROUP BY {_PLACE}, run ORDER BY first_us DESC LIMIT {limits.ALERT_RUNS}
"""
_APART = """
CREATE OR REPLACE TEMP TABLE apart AS
SELECT h.* REPLACE (COALESCE(r.key, h.rule) AS rule)
FROM hits AS h LEFT JOIN episode_runs AS r
  ON h.rule = r.rule AND h.organisation = r.organisation AND h.network = r.network AND h.host = r.host
     AND h."user" = r."user" AND h.time_us BETWEEN r.first_us AND r.last_us
"""
_Spot = tuple[str, str, str, str, str]
"""Rule's key, organisation, network, host, user."""


@dataclass(frozen=True, slots=True)
class _Member:
    """An episode as far as one of its runs is concerned."""

    id: str
    asked: bool
    lines: frozenset[tuple[str, str]]


class ToldApart:
    """The rules by the keys that hits have now, and the surprise of what is found with them."""

    def __init__(self, rules: Mapping[str, RuleInfo], judged: Sequence[Judged], members: Mapping[int, _Member]) -> None:
        self.rules = dict(rules)
        self._titles = {key: info.title for key, info in rules.items()}
        self._runs: dict[_Spot, list[Judged]] = defaultdict(list)
        self._member: dict[int, _Member] = {}
        self._known: dict[_Spot, float] = {}
        for each in judged:
            member = members.get(id(each))
            key = _key(each.run.kind, member.id if member else "")
            if member:
                self.rules.setdefault(key, rules[each.run.kind])
                self._member[id(each)] = member
            self._runs[_spot(key, each.run)].append(each)

    def unusual(self, key: str, finding: Finding) -> Unusual | None:
        """The surprise of a finding by the key of its rule; None where the memory was too young."""
        runs = self._runs.get((key, finding.organisation, finding.network, finding.host, finding.user), [])
        if finding.last is None or not runs:
            return None
        until = bisect_right(runs, finding.last.timestamp(), key=lambda each: each.run.first)
        since = finding.first.timestamp() if finding.first else 0.0
        inside = [each for each in runs[:until] if each.run.last >= since]
        told = max(inside, key=lambda each: (each.bits, -each.run.first), default=None)
        if told is None or inside[-1].surprise.memory < WARM:
            return None
        member = self._member.get(id(told))
        if member is None:
            return Unusual(told.bits)
        line = (told.run.kind, told.run.host) in member.lines
        why = reason(told, self._titles[told.run.kind])
        return Unusual(told.bits, worth(told), member.id, member.asked, line, why)


class Past:
    """What came before the alerts that are looked at: a node looks again and again, each time from a later moment on.

    Days that lie before the moment are learned once. What lies after it is judged anew each time, for it may still
    grow, and with it the beginning of its day as it was seen last: a day's queue is always that of the whole day.
    """

    def __init__(self) -> None:
        self._history = History()
        self._pending: list[Run] = []
        self._learned = float("-inf")

    def judged(self, runs: Sequence[Run], since: datetime | None) -> tuple[Judged, ...]:
        """Judge runs that are all there is from a time on (None: all that there is)."""
        moment = since.timestamp() if since else float("-inf")
        day = max(moment // DAY * DAY if since else moment, self._learned)
        for run in self._pending:
            if run.first < day:
                self._history.learn(run)
        kept = [run for run in self._pending if day <= run.first < moment]
        self._learned, self._pending = day, _joined(kept, [run for run in runs if run.first >= day])
        return tuple(self._history.fork().judge_all(self._pending))


def _joined(earlier: Sequence[Run], later: Sequence[Run]) -> list[Run]:
    """All runs in order; one that was cut where the later ones begin is one."""
    last = {_spot(run.kind, run): place for place, run in enumerate(earlier)}
    whole = list(earlier)
    for run in later:
        place = last.get(_spot(run.kind, run))
        if place is not None and run.first - whole[place].last <= PAUSE:
            before = whole[place]
            whole[place] = replace(before, last=max(before.last, run.last), count=max(before.count, run.count))
        else:
            whole.append(run)
    return sorted(whole, key=_order)


def by_surprise(
    connection: duckdb.DuckDBPyConnection, rules: Mapping[str, RuleInfo], past: Past, since: datetime | None
) -> ToldApart:
    """Judge the table `hits`, and let it hold what is part of an episode under a key of its own."""
    judged = past.judged(_runs(connection, rules), since)
    warm = tuple(each for each in judged if each.surprise.memory >= WARM)
    members = dict(_members(episodes(warm)))
    if members:
        _put_apart(connection, [(each, members[id(each)].id) for each in judged if id(each) in members])
    return ToldApart(rules, judged, members)


def _runs(connection: duckdb.DuckDBPyConnection, rules: Mapping[str, RuleInfo]) -> list[Run]:
    """The runs in the order in which they began."""
    found = [
        Run(
            row["rule"], row["host"], row["user"] or "", rules[row["rule"]].author, row["organisation"],
            row["network"], row["first_us"] / _SECOND_US, row["last_us"] / _SECOND_US, row["n"],
        )
        for batch in connection.sql(_RUNS).to_arrow_reader(8_192)
        for row in batch.to_pylist()
    ]  # fmt: skip
    return sorted(found, key=_order)


def _order(run: Run) -> tuple[float, str, str, str, str, str]:
    return run.first, run.organisation, run.network, run.kind, run.host, run.user


def _members(found: Iterable[Episode]) -> Iterable[tuple[int, _Member]]:
    """The episode of each run. Each organisation has a queue of its own for each day (UTC)."""
    days: dict[tuple[str, str, float], list[Episode]] = defaultdict(list)
    for episode in found:
        run = episode.runs[0].run
        days[run.organisation, run.network, episode.first // DAY].append(episode)
    for of_day in days.values():
        asked = {id(each) for each in queue(of_day).asked}
        for episode in of_day:
            lines = frozenset((line.kind, line.host) for line in story(episode))
            member = _Member(_id(episode), id(episode) in asked, lines)
            yield from ((id(each), member) for each in episode.runs)


def _id(episode: Episode) -> str:
    """Stays as long as the episode's first run does."""
    run = episode.runs[0].run
    text = "\x1f".join((run.organisation, run.network, run.kind, run.host, run.user, f"{run.first:.6f}"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_CHARACTERS]


def _put_apart(connection: duckdb.DuckDBPyConnection, runs: Sequence[tuple[Judged, str]]) -> None:
    rows = [
        (*_spot(each.run.kind, each.run), round(each.run.first * _SECOND_US), round(each.run.last * _SECOND_US),
         _key(each.run.kind, episode))
        for each, episode in runs
    ]  # fmt: skip
    names = ("rule", "organisation", "network", "host", "user", "first_us", "last_us", "key")
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    connection.register("episode_runs", pa.table(columns, names=names))
    connection.execute(_APART)
    connection.execute("DROP TABLE hits")
    connection.execute("ALTER TABLE apart RENAME TO hits")


def _spot(key: str, run: Run) -> _Spot:
    return key, run.organisation, run.network, run.host, run.user


def _key(kind: str, episode: str) -> str:
    """A rule's key in one episode: it holds a separator, which no rule's own key does."""
    return f"{episode}\x1f{kind}" if episode else kind
