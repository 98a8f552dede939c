"""All readers, and the choice of one for a source by its first bytes.

Rules:
1. Every reader module has a tuple `READERS`; a new format is one more module in the list below.
2. The highest score wins; on a tie the reader that comes first in `READERS` wins, so the first certain one ends it.
3. Files that are no logs (pictures, programs, captures, documentation) are told by their magic or name, with advice;
   a reader that is sure (`LIKELY` or more) overrides the name, never the magic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from tocsin.errors import UsageError
from tocsin.telemetry import (
    auditd,
    cef,
    dhcp,
    dns_server,
    evtx,
    exchange,
    flow_csv,
    flow_nfcapd,
    iis,
    journald,
    json_reader,
    mapped,
    squid,
    syslog,
    weblog,
    windows_xml,
    zeek_tsv,
)
from tocsin.telemetry.reader import CERTAIN, LIKELY, NO, Head, Reader

READERS: tuple[Reader, ...] = tuple(
    reader
    for module in (
        evtx,
        windows_xml,
        zeek_tsv,
        flow_nfcapd,
        flow_csv,
        json_reader,
        auditd,
        journald,
        cef,
        iis,
        squid,
        weblog,
        exchange,
        dhcp,
        dns_server,
        syslog,
        mapped,
    )
    for reader in cast(tuple[Reader, ...], module.READERS)
)
"""All readers, in the order in which ties are decided."""

_FOREIGN_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xd4\xc3\xb2\xa1", "packet capture: convert it with zeek or suricata first"),
    (b"\xa1\xb2\xc3\xd4", "packet capture: convert it with zeek or suricata first"),
    (b"\x4d\x3c\xb2\xa1", "packet capture: convert it with zeek or suricata first"),
    (b"\xa1\xb2\x3c\x4d", "packet capture: convert it with zeek or suricata first"),
    (b"\x0a\x0d\x0d\x0a", "packet capture: convert it with zeek or suricata first"),
    (b"\x30\x82", "not a log: certificate or key"),
    (b"\x89PNG\r\n", "not a log: picture"),
    (b"\xff\xd8\xff", "not a log: picture"),
    (b"GIF8", "not a log: picture"),
    (b"%PDF-", "not a log: PDF document"),
    (b"\xd0\xcf\x11\xe0", "not a log: Office document"),
    (b"\x7fELF", "not a log: program"),
    (b"MZ\x90", "not a log: program"),
    (b"SQLite format 3\x00", "not a log: SQLite database"),
    (b"PAR1", "not a log: Parquet file, perhaps of a lake; query it with `tocsin hunt`"),
    (b"Rar!\x1a", "RAR archive: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive: unpack it first"),
    (b"regf", "not a log: registry hive"),
    (b"MDMP", "not a log: memory dump"),
    (b"\x00\x05\x16\x07", "not a log: macOS resource fork"),
    (b"LPKSHHRH", "systemd journal: export it with `journalctl -o json --file FILE`"),
    (b"\x30\x00\x00\x00LfLe", "old Windows event log (.evt): convert it to .evtx with wevtutil first"),
)

_DOCUMENT_ENDINGS = (
    *(".md", ".rst", ".html", ".htm", ".css", ".js", ".ts", ".py", ".sh", ".ps1", ".bat", ".go", ".rs", ".c", ".h"),
    *(".yml", ".yaml", ".toml", ".ini", ".cfg", ".conf", ".mod", ".sum", ".lock", ".sql", ".bib", ".tex", ".ipynb"),
)
_ANSWER_SHEET = "ground-truth.json"
_DOCUMENT_NAMES = ("readme", "license", "licence", "copying", "notice.txt", "changelog", "makefile", "dockerfile")


@dataclass(frozen=True, slots=True)
class Choice:
    """The reader for a source, None when no reader recognises it, and the reason in words."""

    reader: Reader | None
    score: int
    runner_up: tuple[str, int] | None
    why: str


def reader_by_name(name: str) -> Reader:
    """The reader of that name. Raises UsageError when there is none."""
    for reader in READERS:
        if reader.name == name:
            return reader
    known = ", ".join(sorted(reader.name for reader in READERS))
    raise UsageError(f"no reader is called {name!r}", f"Known readers: {known}.")


def choose(head: Head, override: str | None = None, own: Sequence[Reader] = ()) -> Choice:
    """The reader for a source. `override` names one and ends the search; UsageError when it does not exist.

    `own` are readers of the user's mapping files: one that recognises anything of the head goes first.
    """
    if override:
        return Choice(reader_by_name(override), CERTAIN, None, "chosen by hand")
    for reader in own:
        score = reader.sniff(head)
        if score > NO:
            return Choice(reader, score, None, f"recognised by the mapping {reader.name}")
    foreign = _foreign(head)
    if foreign:
        return Choice(None, NO, None, foreign)
    scores = _scores(head)
    (score, _, best), second = scores[0], scores[1:2]
    runner_up = (second[0][2].name, second[0][0]) if second and second[0][0] > NO else None
    if score == NO:
        return Choice(None, NO, None, "not recognised: no reader knows this format")
    if score < LIKELY and _is_document(head.name):
        return Choice(None, score, (best.name, score), "not recognised: documentation or source code by its name")
    beside = f", before {runner_up[0]} with {runner_up[1]}" if runner_up else ""
    return Choice(best, score, runner_up, f"recognised as {best.title} with {score} of 100{beside}")


def _scores(head: Head) -> list[tuple[int, int, Reader]]:
    """(score, place, reader), best first. A certain reader ends the search: nothing after it could win."""
    scores: list[tuple[int, int, Reader]] = []
    for place, reader in enumerate(READERS):
        scores.append((reader.sniff(head), -place, reader))
        if scores[-1][0] >= CERTAIN:
            break
    return sorted(scores, key=lambda entry: entry[:2], reverse=True)


def _foreign(head: Head) -> str:
    if head.name.endswith(_ANSWER_SHEET) and '"scenario"' in head.text:
        return "not a log: the answer sheet of an exercise"
    for magic, reason in _FOREIGN_MAGIC:
        if head.data.startswith(magic):
            return reason
    return ""


def _is_document(name: str) -> bool:
    last = name.lower().rsplit("!", 1)[-1].rsplit("/", 1)[-1]
    return last.endswith(_DOCUMENT_ENDINGS) or last.startswith(_DOCUMENT_NAMES)
