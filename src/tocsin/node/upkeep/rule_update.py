"""Another set of rules in the place of the present one.

Rules:
1. A set of which any rule is refused takes no place: what is refused would look like being covered.
2. The set is copied into the node's folder under its digest, synced, and then the configuration names it: one rename
   decides, and the running node reads it by itself. The set of before stays where it was.
3. The ledger has who did it, and the digests of both sets. It is entered before the configuration changes; when the
   change fails, that is entered too.
"""

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from tocsin import clock
from tocsin.detect.sigma import RuleSet, load_rules
from tocsin.detect.sigma.rule_files import find_rule_files, read_content
from tocsin.errors import ConfigError, RuleError, TocsinError
from tocsin.lake.durable import hidden, sync
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.service.config import NodeFolder, parse_config, read_text
from tocsin.node.service.config_edit import replace_text
from tocsin.node.service.part import rule_paths
from tocsin.node.store import ledger
from tocsin.node.upkeep.shell import OpenNode

RULE_SETS = "rules"  # folder of the sets below the node's
_NAME_CHARACTERS = 16  # of a digest, in a folder's name
_LISTED = re.compile(r"(?m)^(?P<table>\[detect\][^\[]*?^rules\s*=\s*)\[[^\]]*\]", re.DOTALL)
_TABLE = re.compile(r"(?m)^\[detect\][ \t]*(#.*)?$")
_REFUSED_SHOWN = 5


@dataclass(frozen=True, slots=True)
class RuleSets:
    """The set in use and the offered one, with the digest of each one's files."""

    present: RuleSet
    offered: RuleSet
    before: str
    after: str
    folder: Path
    """Of the offered one."""


def load_sets(node: OpenNode, folder: Path) -> RuleSets:
    """Both sets. RuleError where a rule of the offered one is refused (rule 1), or it has none; UsageError."""
    paths = rule_paths(node.folder, node.config)
    present = load_rules(paths, cache_dir=node.folder.cache)
    offered = load_rules((folder,), cache_dir=node.folder.cache)
    if offered.refused:
        told = "; ".join(f"{each.place}: {each.reason}" for each in offered.refused[:_REFUSED_SHOWN])
        raise RuleError(
            f"{len(offered.refused):,} rules of {folder} are refused: {told}",
            "The old set stays in use. Repair them or take them out; `tocsin rules check` lists all.",
        )
    if not len(offered) and not offered.correlations:
        raise RuleError(f"there is no rule in {folder}", "Name the folder of a Sigma rule tree.")
    return RuleSets(present, offered, files_digest(paths), files_digest((folder,)), folder)


def files_digest(paths: Sequence[Path]) -> str:
    """BLAKE3 of all rule files: names below their folder, and contents."""
    digest = blake3()
    for path in paths:
        for file in find_rule_files((path,)):
            content = read_content(file)
            digest.update(_name(file.path, path).encode("utf-8", "surrogateescape") + b"\x00")
            digest.update(blake3(content).digest())
    return digest.hexdigest()


def _name(file: str, root: Path) -> str:
    """A rule file's path below the path that was given."""
    return os.path.relpath(file, root) if root.is_dir() else Path(file).name


def put_in_place(node: OpenNode, sets: RuleSets, actor: str, changes: dict[str, int]) -> Path:
    """Rules 2 and 3; where the set is then. ConfigError, and the old set stays, where that cannot be changed."""
    target = node.folder.path / RULE_SETS / sets.after[:_NAME_CHARACTERS]
    text = _naming(node.folder, str(target.relative_to(node.folder.path)))
    _copy(sets.folder, target, sets.after)
    _enter(node, actor, {"before": sets.before, "after": sets.after, **changes})
    try:
        replace_text(node.folder, text)
    except TocsinError:
        _enter(node, actor, {"before": sets.after, "after": sets.before, "failed": True})
        raise
    return target


def _enter(node: OpenNode, actor: str, detail: dict[str, str | int | bool]) -> None:
    draft = Draft(Kind.RULE_CHANGE, actor, "node", detail)
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


def _copy(source: Path, target: Path, digest: str) -> None:
    """The rule files alone, whole or not at all; a set that is there already stays."""
    if target.is_dir() and files_digest((target,)) == digest:
        return
    new = hidden(target)
    for old in (new, target):
        shutil.rmtree(old, ignore_errors=True)
    for file in find_rule_files((source,)):
        place = new / _name(file.path, source)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.write_bytes(read_content(file))
        sync(place)
    if files_digest((new,)) != digest:
        raise RuleError(f"{source} changed while it was read", "Run it again when nothing writes there.")
    new.rename(target)
    sync(target.parent)
