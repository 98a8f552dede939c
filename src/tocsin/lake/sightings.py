"""Where indicators were seen: in the rollups of all months, and in the raw events that are still there.

Rules:
1. A rollup answers who, first and last when, how often and on how many days; the raw views answer the same with the
   ids of the first limits.SIGHTING_EVENTS events.
2. `places` are derived from the views: every column that holds addresses (or names, hashes, accounts, …) is looked at.
3. Only equality decides: of whole values, of the names above a name, of the words of a list. No substring matches.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from tocsin import limits
from tocsin.lake.catalog import Catalog
from tocsin.lake.database import SPILL, connect
from tocsin.lake.indicators import Indicator
from tocsin.lake.rollups import open_rollups
from tocsin.lake.view_files import DIALECT, View, load_views
from tocsin.lake.view_fragments import fragments
from tocsin.lake.views import open_views

_DAY_US = 86_400_000_000
_NO_BOUND = 2**62  # microseconds, beyond every time
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BACKSLASH = "chr(92)"
_LABELS = "string_split({0}, '.')"
_PARENTS = f"list_transform(range(1, len({_LABELS}) + 1), lambda i: array_to_string(list_slice({_LABELS}, i, -1), '.'))"
_LAST = "regexp_extract({0}, '[^/\\\\]+$')"


@dataclass(frozen=True, slots=True)
class Place:
    """One column in which one kind of indicator may stand. `tokens` is SQL for the text to compare, or for a list."""

    kind: str
    table: str  # a view or a rollup
    field: str
    tokens: str
    who: str
    detail: str = "''"

    @property
    def listed(self) -> bool:
        """Whether `tokens` gives a list."""
        return self.tokens.startswith(_LISTS)


ROLLUP_PLACES = (
    Place("ip", "pair_days", "src", "src", "dst", "concat(protocol, ' ', dst_port)"),
    Place("ip", "pair_days", "dst", "dst", "src", "concat(protocol, ' ', dst_port)"),
    Place("ip", "domain_days", "client", "client", "domain"),
    Place("ip", "domain_days", "domain", "domain", "client"),
    Place("ip", "uri_days", "client", "client", "site", "concat(method, ' ', path)"),
    Place("ip", "uri_days", "site", "site", "client", "concat(method, ' ', path)"),
    Place("ip", "user_days", "src_ip", "src_ip", '"user"', "concat_ws(' ', NULLIF(host, ''), activity, outcome)"),
    Place("domain", "domain_days", "domain", "domain", "client"),
    Place("domain", "uri_days", "site", _PARENTS.format("site"), "client", "concat(method, ' ', path)"),
    Place("uri", "uri_days", "path", "concat(site, path)", "client", "method"),
    Place("hash", "file_days", "sha256", "[sha256, sha1, md5]", "host", "concat(kind, ' ', name)"),
    Place("file", "file_days", "name", "[name, path]", "host", "concat(kind, ' ', sha256)"),
    Place("file", "process_days", "process", f"[process, {_LAST.format('process')}]", "host", "parent"),
    Place("file", "persistence_days", "name", f"[name, detail, {_LAST.format('detail')}]", "host", "kind"),
    Place("file", "uri_days", "path", f"[path, {_LAST.format('path')}]", "site", "concat(method, ' ', client)"),
    Place("account", "user_days", "user", '"user"', "host", "concat_ws(' ', activity, NULLIF(src_ip, ''), outcome)"),
    Place("account", "persistence_days", "user", '"user"', "host", "concat(kind, ' ', name)"),
    Place("account", "persistence_days", "name", "if(kind = 'account', [name], [])", "host", "detail"),
    Place("account", "process_days", "user", '"user"', "host", "process"),
    Place("service", "persistence_days", "name", "if(kind = 'service', [name], [])", "host", "detail"),
    Place(
        "task", "persistence_days", "name", f"if(kind = 'task', [name, {_LAST.format('name')}], [])", "host", "detail"
    ),
)
_ENDINGS = {
    "_ip": "ip",
    "_hostname": "domain",
    "_sni": "domain",
    "_hashes": "hash",
    "_md5": "hash",
    "_sha1": "hash",
    "_sha256": "hash",
    "process_name": "file",
    "file_name": "file",
    "file_path": "file",
    "user_name": "account",
    "email_from": "account",
    "email_to": "account",
    "service_name": "service",
    "job_name": "task",
}
_TOKENS = {
    "ip": "{0}",
    "domain": _PARENTS.format("regexp_replace({0}, '[.]?(:[0-9]*)?$', '')"),
    "hash": "regexp_extract_all({0}, '[0-9a-f]{{32,64}}')",
    "file": f"[{{0}}, {_LAST}]",
    "account": f"list_concat([split_part({{0}}, {_BACKSLASH}, -1)], regexp_extract_all({{0}}, '[^\\s\",;<>\\[\\]]+'))",
    "service": "{0}",
    "task": f"[{{0}}, {_LAST}]",
}
_WHO, _WHOSE = ("who",), ("organisation", "network")
_LISTS = ("[", "if(", "list_", "regexp_extract_all", "regexp_split")  # how SQL that gives a list begins
_SCHEMA = pa.schema(
    [
        ("indicator", pa.string()), ("kind", pa.string()), ("place", pa.string()), ("field", pa.string()),
        ("value", pa.string()), ("who", pa.string()), ("detail", pa.string()), ("first", pa.timestamp("us", "UTC")),
        ("last", pa.timestamp("us", "UTC")), ("days", pa.int64()), ("count", pa.int64()), ("event_ids", pa.string()),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sightings:
    """What was found, a row for each indicator, place and who, and with `whose` for each organisation and network.

    `truncated` says that more were there.
    """

    rows: pa.Table
    truncated: bool


def view_places() -> Iterator[Place]:
    """The columns of all views in which an indicator may stand."""
    for view in load_views():
        names = {column.name for column in view.columns}
        for column in view.own_columns:
            kind = next((kind for ending, kind in _ENDINGS.items() if column.name.endswith(ending)), "")
            if kind and column.type == "VARCHAR" and column.name != "device_hostname":
                if kind == "service" and view.name != "windows_service_activity":
                    continue
                name = f'lower("{column.name}")'
                yield Place(kind, view.name, column.name, _TOKENS[kind].format(name), _who(column.name, names))
        yield from _special_places(view, names)


def _special_places(view: View, names: set[str]) -> Iterator[Place]:
    if "answers" in names:
        tokens = "regexp_split_to_array(lower(answers), '[^0-9a-f.:]+')"
        yield Place("ip", view.name, "answers", tokens, _who("answers", names))
    for field in ("email_from", "email_smtp_from"):
        if field in names:
            sender = _PARENTS.format(f"regexp_extract(lower({field}), '@([^@> ]+)', 1)")
            yield Place("domain", view.name, field, sender, _who(field, names))
    if "http_request_url_path" in names:
        whole = "lower(concat(http_request_url_hostname, http_request_url_path))"
        part = "regexp_replace(regexp_replace(split_part({0}, '?', 1), '^[a-z]+://', ''), ':[0-9]+/', '/')"
        tokens = f"[{part.format(whole)}, {part.format('lower(http_request_url_text)')}]"
        yield Place("uri", view.name, "http_request_url_path", tokens, _who("", names))


def _who(field: str, names: set[str]) -> str:
    """The other end, or whose event it is."""
    near = (
        ("dst_endpoint_ip", "device_hostname") if field.startswith("src_") else ("src_endpoint_ip", "device_hostname")
    )
    candidates = [f"NULLIF(\"{name}\", '')" for name in near if name in names and name != field]
    return f"COALESCE({', '.join([*candidates, 'sensor'])})"


def sightings(
    catalog: Catalog,
    indicators: Sequence[Indicator],
    since: datetime | None = None,
    until: datetime | None = None,
    rows: int = limits.HUNT_ROWS,
    *,
    whose: bool = False,
) -> Sightings:
    """Look for indicators everywhere, between two times (both inclusive). Raises LakeError, duckdb.Error.

    A row of a rollup counts as a whole when any of its time lies between them. `whose` tells organisation and network.
    """
    low, high = _microseconds(since, -_NO_BOUND), _microseconds(until, _NO_BOUND)
    kinds = {indicator.kind for indicator in indicators}
    remembered = [place for place in ROLLUP_PLACES if place.kind in kinds]
    raw = [place for place in view_places() if place.kind in kinds]
    whom = (*_WHO, *_WHOSE) if whose else _WHO
    selects = [_rollup_sql(place, low, high, whom) for place in remembered]
    selects += [_view_sql(place, _near(place, indicators), low, high, whom) for place in raw]
    schema = pa.schema([*_SCHEMA, *(pa.field(name, pa.string()) for name in _WHOSE if whose)])
    spill = catalog.lake / SPILL
    with closing(connect(limits.HUNT_MEMORY_BYTES, limits.HUNT_THREADS, spill, limits.QUERY_SPILL_BYTES)) as connection:
        _put_wanted(connection, indicators)
        open_rollups(connection, catalog, only={place.table for place in remembered})
        open_views(connection, catalog.tables(), only={place.table for place in raw})
        found = [connection.sql(f"{select} LIMIT {rows + 1}").to_arrow_table().cast(schema) for select in selects]
    whole = pa.concat_tables([schema.empty_table(), *found])
    order = pc.index_in(whole.column("indicator"), value_set=pa.array([each.given for each in indicators]))
    ordered = whole.take(pc.sort_indices(order))  # stable: rollups stay before events
    return Sightings(ordered.slice(0, rows), whole.num_rows > rows)


def _put_wanted(connection: duckdb.DuckDBPyConnection, indicators: Sequence[Indicator]) -> None:
    """A table `wanted` of the spellings; of a domain also the registered one, which is all that `domain_days` keeps."""
    wanted = [(each.kind, each.given, spelling) for each in indicators for spelling in each.spellings]
    columns = [pa.array(column, pa.string()) for column in zip(*wanted, strict=True)]
    connection.register("given", pa.table(columns, names=("kind", "given", "spelling")))
    value = fragments()["registered_domain"].applied(exp.column("spelling")).sql(DIALECT)
    connection.execute(f"CREATE TEMP TABLE wanted AS SELECT *, {value} AS registered FROM given")


def _rollup_sql(place: Place, low: int, high: int, whom: Sequence[str]) -> str:
    """Exact days first: rows of one day that differ in other keys are one day."""
    by = ", ".join(whom)
    spelling = "registered" if (place.kind, place.table) == ("domain", "domain_days") else "spelling"
    tokens = (
        f"SELECT *, {_token(place)} AS token, {place.who} AS who, {place.detail} AS detail "
        f"FROM {place.table} WHERE last_us >= {low} AND first_us <= {high}"
    )
    by_day = (
        f"SELECT given, token, {by}, day, min(first_us) AS first_us, max(last_us) AS last_us, sum(n) AS n, "
        f"bit_count(bit_or(weekdays)) AS days, list(DISTINCT trim(detail)) AS details FROM ({tokens}) "
        f"JOIN wanted ON {spelling} = token AND wanted.kind = '{place.kind}' GROUP BY given, token, {by}, day"
    )
    return (
        f"SELECT given AS indicator, '{place.kind}' AS kind, '{place.table}' AS place, '{place.field}' AS field, "
        f"token AS value, who, {_few('flatten(list(details))')} AS detail, {_time('min(first_us)')} AS first, "
        f"{_time('max(last_us)')} AS last, CAST(sum(days) AS BIGINT) AS days, CAST(sum(n) AS BIGINT) AS count, "
        f"'' AS event_ids{_besides(whom)} FROM ({by_day}) "
        f"GROUP BY given, token, {by} ORDER BY given, min(first_us), {by}"
    )


def _near(place: Place, indicators: Sequence[Indicator]) -> str:
    """A quick condition that every row with one of a few indicators meets: taking texts apart costs most."""
    spellings = [spelling for each in indicators if each.kind == place.kind for spelling in each.spellings]
    if not place.listed or place.kind == "uri" or len(spellings) > limits.SIGHTING_NEAR:
        return f'"{place.field}" IS NOT NULL'
    texts = ("'" + spelling.replace("'", "''") + "'" for spelling in spellings)
    return "(" + " OR ".join(f'contains(lower("{place.field}"), {text})' for text in texts) + ")"


def _view_sql(place: Place, near: str, low: int, high: int, whom: Sequence[str]) -> str:
    by = ", ".join(whom)
    tokens = (
        f'SELECT time_us, event_id, "{place.field}" AS value, {_token(place)} AS token, {place.who} AS who'
        f"{_besides(whom)} FROM {place.table} WHERE time_us BETWEEN {low} AND {high} AND {near}"
    )
    return (
        f"SELECT given AS indicator, '{place.kind}' AS kind, '{place.table}' AS place, '{place.field}' AS field, "
        f"min(value) AS value, who, '' AS detail, {_time('min(time_us)')} AS first, {_time('max(time_us)')} AS last, "
        f"count(DISTINCT time_us // {_DAY_US}) AS days, count(DISTINCT event_id) AS count, "
        f"array_to_string(arg_min(DISTINCT event_id, (time_us, event_id), {limits.SIGHTING_EVENTS}), ' ') AS event_ids"
        f"{_besides(whom)} FROM ({tokens}) JOIN wanted ON spelling = token AND wanted.kind = '{place.kind}' "
        f"GROUP BY given, {by} ORDER BY given, min(time_us), {by}"
    )


def _besides(whom: Sequence[str]) -> str:
    """What is selected beside `who`."""
    return "".join(f", {name}" for name in whom[len(_WHO) :])


def _token(place: Place) -> str:
    """One text a row, or a row for each of several."""
    return f"unnest(list_distinct({place.tokens}))" if place.listed else place.tokens


def _few(details: str) -> str:
    """The first details, and that there are more."""
    ordered = f"list_sort(list_distinct({details}))"
    text = f"array_to_string(list_slice({ordered}, 1, {limits.SIGHTING_DETAILS}), ', ')"
    more = f"len({ordered}) - {limits.SIGHTING_DETAILS}"
    return f"CASE WHEN {more} > 0 THEN concat({text}, ' and ', {more}, ' more') ELSE {text} END"


def _time(value: str) -> str:
    return f"make_timestamptz(CAST({value} AS BIGINT))"


def _microseconds(time: datetime | None, otherwise: int) -> int:
    return otherwise if time is None else (time - _EPOCH) // timedelta(microseconds=1)
