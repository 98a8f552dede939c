"""What a Sigma rule can still be asked where raw events have expired: the rollups, shown to it as events.

Rules:
1. A rollup's rows become events of the log source that they were made from, with the fields that the rollup keeps. A
   rule is asked only where it reads no other field; otherwise it is said which one is missing.
2. What a rollup keeps is less than the event had: paths and names in lower case, a parent by its file name, a queried
   name by its registered domain (and as `.domain`, for rules about names below it). A program's compiled-in name
   (OriginalFileName) is never kept; rules name it beside the program's path, so they are asked without it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from tocsin import limits
from tocsin.detect.sigma import Engine, RuleSet, column_key
from tocsin.lake.rollup_sql import quoted
from tocsin.model import Batch, Chunk
from tocsin.telemetry.builder import BatchBuilder

_SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational"}
_SECURITY = {"Channel": "Security", "Provider_Name": "Microsoft-Windows-Security-Auditing"}
_SYSTEM = {"Channel": "System", "Provider_Name": "Service Control Manager"}
_NOT_NEEDED = frozenset({column_key("OriginalFileName")})
_HASHES = "concat_ws(',', 'SHA1=' || NULLIF(sha1, ''), 'MD5=' || NULLIF(md5, ''), 'SHA256=' || NULLIF(sha256, ''))"
_PARENT = "concat(chr(92), parent)"
_NAMES = "unnest([domain, concat('.', domain)])"


@dataclass(frozen=True, slots=True)
class Memory:
    """A rollup as events of a table: constant columns, columns by SQL, which rows, and who they are about."""

    rollup: str
    table: str
    constants: Mapping[str, str]
    columns: Mapping[str, str]
    where: str = "true"
    who: str = "host"

    @property
    def keys(self) -> frozenset[str]:
        """The keys of its columns."""
        return frozenset(column_key(name) for name in (*self.constants, *self.columns))


MEMORIES = (
    Memory(
        "process_days", "windows", _SYSMON | {"EventID": "1"}, {"Image": "process", "ParentImage": _PARENT},
        "contains(process, chr(92))",
    ),
    Memory(
        "process_days", "windows", _SECURITY | {"EventID": "4688"},
        {"NewProcessName": "process", "ParentProcessName": _PARENT}, "contains(process, chr(92))",
    ),
    Memory("process_days", "linux_auditd", {"type": "EXECVE"}, {"exe": "process"}, "starts_with(process, '/')"),
    Memory(
        "file_days", "windows", _SYSMON | {"EventID": "1"}, {"Image": "path", "Hashes": _HASHES}, "kind = 'process'",
    ),
    Memory(
        "file_days", "windows", _SYSMON | {"EventID": "7"}, {"ImageLoaded": "path", "Hashes": _HASHES},
        "kind = 'library'",
    ),
    Memory(
        "persistence_days", "windows", _SYSMON | {"EventID": "6"}, {"ImageLoaded": "detail", "Hashes": "hash"},
        "kind = 'driver'",
    ),
    Memory(
        "persistence_days", "windows", _SYSTEM | {"EventID": "7045"}, {"ServiceName": "name", "ImagePath": "detail"},
        "kind = 'service'",
    ),
    Memory(
        "persistence_days", "windows", _SECURITY | {"EventID": "4697"},
        {"ServiceName": "name", "ServiceFileName": "detail"}, "kind = 'service'",
    ),
    Memory("persistence_days", "windows", _SECURITY | {"EventID": "4698"}, {"TaskName": "name"}, "kind = 'task'"),
    Memory(
        "pair_days", "windows", _SYSMON | {"EventID": "3"},
        {"SourceIp": "src", "DestinationIp": "dst", "DestinationPort": "dst_port", "Protocol": "protocol"}, who="src",
    ),
    Memory(
        "pair_days", "zeek_conn", {},
        {"id.orig_h": "src", "id.resp_h": "dst", "id.resp_p": "dst_port", "proto": "protocol"}, who="src",
    ),
    Memory(
        "pair_days", "fortigate", {"type": "traffic"}, {"srcip": "src", "dstip": "dst", "dstport": "dst_port"},
        who="src",
    ),
    Memory("domain_days", "windows", _SYSMON | {"EventID": "22"}, {"QueryName": _NAMES}, "queries > 0", "client"),
    Memory("domain_days", "zeek_dns", {}, {"query": _NAMES}, "queries > 0", "client"),
    Memory("uri_days", "web_access", {}, {"cs-method": "method", "cs-uri-stem": "path"}, who="site"),
    Memory("uri_days", "zeek_http", {}, {"method": "method", "host": "site", "uri": "path"}, who="site"),
    Memory(
        "user_days", "windows", _SECURITY | {"EventID": "4624"},
        {"TargetUserName": '"user"', "IpAddress": "src_ip", "LogonType": "logon_type"},
        "activity = 'Logon' AND outcome = 'Success'",
    ),
    Memory(
        "user_days", "windows", _SECURITY | {"EventID": "4625"},
        {"TargetUserName": '"user"', "IpAddress": "src_ip", "LogonType": "logon_type"},
        "activity = 'Logon' AND outcome = 'Failure'",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recalled:
    """A rule that matched rows of a rollup: who, what, and when in all."""

    rule: int
    rollup: str
    who: str
    fields: Mapping[str, str]
    first_us: int
    last_us: int
    days: int
    count: int


class RuleMemory:
    """Asks rules of the rollups. `periods` says which rows are asked: those of a rollup whose day is among these."""

    def __init__(self, rules: RuleSet, connection: duckdb.DuckDBPyConnection) -> None:
        self._rules, self._engine, self._db = rules, Engine(rules), connection

    def answers(self) -> list[tuple[Memory, frozenset[int]]]:
        """Each rollup as events, and the rules that it can answer."""
        return [
            (memory, frozenset(rule for rule in self._asking(memory) if not self._lacking(rule, memory)))
            for memory in MEMORIES
        ]

    def missing(self, rule: int) -> frozenset[str]:
        """The fewest fields that a rollup would have to keep beside what it keeps; none where no rollup is near."""
        lacks = [self._lacking(rule, memory) for memory in MEMORIES if rule in self._asking(memory)]
        return min(lacks, key=lambda names: (len(names), sorted(names)), default=frozenset())

    def recalled(
        self, memory: Memory, rules: Collection[int], days: Sequence[int], low_us: int, high_us: int
    ) -> Iterator[Recalled]:
        """What some rules match in a rollup's rows of some periods, with any of their time between two moments."""
        names = [f"column_{number}" for number in range(len(memory.columns))]
        columns = ", ".join(f"{sql} AS {name}" for name, sql in zip(names, memory.columns.values(), strict=True))
        listed = ", ".join(map(str, days)) or "NULL"
        rows = (
            f"SELECT {columns}, {memory.who} AS who, day, n, weekdays, first_us, last_us FROM {quoted(memory.rollup)} "
            f"WHERE {memory.where} AND day IN ({listed}) AND last_us >= {low_us} AND first_us <= {high_us}"
        )
        by_day = (
            f"SELECT {', '.join(names)}, who, day, sum(n) AS n, bit_count(bit_or(weekdays)) AS days, "
            f"min(first_us) AS first_us, max(last_us) AS last_us FROM ({rows}) GROUP BY ALL"
        )
        whole = (
            f"SELECT {', '.join(names)}, who, min(first_us) AS first_us, max(last_us) AS last_us, "
            f"CAST(sum(days) AS BIGINT) AS days, CAST(sum(n) AS BIGINT) AS n FROM ({by_day}) GROUP BY ALL"
        )
        for batch in self._db.sql(whole).to_arrow_reader(limits.BATCH_ROWS):
            found = batch.to_pylist()
            shown = [_event(memory, [row[name] for name in names]) for row in found]
            for hit in self._engine.evaluate(_batch(memory.table, shown)):
                for place in hit.rows.tolist() if hit.rule in rules else ():
                    row, fields = found[place], {name: shown[place].get(name, "") for name in memory.columns}
                    times = row["first_us"], row["last_us"], row["days"], row["n"]
                    yield Recalled(hit.rule, memory.rollup, row["who"] or "", fields, *times)

    def _lacking(self, rule: int, memory: Memory) -> frozenset[str]:
        return self._engine.fields_missing(rule, memory.table, memory.keys) - _NOT_NEEDED

    def _asking(self, memory: Memory) -> frozenset[int]:
        """The rules that look at events like these."""
        sources = self._engine.sources_in(_batch(memory.table, [_event(memory, ["x"] * len(memory.columns))]))
        return frozenset(rule for source in sources for rule in self._rules.rules_of_source[source])


def _event(memory: Memory, values: Sequence[object]) -> dict[str, str]:
    own = {name: str(value) for name, value in zip(memory.columns, values, strict=True) if value not in (None, "")}
    return {**memory.constants, **own}


def _batch(table: str, events: Sequence[Mapping[str, object]]) -> Batch:
    builder = BatchBuilder(table)
    builder.add(Chunk(table, range(1, len(events) + 1), events), "rollup")
    return builder.build()
