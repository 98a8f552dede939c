"""The tables of facts that a query reads beside the views: what is known of a run's addresses and names.

Rules:
1. `address_facts` has a row for every different text in the columns of addresses, `domain_facts` one for every name in
   the columns of names, as the text stands there and in lower case without the dot at the end.
2. NULL means "not assessed": no such fact was imported, or its file does not know the address. `hosting` is false only
   where lists of hosting providers were imported and none holds the address; an address of a cloud is hosting.
3. `facts_known` has a row for every file of facts, `location` for a country file with places.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.lake.facts.addresses import Numbers, numbers
from tocsin.lake.facts.kinds import COLUMNS
from tocsin.lake.facts.ranges import locate
from tocsin.lake.facts.scopes import scopes
from tocsin.lake.facts.store import Facts
from tocsin.lake.facts.suffixes import Suffixes

Columns = Mapping[str, Sequence[str]]
"""Columns by view or rollup."""
TABLES = ("address_facts", "domain_facts", "facts_known", "assets", "known_exploited")
_NAMES = frozenset(
    {
        "query_hostname", "tls_sni", "http_request_url_hostname", "src_endpoint_hostname", "dst_endpoint_hostname",
        "domain", "site",
    }
)  # fmt: skip


def open_facts(connection: duckdb.DuckDBPyConnection, lake: Path, addresses: Columns, names: Columns) -> None:
    """Create the tables (TABLES) for what stands in these columns of the connection's views."""
    facts = Facts(lake)
    _create(connection, "address_facts", _address_facts(facts, _distinct(connection, addresses)))
    _create(connection, "domain_facts", _domain_facts(facts, _distinct(connection, names)))
    _create(connection, "facts_known", _facts_known(facts))
    assets = pa.Table.from_pylist(list(facts.assets().values()), pa.schema(list(COLUMNS["assets"].items())))
    _create(connection, "assets", assets)
    _create(connection, "known_exploited", _joined(facts.tables("kev"), COLUMNS["kev"]))


def address_columns(names: Sequence[str]) -> list[str]:
    """Which of these columns hold addresses: `…_ip`, and the ends and clients of rollups."""
    return [name for name in names if name.endswith("_ip") or name in {"src", "dst", "client"}]


def name_columns(names: Sequence[str]) -> list[str]:
    """Which of these columns hold names of the DNS; names of computers are none."""
    return [name for name in names if name in _NAMES]


def _distinct(connection: duckdb.DuckDBPyConnection, columns: Columns) -> list[str]:
    parts = [
        f'SELECT DISTINCT "{column}" AS text FROM "{view}" WHERE "{column}" IS NOT NULL'
        for view, listed in columns.items()
        for column in listed
    ]
    if not parts:
        return []
    found: list[str] = connection.sql(" UNION ".join(parts)).to_arrow_table().column("text").to_pylist()
    return found


def _create(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    connection.register("facts_given", table)
    connection.execute(f"CREATE TABLE {name} AS FROM facts_given")
    connection.unregister("facts_given")


def _address_facts(facts: Facts, texts: Sequence[str]) -> pa.Table:
    """Steps: 1. the addresses in their order; 2. what each kind says of them; 3. hosting from two kinds."""
    found, known = numbers(texts)
    order = np.argsort(found, kind="stable")
    found, known = found[order], known[order]
    columns = {
        "ip": pa.array(texts, pa.string()).take(pa.array(order)),
        "scope": pc.if_else(pa.array(known), scopes(found), None),
    }
    for kind in ("asn", "country", "hosting", "cloud"):
        columns |= _known(facts, kind, found, known)
    columns["hosting"] = _hosting(facts, columns["hosting"], columns["cloud"], pa.array(known))
    names = ("ip", "scope", "asn", "as_name", "country", "latitude", "longitude", "hosting", "cloud")
    return pa.table({name: columns[name] for name in names})


def _known(facts: Facts, kind: str, found: Numbers, known: np.ndarray) -> dict[str, pa.ChunkedArray]:
    """What the files of a kind say of each address, by column."""
    tables = facts.tables(kind)
    at = np.where(known, locate(tables, found), -1)
    joined = _joined(tables, COLUMNS[kind])
    place = pa.array(at, mask=at < 0)
    return {name: joined.column(name).take(place) for name in joined.column_names}


def _hosting(facts: Facts, listed: pa.ChunkedArray, cloud: pa.ChunkedArray, known: pa.Array) -> pa.ChunkedArray:
    unlisted = pc.if_else(known, pa.scalar(False if facts.tables("hosting") else None, pa.bool_()), None)
    return pc.if_else(cloud.is_valid(), True, pc.coalesce(listed, unlisted))


def _domain_facts(facts: Facts, texts: Sequence[str]) -> pa.Table:
    rules = facts.tables("suffixes")
    suffixes = Suffixes(rules[0].column("rule").to_pylist()) if rules else None
    listed = _joined(list(reversed(facts.tables("cloud-names"))), COLUMNS["cloud-names"])
    clouds = dict(zip(listed.column("name").to_pylist(), listed.column("cloud").to_pylist(), strict=True))
    rows = []
    for text in dict.fromkeys(spelling for each in texts for spelling in (each, _plain(each)) if spelling):
        name = _plain(text)
        registered, suffix = (suffixes.parts(name) if suffixes else None) or (None, None)
        rows.append((text, registered, suffix, _cloud(name, clouds)))
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pa.table(
        {
            name: pa.array(values, pa.string())
            for name, values in zip(("name", "registered", "suffix", "cloud"), columns, strict=True)
        }
    )


def _plain(text: str) -> str:
    return text.lower().removesuffix(".")


def _cloud(name: str, clouds: Mapping[str, str]) -> str | None:
    """The cloud whose list has the name, or one that it stands below."""
    while name and clouds:
        if name in clouds:
            return clouds[name]
        name = name.partition(".")[2]
    return None


def _facts_known(facts: Facts) -> pa.Table:
    rows = [(each.kind, each.source, each.date) for each in facts.records]
    placed = [table.column("latitude").null_count < table.num_rows for table in facts.tables("country")]
    newest = sorted((each for each in facts.records if each.kind == "country"), key=lambda each: each.date)[::-1]
    rows += [
        ("location", each.source, each.date) for each, has_places in zip(newest, placed, strict=True) if has_places
    ]
    return pa.Table.from_pylist(
        [dict(zip(("fact", "source", "date"), row, strict=True)) for row in rows],
        pa.schema([("fact", pa.string()), ("source", pa.string()), ("date", pa.string())]),
    )


def _joined(tables: Sequence[pa.Table], columns: Mapping[str, pa.DataType]) -> pa.Table:
    schema = pa.schema(list(columns.items()))
    return pa.concat_tables([schema.empty_table(), *(table.select(schema.names).cast(schema) for table in tables)])
