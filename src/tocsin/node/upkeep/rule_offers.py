"""Sets of rules that were sent to the node and reviewed, until one of them takes the place of the present one.

Rules:
1. What is placed is what was reviewed: a set lies in the node's folder from its review on, and is named by its digest.
   Its files are digested once more before it takes its place.
2. It takes the place of the set that it was reviewed beside. Where another has that place meanwhile, it is refused.
3. Few reviewed sets are kept, the newest; one that took its place goes.
"""

import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import msgspec

from tocsin import clock, limits
from tocsin.errors import ConfigError, Conflict, LimitExceeded, NotFound, RuleError
from tocsin.lake.catalog import Catalog
from tocsin.node.conductor import Observe
from tocsin.node.rule_review import Review, review
from tocsin.node.service.config import NodeFolder
from tocsin.node.service.part import rule_paths
from tocsin.node.store.codec import encode
from tocsin.node.upkeep.rule_parcel import unpack
from tocsin.node.upkeep.rule_update import Offer, Refused, RuleSets, files_digest, load_sets, put_in_place
from tocsin.node.upkeep.shell import OpenNode

_PREFIX, _FILES, _OFFER = "rules-", "files", "offer.json"
_AGAIN = "The old set stays in use. Review the new one again, then put it in place."


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a review says, with the digests of both sets, and what of the new one is left out."""

    review: Review
    before: str
    after: str
    left_out: int = 0
    refused: tuple[Refused, ...] = ()

    @property
    def changes(self) -> dict[str, int]:
        """How many rules are new, changed, gone and the same."""
        return {str(change): number for change, number in self.review.changes.items()}


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a set is, below the node's folder, and how many rules were left out of it."""

    place: str
    left_out: int


class _Kept(msgspec.Struct, frozen=True):
    """What is kept beside the files of a reviewed set."""

    before: str
    after: str
    without: frozenset[str]
    left_out: int
    changes: dict[str, int]


def reviewed(node: OpenNode, sets: RuleSets, days: int, observe: Callable[[str], Observe]) -> Reviewed:
    """Both sets over the events of the last days."""
    with closing(Catalog(node.folder.lake)) as catalog:
        found = review(catalog, sets.present, sets.offered, clock.now() - timedelta(days=days), observe)
    return Reviewed(found, sets.offer.before, sets.offer.after, sets.offer.left_out, sets.refused)


def review_parcel(
    node: OpenNode, files: Mapping[str, str], days: int, work: Path, *, without_refused: bool, examples: bool
) -> tuple[Reviewed, bytes]:
    """Review files that were sent, and keep them as an offer; what is told of it. `work` is a folder for it.

    RuleError as `load_sets`, LimitExceeded as `told`.
    """
    offered = work / "offered"
    offered.mkdir()
    unpack(files, offered / _FILES)
    try:
        sets = load_sets(node, offered / _FILES, without_refused=without_refused, cached=False)
    except RuleError as error:
        named = str(error).replace(f"{offered / _FILES}", "the new set")
        raise RuleError(named, error.advice()) from error
    found = reviewed(node, sets, days, lambda _name: lambda _tally: None)
    offer = sets.offer
    kept = _Kept(offer.before, offer.after, offer.without, offer.left_out, found.changes)
    (offered / _OFFER).write_bytes(msgspec.json.encode(kept))
    text = told(found, examples=examples)
    _keep(node.folder, offered, offer.after)
    return found, text


def place_offer(node: OpenNode, before: str, after: str, actor: str) -> Placed:
    """Put a reviewed set in place, by the digests of both sets. NotFound, or Conflict by rules 1 and 2."""
    folder = _place(node.folder, after)
    kept = _read(folder)
    files = folder / _FILES
    if kept is None or kept.after != after:
        raise NotFound("no set of rules with this digest was reviewed here lately", _AGAIN)
    if files_digest((files,), kept.without) != after:
        raise Conflict("the set is not the one that was reviewed any more", _AGAIN)
    if not kept.before == before == files_digest(rule_paths(node.folder, node.config)):
        raise Conflict("the node's rules are not those any more that the review was made beside", _AGAIN)
    offer = Offer(files, before, after, kept.without, kept.left_out)
    try:
        place = put_in_place(node, offer, actor, kept.changes)
    except ConfigError as error:
        raise Conflict(str(error).replace(f"{node.folder.path}/", ""), error.advice()) from error
    shutil.rmtree(folder, ignore_errors=True)
    return Placed(str(place.relative_to(node.folder.path)), kept.left_out)


def told(found: Reviewed, *, examples: bool) -> bytes:
    """A review as JSON; LimitExceeded where it is too long. Without `examples` it shows no event of the lake."""
    said = asdict(found)
    if not examples:
        for rule in said["review"]["rules"]:
            rule["before"]["examples"] = rule["after"]["examples"] = ()
    text = encode({"reviewed": said}).encode()
    if len(text) > limits.RULE_REVIEW_BYTES:
        raise LimitExceeded(
            f"the review is longer than {limits.RULE_REVIEW_BYTES // limits.MIB} MiB", "Review a part of the rules."
        )
    return text


def _place(folder: NodeFolder, digest: str) -> Path:
    return folder.spool / f"{_PREFIX}{digest}"


def _keep(folder: NodeFolder, offered: Path, digest: str) -> None:
    """Rule 3."""
    place = _place(folder, digest)
    shutil.rmtree(place, ignore_errors=True)
    offered.rename(place)
    kept = sorted(folder.spool.glob(f"{_PREFIX}*"), key=lambda each: each.stat().st_mtime_ns, reverse=True)
    for old in kept[limits.RULE_OFFERS :]:
        shutil.rmtree(old, ignore_errors=True)


def _read(folder: Path) -> _Kept | None:
    try:
        return msgspec.json.decode((folder / _OFFER).read_bytes(), type=_Kept)
    except (OSError, msgspec.DecodeError):
        return None  # as good as not reviewed
