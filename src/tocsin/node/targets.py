"""Looking at what an action is about, before anybody may propose it: whether it may be blocked, and what would break.

Rules:
1. Protected beside the shipped table: `never-block.txt` of the node's folder, `[act]` of the configuration, the names
   and addresses of this machine and of its resolvers, senders of syslog, and all imported assets.
2. A file that cannot be read stops every proposal: nobody knows what it would have protected.
3. Who talked to a value is asked of rollups and events of limits.ACTION_SEEN_DAYS. IPv6 networks cannot be asked for;
   then, and where the lake does not answer, it is said to be unknown, and two people are needed.
"""

import re
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from ipaddress import IPv4Network, ip_address, ip_network
from pathlib import Path

import duckdb

from tocsin import limits
from tocsin.errors import ConfigError, HuntError, LakeError, UsageError
from tocsin.lake.catalog import CATALOG, Catalog
from tocsin.lake.facts.store import Facts
from tocsin.lake.facts.suffixes import Suffixes
from tocsin.node.data_files import text_of
from tocsin.node.hunting import ask_indicators, ask_sql, read_indicators
from tocsin.node.rule_hunt import Period
from tocsin.node.upkeep.shell import OpenNode
from tocsin.triage.actions import ActionKind, Seen, Sighting, is_network
from tocsin.triage.never_block import Guard, Protected, guard, objection, own_list, protect, shipped, target
from tocsin.words.messages import say, say_many

_TABLE = "never_block.toml"
_RESOLVERS, _ROUTES, _SIX = Path("/etc/resolv.conf"), Path("/proc/net/fib_trie"), Path("/proc/net/if_inet6")
_NAMESERVER = re.compile(r"^nameserver\s+(\S+)", re.MULTILINE)
_LOCAL = re.compile(r"\|-- ([0-9.]+)\s+/32 host LOCAL")
_THIS, _RESOLVER = "this node", "a resolver of this node"
_NUMBER = "+".join(
    f"TRY_CAST(split_part({{0}}, '.', {place}) AS BIGINT) * {256 ** (4 - place)}" for place in (1, 2, 3, 4)
)


@dataclass(frozen=True, slots=True)
class Looked:
    """The values that may be acted on, in the spelling that counts; why others may not; who talked to the former."""

    values: tuple[str, ...]
    refused: tuple[str, ...]
    seen: Seen


def look(
    node: OpenNode, kind: ActionKind, values: Sequence[str], now: datetime, *, seek: bool, drop: bool = False
) -> Looked:
    """Judge values and, with `seek`, ask the lake who talked to them. With `drop` the refused ones are left out."""
    protected = list(protected_by(node))
    if kind is ActionKind.BLOCK:
        known, refused = _judged(values, guard(protected, _suffixes(node)))
    else:
        known, refused = _systems(values, protected if kind is ActionKind.ISOLATE else [])
    if not seek or not known or (refused and not drop):
        return Looked(known, refused, Seen(None, told=say("Nobody asked the lake.")))
    return Looked(known, refused, _seen(node, kind, known, now))


def protected_by(node: OpenNode) -> Iterator[Protected]:
    """All that is protected here. ConfigError for a file or an entry that cannot be read. Rules 1 and 2."""
    yield from shipped(_TABLE, files("tocsin.triage").joinpath(_TABLE).read_text("utf-8"))
    own = node.folder.never_block
    if own.is_symlink() or own.exists():
        yield from own_list(str(own), text_of(own, limits.NEVER_BLOCK_BYTES))
    act = node.config.act
    for value in (*act.own_networks, *act.own_domains):
        yield _configured(node, value)
    senders = [sender.address for syslog in node.config.syslog for sender in syslog.senders]
    yield from _where_named(senders, "a sender of syslog")
    yield from _where_named((node.config.api.host, *node.config.api.names, socket.gethostname(), *_own()), _THIS)
    yield from _where_named(_resolvers(), _RESOLVER)
    yield from _where_named(Facts(node.folder.lake).assets(), "an asset")


def _judged(values: Sequence[str], by: Guard) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found: dict[str, None] = {}
    refused = []
    for value in values:
        wanted = target(value)
        if why := objection(wanted, by):
            refused.append(why)
        else:
            found[wanted.text] = None
    return tuple(found), tuple(refused)


def _systems(values: Sequence[str], protected: Iterable[Protected]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Hosts and accounts: their names as they are; this node and its resolvers are never isolated."""
    own = [each for each in protected if each.rule in (_THIS, _RESOLVER)]
    refused = [
        say("{value} is {rule}", value=value, rule=each.rule)
        for value in values
        for each in own
        if _one_spelling(value) == each.target.text
    ]
    return tuple(dict.fromkeys(value.strip() for value in values)), tuple(dict.fromkeys(refused))


def _one_spelling(value: str) -> str:
    """A host as protected ones are spelled; other names in lower case."""
    try:
        return target(value).text
    except UsageError:
        return value.strip().lower()


def _suffixes(node: OpenNode) -> Callable[[str], bool]:
    """Whether a name is a public suffix by the list that was imported."""
    tables = Facts(node.folder.lake).tables("suffixes")
    suffixes = Suffixes(rule for table in tables for rule in table.column("rule").to_pylist())

    def is_suffix(name: str) -> bool:
        parts = suffixes.parts(name) if tables else None
        return parts is not None and parts[1] == name

    return is_suffix


def _configured(node: OpenNode, value: str) -> Protected:
    try:
        return protect(value, "your own", f"{value} ([act] of {node.folder.config.name})")
    except UsageError as error:
        raise ConfigError(f"{node.folder.config}: act: {error}", error.advice()) from error


def _where_named(values: Iterable[str], rule: str) -> Iterator[Protected]:
    """Those values that a block list could hold: others, such as the name of a fleet, need no protection."""
    for value in filter(None, values):
        try:
            yield protect(value, rule)
        except UsageError:
            continue


def _own() -> Iterator[str]:
    """The addresses of this machine, as Linux tells them."""
    yield from _LOCAL.findall(_text(_ROUTES).replace("\n", " "))
    for line in _text(_SIX).splitlines():
        yield str(ip_address(bytes.fromhex(line.split()[0])))


def _resolvers() -> list[str]:
    return [name.partition("%")[0] for name in _NAMESERVER.findall(_text(_RESOLVERS))]


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.exists() else ""


def _seen(node: OpenNode, kind: ActionKind, values: Sequence[str], now: datetime) -> Seen:
    """Rule 3."""
    since = now - timedelta(days=limits.ACTION_SEEN_DAYS)
    if not (node.folder.lake / CATALOG).is_file():
        return Seen(None, told=say("There is no lake yet, so nobody knows who talked to it."))
    if kind is ActionKind.ISOLATE and not all(map(_is_address, values)):
        return Seen(None, told=say("The lake does not say who works with a host: ask its owner."))
    if kind is ActionKind.BLOCK and any(":" in value and "/" in value for value in values):
        return Seen(None, told=say("Who talked to an IPv6 network cannot be asked."))
    try:
        with closing(Catalog(node.folder.lake)) as catalog:
            rows = _together(_rows(catalog, kind, values, since))
    except (LakeError, HuntError, duckdb.Error) as error:
        return Seen(None, told=say("The lake could not be asked: {why}", why=error))
    rows.sort(key=lambda row: (-row.count, row.value, row.who))
    hosts = len({row.who for row in rows})
    told = _hosts_told(kind, hosts)
    most = limits.ACTION_SEEN_ROWS
    return Seen(hosts, tuple(rows[:most]), told, max(len(rows) - most, 0))


def _hosts_told(kind: ActionKind, hosts: int) -> str:
    days = limits.ACTION_SEEN_DAYS
    if kind is ActionKind.DISABLE_ACCOUNT:
        return say_many(
            "In {days} days it was used on {n} host.", "In {days} days it was used on {n} hosts.", hosts, days=days
        )
    one, many = "In {days} days {n} own host talked to it.", "In {days} days {n} own hosts talked to it."
    return say_many(one, many, hosts, days=days)


def _is_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _together(rows: Iterable[Sighting]) -> list[Sighting]:
    """One row for each host and value: rollups and events tell of the same connections, so the larger count counts."""
    found: dict[tuple[str, str], Sighting] = {}
    for row in rows:
        known = found.get((row.value, row.who), row)
        where = ", ".join(dict.fromkeys((*known.where.split(", "), row.where)))
        first, last = min(known.first, row.first), max(known.last, row.last)
        found[row.value, row.who] = Sighting(row.value, row.who, first, last, max(known.count, row.count), where)
    return list(found.values())


def _rows(catalog: Catalog, kind: ActionKind, values: Sequence[str], since: datetime) -> Iterator[Sighting]:
    alone = [value for value in values if kind is not ActionKind.BLOCK or "/" not in value]
    if alone:
        wanted, _ = read_indicators([_indicator(kind, value) for value in alone])
        found = ask_indicators(catalog, wanted, Period(since, None), limits.HUNT_ROWS).rows
        for row in found.to_pylist():
            given = row["indicator"].partition(":")[2]
            yield Sighting(given, row["who"] or "", row["first"], row["last"], row["count"], row["place"])
    for value in values:
        if value not in alone:
            yield from _network_rows(catalog, ip_network(value), since)


def _indicator(kind: ActionKind, value: str) -> str:
    """How the lake is asked for a value."""
    if kind is ActionKind.DISABLE_ACCOUNT:
        return f"account:{value}"
    return f"ip:{value}" if kind is ActionKind.ISOLATE or is_network(value) else f"domain:{value}"


def _network_rows(catalog: Catalog, wanted: object, since: datetime) -> Iterator[Sighting]:
    assert isinstance(wanted, IPv4Network), "IPv6 networks are not asked for"
    low, high = int(wanted.network_address), int(wanted.broadcast_address)
    query = _NETWORK.format(inside=f"{_NUMBER.format('far')} BETWEEN {low} AND {high}", since=since.isoformat())
    for row in ask_sql(catalog, query, limits.HUNT_ROWS, limits.ACTION_SECONDS).rows.to_pylist():
        yield Sighting(row["far"], row["near"], row["first"], row["last"], row["n"], row["place"])


_NETWORK = """
SELECT far, near, place, min(first) AS first, max(last) AS last, CAST(sum(n) AS BIGINT) AS n
FROM (
  SELECT dst AS far, src AS near, 'pair_days' AS place, make_timestamptz(first_us) AS first,
    make_timestamptz(last_us) AS last, n FROM pair_days
  UNION ALL
  SELECT dst_endpoint_ip, src_endpoint_ip, 'network_activity', time, time, 1 FROM network_activity
)
WHERE last >= '{since}' AND {inside}
GROUP BY far, near, place
"""
