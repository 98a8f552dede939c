"""An export of what an incident rests on, which anybody can check with sha256sum and openssl.

What is in the folder: `README.txt` with the commands; `manifest.json` and its Ed25519 signature `manifest.sig` under
`public-key.pem`; `SHA256SUMS` over all other files, whose own SHA-256 is in the manifest; `events/` with the original
line of each event; `rows.ndjson`, what the lake has of them; `findings.ndjson`; and `custody.ndjson`, the ledger's
entries about the incident, that this export was made among them.

Steps: 1. enter the export in the ledger; 2. read state and lake; 3. write the files; 4. sums, manifest, signature.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection

from tocsin import __version__, limits
from tocsin.errors import TocsinError, UsageError
from tocsin.lake.catalog import CATALOG, Catalog, SourceRecord
from tocsin.lake.lookup import find_event
from tocsin.ledger.entry import Draft, Kind, spelled
from tocsin.ledger.lines import line_of
from tocsin.model import Finding
from tocsin.node.store import findings, ledger
from tocsin.node.store.incidents import present
from tocsin.node.upkeep.evidence_readme import readme
from tocsin.node.upkeep.keys import Purpose, Signer, load_signer
from tocsin.node.upkeep.originals import Original, originals
from tocsin.node.upkeep.private_files import make_private_folder, write_private
from tocsin.node.upkeep.shell import OpenNode
from tocsin.words.messages import say

EVIDENCE = "evidence"  # the type of the manifest
_NUMBER = "{:06d}"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds: events in all, and those of which the original line is there."""

    events: int
    originals: int


def export_evidence(node: OpenNode, incident: str, to: Path, actor: str, time: datetime) -> Exported:
    """Write what an incident rests on into a new folder. UsageError where the folder is not empty."""
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError(f"{to} is not empty", "Name a folder that is not there yet.")
    node.store.transact(lambda connection: _enter(connection, incident, actor, time))
    with node.store.read() as connection:
        found = [stored.finding for stored in findings.by_incident(connection, incident)]
        custody = ledger.newest(connection, limits.CUSTODY_ENTRIES, f"incident:{incident}")
        head = ledger.head(connection)
    make_private_folder(to)
    (to / "events").mkdir()
    events = _write_events(node, sorted({event for each in found for event in each.named_events}), to)
    _write(to, "findings.ndjson", (_json(msgspec.to_builtins(finding)) for finding in found))
    _write(to, "custody.ndjson", (line_of(entry) for entry in reversed(custody)))
    signer = load_signer(node.folder, Purpose.DOCUMENTS)
    about = {"incident": incident, "time": spelled(time), "ledger_entries": head.sequence, "ledger_head": head.digest}
    _sign(to, signer, {**about, "events": events, "unnamed_events": _unnamed(found)})
    return Exported(len(events), sum("file" in event for event in events))


def _enter(connection: Connection, incident: str, actor: str, time: datetime) -> None:
    present(connection, incident, "node")
    ledger.record(connection, Draft(Kind.EVIDENCE, actor, f"incident:{incident}", {"change": "exported"}), time)


def _unnamed(found: Sequence[Finding]) -> int:
    """Events that findings count and do not name, because their lists are bounded."""
    return sum(max(0, finding.count - len(finding.event_ids)) for finding in found)


def _write_events(node: OpenNode, ids: Sequence[str], to: Path) -> list[Mapping[str, object]]:
    """The events' originals and rows; returns what the manifest says of each."""
    if not (node.folder.lake / CATALOG).is_file():
        return [{"event": event, "missing": say("there is no lake")} for event in ids]
    catalog = Catalog(node.folder.lake)
    try:
        kept = _originals(node, catalog, ids)
        told, rows = [], []
        for number, event in enumerate(ids, 1):
            row = _row(catalog, event)
            rows.append(row)
            source = catalog.source(event.rpartition("-")[0])
            told.append(_told(to, number, event, source, kept.get(event), "row" in row))
    finally:
        catalog.close()
    _write(to, "rows.ndjson", map(_json, rows))
    return told


def _originals(node: OpenNode, catalog: Catalog, ids: Sequence[str]) -> dict[str, Original]:
    by_source: dict[str, list[int]] = {}
    for event in ids:
        source, _, record = event.rpartition("-")
        if record.isdecimal():
            by_source.setdefault(source, []).append(int(record))
    found: dict[str, Original] = {}
    for name, records in by_source.items():
        known = catalog.source(name)
        if known is not None:
            found |= {f"{name}-{each.record}": each for each in originals(node.folder, known, records)}
    return found


def _row(catalog: Catalog, event: str) -> Mapping[str, object]:
    try:
        table, row = find_event(catalog, event)
    except TocsinError as error:
        return {"event": event, "missing": str(error)}
    return {"event": event, "table": table, "row": row}


def _told(
    to: Path, number: int, event: str, source: SourceRecord | None, original: Original | None, has_row: bool
) -> Mapping[str, object]:
    """What the manifest says of an event, whose original is written beside."""
    told: dict[str, object] = {"event": event, "row": has_row}
    if source is not None:
        origin = source.origin
        told |= {"source": source.name, "reader": source.reader, "read": source.ingested_at}
        told |= {"organisation": origin.organisation, "network": origin.network, "sensor": origin.sensor}
    if original is None or original.why_not:
        return told | {"no_original": say("its source is unknown") if original is None else original.why_not}
    name = f"events/{_NUMBER.format(number)}.bin"
    write_private(to / name, original.data)
    digest = hashlib.sha256(original.data).hexdigest()
    return told | {"file": name, "line": original.record, "from": original.file, "sha256": digest}


def _sign(to: Path, signer: Signer, fields: Mapping[str, object]) -> None:
    public = signer.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write_private(to / "public-key.pem", public)
    write_private(to / "README.txt", readme(signer.node, signer.key.id).encode())
    names = sorted(path.relative_to(to).as_posix() for path in to.rglob("*") if path.is_file())
    sums = "".join(f"{_sha256(to / name)}  {name}\n" for name in names).encode()
    write_private(to / "SHA256SUMS", sums)
    head = {"type": EVIDENCE, "node": signer.node, "key": signer.key.id, "tocsin": __version__}
    manifest = {**head, "sums": hashlib.sha256(sums).hexdigest(), **fields}
    data = json.dumps(manifest, ensure_ascii=True, indent=1).encode() + b"\n"
    write_private(to / "manifest.json", data)
    write_private(to / "manifest.sig", signer.private.sign(data))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(to: Path, name: str, lines: Iterable[str]) -> None:
    write_private(to / name, "".join(line + "\n" for line in lines).encode())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str)
