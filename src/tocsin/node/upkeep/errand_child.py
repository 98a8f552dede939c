"""The process of one errand (`errands`): reads what it is told, does it, says how it went, ends."""

import json
import signal
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import cast

import msgspec
import pyarrow as pa

from tocsin import clock, limits
from tocsin.errors import HuntError, RuleError, TocsinError
from tocsin.lake.catalog import Catalog
from tocsin.node.explaining import explain_events, told_why
from tocsin.node.forking import end_with
from tocsin.node.hunting import TOLD, Hunted, ask_indicators, ask_rules, ask_sql, read_indicators
from tocsin.node.indicator_list import listed
from tocsin.node.rule_hunt import Period
from tocsin.node.targets import look
from tocsin.node.upkeep import asset_list
from tocsin.node.upkeep.errands import (
    EraseValue,
    ExplainEvents,
    ExportEvidence,
    FindValue,
    HuntLake,
    ImportAssets,
    ImportIndicators,
    ListIndicators,
    LookAtTargets,
    PlaceRules,
    RemoveIndicators,
    ReviewRules,
    Said,
    Sent,
)
from tocsin.node.upkeep.evidence import export_evidence
from tocsin.node.upkeep.indicators import import_into, remove_from
from tocsin.node.upkeep.outbound import destinations, install
from tocsin.node.upkeep.privacy import erase, find, told
from tocsin.node.upkeep.rule_offers import place_offer, review_parcel
from tocsin.node.upkeep.shell import OpenNode, open_node


def main() -> None:
    """Do one errand."""
    sent = msgspec.json.decode(sys.stdin.buffer.read(), type=Sent)
    signal.alarm(sent.seconds)
    end_with(sent.server)
    try:
        with open_node(Path(sent.folder)) as node:
            install(destinations(node.config))
            said = Said(dict(_done(node, sent)))
    except TocsinError as error:
        said = Said(error=str(error), advice=error.advice(), kind=_kind(error))
    sys.stdout.buffer.write(msgspec.json.encode(said))


def _done(node: OpenNode, sent: Sent) -> Mapping[str, object]:
    match sent.errand:
        case FindValue(value=value, actor=actor):
            return told(find(node, value, actor, clock.now()))
        case EraseValue(value=value, why=why, actor=actor):
            return told(erase(node, value, why, actor, clock.now(), paused=True))
        case ExportEvidence(incident=incident, actor=actor, to=to):
            return asdict(export_evidence(node, incident, Path(to), actor, clock.now()))
        case HuntLake() as asked:
            with closing(Catalog(node.folder.lake)) as catalog:
                return _write(_hunted(catalog, asked), Path(asked.to))
        case ExplainEvents(rule=rule, events=events, strict=strict):
            return told_why(explain_events(node.folder, node.config, rule, events, strict=strict))
        case ReviewRules() as asked:
            return _review(node, asked)
        case LookAtTargets(kind=kind, values=values, seek=seek, drop=drop):
            looked = msgspec.to_builtins(look(node, kind, values, clock.now(), seek=seek, drop=drop))
            return cast(dict[str, object], looked)
        case ImportAssets(name=name, text=text, dry_run=dry_run, actor=actor):
            done = asset_list.take_assets(node, name, text, actor, clock.now(), dry_run=dry_run)
            return asdict(asset_list.told(done))
        case ImportIndicators(path=path, asked=asked, actor=actor):
            return import_into(node, Path(path), asked, actor)
        case ListIndicators(wanted=wanted):
            return cast("Mapping[str, object]", msgspec.to_builtins(listed(node.folder.lake, wanted, clock.now())))
        case RemoveIndicators(what=what, actor=actor):
            return {"removed": remove_from(node, what, actor)}
        case PlaceRules(before=before, after=after, actor=actor):
            return asdict(place_offer(node, before, after, actor))


def _review(node: OpenNode, asked: ReviewRules) -> Mapping[str, object]:
    """The review as a file, and the set where it can be placed from."""
    to = Path(asked.to)
    found, text = review_parcel(
        node, asked.files, asked.days, to.parent, without_refused=asked.without_refused, examples=asked.examples
    )
    to.write_bytes(text)
    return {"after": found.after}


def _hunted(catalog: Catalog, asked: HuntLake) -> Hunted:
    period = Period(asked.since, asked.until)
    if asked.sql:
        return ask_sql(catalog, asked.sql, asked.rows, asked.seconds)
    if asked.indicators:
        wanted, _ = read_indicators(asked.indicators)
        return ask_indicators(catalog, wanted, period, asked.rows)
    with tempfile.TemporaryDirectory(prefix="rules-", dir=Path(asked.to).parent) as folder:
        paths = [Path(folder) / name for name in asked.rules]
        for path, text in zip(paths, asked.rules.values(), strict=True):
            path.write_text(text, "utf-8")
        try:
            found = ask_rules(catalog, paths, None, period, asked.rows, lambda _: None)
        except RuleError as error:
            raise RuleError(str(error).replace(f"{folder}/", ""), error.advice()) from error
    return Hunted(found.rows, tuple(each.replace(f"{folder}/", "") for each in found.told))


def _write(found: Hunted, to: Path) -> Mapping[str, object]:
    """The rows as an Arrow stream with the sentences in its metadata."""
    if found.rows.nbytes > limits.HUNT_RESULT_BYTES:
        raise HuntError(f"the rows are larger than {limits.HUNT_RESULT_BYTES // limits.MIB} MiB", "Ask for fewer.")
    rows = found.rows.replace_schema_metadata({TOLD: json.dumps(found.told)})
    with to.open("wb") as file, pa.ipc.new_stream(file, rows.schema) as stream:
        stream.write_table(rows)
    return {"rows": rows.num_rows}


def _kind(error: TocsinError) -> str:
    """The nearest name that the server knows."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "tocsin.errors")


if __name__ == "__main__":
    main()
