"""Writes `docs/rollups.md` from the rollups' SQL: `python -m tocsin.lake.rollups_docs [FILE]`. A test compares both."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tocsin import limits
from tocsin.lake.rollup_files import COMMON_KEYS, COMMON_MEASURES, Rollup, RollupColumn, load_rollups

DOCUMENT = Path("docs/rollups.md")

_RULES = {"key": "key", "sum": "sum", "min": "min", "max": "max", "bits": "bitwise or"}
_HEAD = f"""\
# Rollups: the long memory

A rollup keeps a row for each day and thing (pair, user, host, domain, …): how often, first and last when, on how many
days. It stays when the raw events have expired, so a question can reach back over months. Rollups are tables like the
views: `tocsin hunt "SELECT …"` and analytics read them by name; they exist, with no rows, on an empty lake too.

- `tocsin scan` keeps them up to date; `tocsin lake rollup` does so alone. Late data makes its day anew.
- The newest {limits.ROLLUP_DAILY_DAYS} days are rows of one day. Older ones are merged to weeks: `day` is the Monday,
  `first_us` and `last_us` stay exact, `days` says on how many days of the week it happened. So always **group**: over
  the rows of one key `sum(days)` are the days active, `sum(n)` how often, `min(first_us)` first, `max(last_us)` last.
- Where other keys differ (a host over all its programs), `sum(days)` counts a day once a row. The exact number: group
  by `day` first, take `bit_count(bit_or(weekdays))`, then sum that.
- Merging keeps to the column's rule. A `max` of a count (different names, clients, agents) is the most of one day.
- Rows without a possible time (day 1970-01-01) are not in the rollups, they are in the raw tables.
- A missing key is `''` (numbers: 0).
- Of one entity and day {limits.ROLLUP_ENTITY_ROWS:,} rows are kept, of one shared key {limits.ROLLUP_SHARED_ROWS:,},
  of one network {limits.ROLLUP_DAY_ROWS:,} a day and {limits.ROLLUP_WEEK_ROWS:,} a week; each entity keeps its share,
  and first what few others have. The others are one row of their entity whose other keys are `'*'` (numbers: -1).
  Leave it out with `dst <> '*'`, or count it: nothing is lost from the sums.
- The registered domain is found by a short rule (`registered_domain` in `src/tocsin/lake/fragments.sql`).

This page is made from the SQL by `python -m tocsin.lake.rollups_docs`; the SQL is in `src/tocsin/lake/rollups/`.
"""


def document() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_common(), *(line for each in load_rollups() for line in _rollup(each))]).rstrip() + "\n"


def _common() -> Iterator[str]:
    yield "## Columns of every rollup\n"
    yield from _columns((*COMMON_KEYS, *COMMON_MEASURES))


def _columns(columns: Iterable[RollupColumn]) -> Iterator[str]:
    yield "| column | type | merges by | meaning |"
    yield "|---|---|---|---|"
    for column in columns:
        meaning = column.meaning.replace("|", "\\|")
        yield f"| `{column.name}` | {column.type} | {_RULES[column.rule]} | {meaning} |"
    yield ""


def _rollup(rollup: Rollup) -> Iterator[str]:
    yield f"## {rollup.name}: {rollup.title}\n"
    yield f"{rollup.about}\n"
    yield from _columns(rollup.own_columns)
    if rollup.entity:
        yield f"Folded by `{rollup.entity}`{f', what few `{rollup.shared}` share stays' if rollup.shared else ''}.\n"
    yield f"From {', '.join(f'`{view}`' for view in rollup.views)}:\n"
    yield f"```sql\n{rollup.sql}\n```\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENT
    target.write_text(document(), "utf-8")
