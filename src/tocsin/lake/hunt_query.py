"""What a hunting query may be: one SELECT over the lake's tables and views. Decides from DuckDB's own parse.

Rules (LAKE.md, "Commit"):
1. Exactly one statement, and of type SELECT. EXPLAIN, COPY, SET, ATTACH, … are refused: with external access off,
   COPY could still overwrite a file that the query may read.
2. Every table is a table or view of the lake, or a WITH name of the query itself. A quoted file name is no table.
3. Table functions are those that make rows out of nothing or out of values. Those that read files, pointers, other
   SQL text or the engine's insides are refused, whatever the settings of the connection already forbid.
4. Names are compared as DuckDB compares them: without regard to case.
"""

import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb

from tocsin import limits
from tocsin.errors import HuntError

TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree", "repeat"})
FORBIDDEN_FUNCTIONS = frozenset(
    {"getenv", "current_setting", "write_log", "read_text", "read_blob", "pg_sleep", "sleep_ms", "nextval", "setval"}
)
QUERY_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})

WHERE_TO_LOOK = "`tocsin hunt --views` lists the tables and views with their columns."
ONLY_THE_LAKE = f"A hunt reads the lake and nothing else: scan a file first to hunt in it. {WHERE_TO_LOOK}"


@dataclass(frozen=True, slots=True)
class HuntQuery:
    """A query that passed. `tables` are the tables and views it reads, folded."""

    sql: str
    tables: frozenset[str]


def examine(connection: duckdb.DuckDBPyConnection, sql: str, known: Iterable[str]) -> HuntQuery:
    """Check a query before anything of it runs. `known` are the lake's tables, views and rollups. Raises HuntError."""
    if len(sql) > limits.HUNT_QUERY_CHARACTERS:
        raise HuntError(f"the query is longer than {limits.HUNT_QUERY_CHARACTERS:,} characters", "Shorten it.")
    text = _one_select(connection, sql)
    nodes = list(_nodes(_parse_tree(connection, text)))
    _check_nodes(nodes)
    _check_functions(nodes)
    own = {str(entry["key"]).lower() for node in nodes for entry in _common_tables(node)}
    folded = {name.lower() for name in known}
    asked = _tables(nodes)
    _check_tables(asked - own, folded)
    return HuntQuery(text, frozenset(asked & folded))


def suggestion(name: str, known: Iterable[str]) -> str:
    """ "Did you mean …?" for a name that is not there, empty when nothing is near."""
    near = difflib.get_close_matches(name.lower(), sorted({each.lower() for each in known}), n=3)
    return f"Did you mean {' or '.join(near)}? " if near else ""


def _one_select(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise HuntError(
            f"the query is not valid SQL: {error}", "The mark under the line shows where it went wrong."
        ) from error
    if len(statements) != 1:
        found = "no statement" if not statements else f"{len(statements)} statements"
        raise HuntError(f"the query holds {found}", "A hunt is exactly one SELECT.")
    kind = statements[0].type
    if kind == duckdb.StatementType.MULTI:
        raise HuntError("the query becomes several statements", "Give PIVOT its values: PIVOT … ON column IN (…).")
    if kind != duckdb.StatementType.SELECT:
        raise HuntError(f"{kind.name} is not allowed in a hunt", "A hunt is one SELECT (or WITH … SELECT).")
    return str(statements[0].query)


def _parse_tree(connection: duckdb.DuckDBPyConnection, sql: str) -> object:
    """DuckDB's own tree of the query, as JSON."""
    row = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    try:
        tree = json.loads(row[0] if row else "{}")
    except RecursionError as error:
        raise HuntError("the query is nested too deeply", "Break it up with WITH.") from error
    if not isinstance(tree, dict) or tree.get("error", True) or len(tree["statements"]) != 1:
        reason = tree.get("error_message", "") if isinstance(tree, dict) else ""
        raise HuntError(f"the query is not one plain SELECT: {reason}", "A hunt is one SELECT (or WITH … SELECT).")
    return tree


def _nodes(tree: object) -> Iterator[dict[str, object]]:
    """All objects of the tree, in no particular order, without recursion."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _common_tables(node: dict[str, object]) -> list[dict[str, object]]:
    """The WITH entries of a query node."""
    found = node.get("cte_map")
    entries = found.get("map") if isinstance(found, dict) else None
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _check_nodes(nodes: list[dict[str, object]]) -> None:
    for node in nodes:
        kind = str(node.get("type", ""))
        if kind.endswith("_NODE") and kind not in QUERY_NODES:
            raise HuntError(f"{kind.removesuffix('_NODE')} is not allowed in a hunt", "A hunt only reads: use SELECT.")


def _check_functions(nodes: list[dict[str, object]]) -> None:
    for node in nodes:
        function = node.get("function")
        if node.get("type") == "TABLE_FUNCTION" and isinstance(function, dict):
            name = str(function.get("function_name", "")).lower()
            if name not in TABLE_FUNCTIONS:
                raise HuntError(f"{name or 'this table function'} is not available to hunts", ONLY_THE_LAKE)
        name = str(node.get("function_name", "")).lower()
        if name in FORBIDDEN_FUNCTIONS:
            raise HuntError(f"{name} is not available to hunts", ONLY_THE_LAKE)


def _tables(nodes: list[dict[str, object]]) -> set[str]:
    found = set()
    for node in nodes:
        kind = node.get("type")
        if kind == "BASE_TABLE":
            found.add(_table_name(node))
        elif kind == "SHOW_REF" and not node.get("query"):
            found.add(str(node.get("table_name", "")).strip('"').lower())
    return found


def _table_name(node: dict[str, object]) -> str:
    """The folded name; one with a catalog or schema keeps it, so that it is never a table of the lake."""
    parts = [str(node.get(part) or "") for part in ("catalog_name", "schema_name", "table_name")]
    return ".".join(part for part in parts if part).lower()


def _check_tables(asked: Iterable[str], known: frozenset[str] | set[str]) -> None:
    for name in sorted(asked):
        if name not in known:
            raise HuntError(f"the lake has no table or view {name!r}", suggestion(name, known) + ONLY_THE_LAKE)
