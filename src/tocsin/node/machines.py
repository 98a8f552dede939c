"""Which machine wrote a log that does not say so: auditd without `node=`, a web server's access log.

Rules, the first that fits:
1. What the person said (`--sensor`).
2. The folder above `var/log` (`collected/web01/var/log/audit/audit.log` → web01).
3. The folder of the file, where files of the same name lie in sibling folders (`git1/audit.log`, `jump1/audit.log`).
Nothing is guessed from one lone folder. What was taken is told, and so is what stayed unknown.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from tocsin.model import Finding
from tocsin.triage.twins import AUDITD
from tocsin.words.messages import first_few, say, say_many

TOLD = 3  # names in a note
MACHINE_TABLES = r"(?:linux|web)_.*"
"""Tables whose logs may leave out the machine that wrote them: a regular expression over the whole name."""
_TABLES = re.compile(MACHINE_TABLES)
_SEPARATORS = re.compile(r"[/\\!]+")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,252}", re.ASCII)
_NUMBERED = re.compile(r"[\d._-]+")
_LOG_FOLDERS = ("var", "log")


def machines(names: Mapping[str, str], tables: Mapping[str, Collection[str]], sensor: str) -> dict[str, str]:
    """The machine of each source (by id) that feeds a table whose records may name none. `names` are the paths."""
    mute = {id: name for id, name in names.items() if any(_TABLES.fullmatch(table) for table in tables.get(id, ()))}
    if sensor:
        return dict.fromkeys(mute, sensor)
    split = {id: _SEPARATORS.split(name) for id, name in mute.items()}
    siblings: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for parts in split.values():
        if len(parts) > 1:
            siblings[_place(parts)].add(parts[-2])
    found = {id: _above_logs(parts) or _sibling(parts, siblings) for id, parts in split.items()}
    return {id: name for id, name in found.items() if name}


def _place(parts: Sequence[str]) -> tuple[str, ...]:
    """Everything but the folder, and the file's name without the numbers of its rotation or date."""
    return (*parts[:-2], re.sub(r"\d+", "", parts[-1]))


def _above_logs(parts: Sequence[str]) -> str:
    for at in range(1, len(parts) - 2):
        if tuple(parts[at : at + 2]) == _LOG_FOLDERS:
            return _name(parts[at - 1])
    return ""


def _sibling(parts: Sequence[str], siblings: Mapping[tuple[str, ...], Collection[str]]) -> str:
    return _name(parts[-2]) if len(parts) > 1 and len(siblings[_place(parts)]) > 1 else ""


def _name(folder: str) -> str:
    """The folder if it can be a machine's name: not a number, not a date."""
    return folder if _NAME.fullmatch(folder) and not _NUMBERED.fullmatch(folder) else ""


def machine_notes(findings: Sequence[Finding], taken: Mapping[str, str], sensor: str) -> list[str]:
    """What was assumed about machines, and what stays unknown; nothing where no finding depends on it."""
    told = [finding for finding in findings if _TABLES.fullmatch(finding.table)]
    used = sorted(set(taken.values()) & {finding.host for finding in told})
    notes = []
    if used and not sensor:
        sentence = (
            "Logs that name no machine were taken for that of their folder: {names}. --sensor NAME says otherwise."
        )
        notes.append(say(sentence, names=first_few(used, TOLD)))
    unknown = [finding for finding in told if not finding.host]
    if unknown:
        one = "{n} finding names no machine: scan each machine's logs with --sensor NAME."
        many = "{n} findings name no machine: scan each machine's logs with --sensor NAME."
        notes.append(say_many(one, many, len(unknown)))
    if any(finding.table == AUDITD for finding in unknown):
        notes.append(say("auditd writes its machine into every record with `name_format = hostname` (auditd.conf)."))
    return notes
