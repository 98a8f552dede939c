"""Another set of rules in the place of the present one.

Rules:
1. A set of which any rule is refused takes no place: what is refused would look like being covered. Where that is
   asked for by name, the files of refused rules are left out, and it is told and entered how many rules that are.
2. The set is copied into the node's folder under its digest, synced, and then the configuration names it: one rename
   decides, and the running node reads it by itself. The set of before stays where it was.
3. The ledger has who did it, and the digests of both sets. It is entered before the configuration changes; when the
   change fails, that is entered too. The node takes the set over without an entry of its own (`service.in_use`).
"""

import re
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from tocsin import clock
from tocsin.detect.sigma import RuleSet, load_rules
from tocsin.detect.sigma.rule_files import RuleFile, find_rule_files, read_content
from tocsin.errors import ConfigError, RuleError, StateError, TocsinError
from tocsin.lake.durable import hidden, sync
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.service.config import NodeFolder, parse_config, read_text
from tocsin.node.service.config_edit import replace_text
from tocsin.node.service.part import rule_paths
from tocsin.node.store import ledger
from tocsin.node.upkeep.rule_parcel import name_below
from tocsin.node.upkeep.shell import OpenNode

RULE_SETS = "rules"  # folder of the sets below the node's
SUBJECT = "node:rules"  # of the ledger's entries about the rules in use; `after` of the newest is their digest
_NAME_CHARACTERS = 16  # of a digest, in a folder's name
_LISTED = re.compile(r"(?m)^(?P<table>\[detect\][^\[]*?^rules\s*=\s*)\[[^\]]*\]", re.DOTALL)
_TABLE = re.compile(r"(?m)^\[detect\][ \t]*(#.*)?$")
_REFUSED_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule, or a file, that cannot run: where below its folder, and why."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A set that may take the present one's place, with the digests of both."""

    folder: Path
    before: str
    after: str
    without: frozenset[str] = frozenset()
    """Names of files below the folder that are left out."""
    left_out: int = 0
    """Rules in them."""


@dataclass(frozen=True, slots=True)
class RuleSets:
    """The set in use and the offered one, and what was refused of that and is left out."""

    present: RuleSet
    offered: RuleSet
    offer: Offer
    refused: tuple[Refused, ...] = ()


def load_sets(node: OpenNode, folder: Path, *, without_refused: bool = False, cached: bool = True) -> RuleSets:
    """Both sets. RuleError where a rule of the offered one is refused (rule 1), or it has none; UsageError.

    `cached`: whether the folder will be read again, so that its compiled rules are worth keeping.
    """
    paths = rule_paths(node.folder, node.config)
    present = load_rules(paths, cache_dir=node.folder.cache)
    first = load_rules((folder,), cache_dir=node.folder.cache if cached else None)
    if first.refused and not without_refused:
        raise _refusal(folder, _told(first, folder))
    offered, refused = _without_refused(first, folder)
    if not _number(offered):
        raise RuleError(f"there is no rule in {folder}", "Name the folder of a Sigma rule tree.")
    without = frozenset(name for name, _ in refused)
    offer = Offer(
        folder, files_digest(paths), files_digest((folder,), without), without,
        _number(first) + len(first.refused) - _number(offered),
    )  # fmt: skip
    return RuleSets(present, offered, offer, tuple(each for _, each in refused))


def files_digest(paths: Sequence[Path], without: Collection[str] = ()) -> str:
    """BLAKE3 of all rule files: names below their folder, and contents. Names in `without` do not count."""
    digest = blake3()
    for path in paths:
        for name, file in _files(path, without):
            content = read_content(file)
            digest.update(name.encode("utf-8", "surrogateescape") + b"\x00")
            digest.update(blake3(content).digest())
    return digest.hexdigest()


def put_in_place(node: OpenNode, offer: Offer, actor: str, changes: Mapping[str, int]) -> Path:
    """Rules 2 and 3; where the set is then. ConfigError, and the old set stays, where that cannot be changed."""
    target = node.folder.path / RULE_SETS / offer.after[:_NAME_CHARACTERS]
    text = _naming(node.folder, str(target.relative_to(node.folder.path)))
    try:
        _copy(offer, target)
    except OSError as error:
        raise StateError(
            f"the rules cannot be copied to {target}: {error.strerror}", "The old set stays in use. Make room there."
        ) from error
    left_out = {"left_out": offer.left_out} if offer.left_out else {}
    _enter(node, actor, {"before": offer.before, "after": offer.after, **changes, **left_out})
    try:
        replace_text(node.folder, text)
    except TocsinError:
        _enter(node, actor, {"before": offer.after, "after": offer.before, "failed": True})
        raise
    return target


def _files(root: Path, without: Collection[str]) -> Iterator[tuple[str, RuleFile]]:
    """The rule files below a path with their names, but those that are left out."""
    named = ((name_below(file.path, root), file) for file in find_rule_files((root,)))
    return ((name, file) for name, file in named if name not in without)


def _number(rules: RuleSet) -> int:
    return len(rules) + len(rules.correlations)


def _refusal(folder: Path, refused: Sequence[tuple[str, Refused]]) -> RuleError:
    told = "; ".join(f"{each.place}: {each.reason}" for _, each in refused[:_REFUSED_SHOWN])
    return RuleError(
        f"{len(refused):,} rules of {folder} are refused: {told}",
        "The old set stays in use. Repair them or take them out; `tocsin rules check` lists all. "
        "Or leave them out with --without-refused.",
    )


def _without_refused(rules: RuleSet, folder: Path) -> tuple[RuleSet, list[tuple[str, Refused]]]:
    """Rule 1: the set without the files of refused rules, until none is refused; a correlation may miss what went."""
    refused: list[tuple[str, Refused]] = []
    while rules.refused:
        refused += _told(rules, folder)
        gone = {name for name, _ in refused}
        rest = tuple(Path(file.path) for _, file in _files(folder, gone))
        rules = load_rules(rest, cache_dir=None)
    return rules, refused


def _told(rules: RuleSet, folder: Path) -> list[tuple[str, Refused]]:
    """What is refused, with the name of its file."""
    named = ((name_below(each.path, folder), each) for each in rules.refused)
    return [(name, Refused(f"{name}:{each.line}" if each.line else name, each.reason)) for name, each in named]


def _enter(node: OpenNode, actor: str, detail: dict[str, str | int | bool]) -> None:
    draft = Draft(Kind.RULE_CHANGE, actor, SUBJECT, detail)
    node.store.transact(lambda connection: ledger.record(connection, draft, clock.now()))


def _naming(folder: NodeFolder, name: str) -> str:
    """The configuration's text with this set and no other, checked; comments stay."""
    text = read_text(folder.config)
    before = parse_config(folder.config, text)
    listed = f'["{name}"]'
    changed, found = _LISTED.subn(lambda match: match["table"] + listed, text, count=1)
    if not found:
        changed, found = _TABLE.subn(lambda match: f"{match[0]}\nrules = {listed}", text, count=1)
    if not found:
        changed = f"{text.rstrip()}\n\n[detect]\nrules = {listed}\n"
    try:
        after = parse_config(folder.config, changed)
    except ConfigError:
        after = before
    if after.detect.rules != [name] or after.detect.analytics != before.detect.analytics:
        raise ConfigError(
            f"{folder.config}: the list detect.rules could not be found", f"Write rules = {listed} there by hand."
        )
    return changed


def _copy(offer: Offer, target: Path) -> None:
    """The rule files alone, whole or not at all; a set that is there already stays."""
    if target.is_dir() and files_digest((target,)) == offer.after:
        return
    new = hidden(target)
    for old in (new, target):
        shutil.rmtree(old, ignore_errors=True)
    for name, file in _files(offer.folder, offer.without):
        place = new / name
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.write_bytes(read_content(file))
        sync(place)
    if files_digest((new,)) != offer.after:
        raise RuleError(f"{offer.folder} changed while it was read", "Run it again when nothing writes there.")
    new.rename(target)
    sync(target.parent)
