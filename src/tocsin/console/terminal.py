"""The scan summary on a terminal: what needs a person first, then what was read and what was not.

Rules:
1. The queue comes first; what is folded (model.Incident.queued) is only counted while there is a queue.
2. All foreign text goes through the terminal sink and is defanged; nothing is read as rich markup.
3. It fits 80 columns; wider terminals show more of titles and names.
4. Level is told in words, colour only repeats it (rich obeys NO_COLOR).
5. The summary is bounded: what it leaves out, it counts.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.console.headline import SOON_SCORE, beneath, headline
from tocsin.model import Incident
from tocsin.model.report import ScanReport, SourceRead
from tocsin.sinks.defang import defang
from tocsin.sinks.terminal import plain, safe
from tocsin.triage.evidence import EvidenceLine, first_lines
from tocsin.triage.stages import course
from tocsin.triage.who.telling import namings
from tocsin.words.dates import duration, span, utc
from tocsin.words.messages import first_few, grouped, say, say_many

INCIDENTS = 20  # rows of the table
TOLD = 3  # incidents whose lines are listed: the first, and further ones that deserve a look today
SOURCES = 15  # sources listed, those with problems first
REASONS = 4  # reasons why files were not read
NOTES = 10
HOSTS = 2
FIELDS = 4  # of an event
NAMINGS = 2  # sentences on who was who
TECHNIQUES = 4
REASON_CHARACTERS = 400
INDENT = 4  # columns

_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "blue", "informational": "dim"}


def print_summary(report: ScanReport, console: Console, report_path: str = "") -> None:
    """Write the summary of a scan; `report_path` is where the HTML page was written."""
    console.print(summary(report, report_path))


def summary(report: ScanReport, report_path: str = "") -> Group:
    """The parts of the summary in order."""
    return Group(*_parts(report, report_path))


def _parts(report: ScanReport, report_path: str) -> Iterator[RenderableType]:
    yield Text(headline(report), style="bold")
    yield foreign(beneath(report) + " " + say("It took {duration}.", duration=duration(report.seconds)))
    queue = [incident for incident in report.incidents if incident.queued]
    if report.incidents:
        yield Text()
        yield _incidents((queue or report.incidents)[:INCIDENTS])
        yield from _more(len(queue or report.incidents) - INCIDENTS)
        yield from _folded(len(report.incidents) - len(queue) if queue else 0)
        for rank, incident in enumerate((queue or report.incidents)[:TOLD], start=1):
            if rank == 1 or incident.score >= SOON_SCORE:
                yield Text()
                yield from incident_lines(str(rank), incident)
    yield Text()
    yield from _sources(report.sources)
    yield from _doubts(report)
    if report_path:
        yield Text()
        yield plain(say("The full report is in {path}", path=report_path), "bold")


def _incidents(incidents: Sequence[Incident]) -> Table:
    """One row an incident. Title and host share what the fixed columns leave."""
    table = Table(box=None, pad_edge=False, expand=True, header_style="dim")
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column(say("Level"), no_wrap=True)
    table.add_column(say("Points"), justify="right", no_wrap=True)
    table.add_column(say("Incident"), ratio=3, overflow="fold")
    table.add_column(say("First (UTC)"), no_wrap=True)
    for rank, incident in enumerate(incidents, start=1):
        first = utc(incident.first)[: len("2022-07-15 09:31")] if incident.first else "–"
        table.add_row(str(rank), level_word(incident.level), str(incident.score), foreign(incident.title), first)
    return table


def incident_lines(label: str, incident: Incident) -> Iterator[RenderableType]:
    """One incident's title after a label, its place, time, course, first lines, likely harmless cause and next step."""
    yield Text.assemble(f"{label}  ", foreign(incident.title, "bold"))
    where = [
        first_few(incident.hosts, HOSTS),
        first_few(sorted({finding.serves for finding in incident.findings if finding.serves}), HOSTS),
        " ".join(incident.attack[:TECHNIQUES]),
        span(incident.first, incident.last),
    ]
    yield _indented(foreign(" · ".join(part for part in where if part), "dim"))
    yield from (_indented(foreign(sentence, "dim")) for sentence in namings(incident.findings)[:NAMINGS])
    yield from (_indented(foreign(sentence)) for sentence in course(incident.stages))
    lines = first_lines(incident)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    seen: set[int] = set()
    for line in lines:
        text = _fields(line) if id(line.finding) in seen else line.told
        seen.add(id(line.finding))
        at = utc(line.time)[: len("2022-07-15 09:31")] if line.time else "–"
        host = _short(line.finding.host) if len(incident.hosts) > 1 else ""
        table.add_row(Text(at, style="dim"), level_word(line.finding.rule.level), foreign(text), foreign(host, "dim"))
    yield _indented(table)
    yield from map(_indented, _beyond(incident, lines))
    for doubt in incident.against[:1]:
        yield _indented(foreign(doubt))
    for step in incident.next_steps[:1]:
        yield _indented(foreign(say("Next: {step}", step=step)))


def _fields(line: EvidenceLine) -> str:
    """A further event of a finding that was told already: what the event itself says."""
    fields = line.event.fields if line.event else {}
    shown = ", ".join(f"{name} {value}" for name, value in list(fields.items())[:FIELDS])
    return shown or line.told


def _sources(sources: Sequence[SourceRead]) -> Iterator[RenderableType]:
    """What a reader took; sources with problems and rejects first. What no reader took is told in `_doubts`."""
    sources = [source for source in sources if source.reader]
    if not sources:
        return
    table = Table(box=None, pad_edge=False, expand=True, header_style="dim")
    table.add_column(say("Source"), ratio=2, overflow="fold")
    table.add_column(say("Reader"), no_wrap=True)
    table.add_column(say("Records"), justify="right", no_wrap=True)
    table.add_column(say("Not readable"), justify="right", no_wrap=True)
    ordered = sorted(sources, key=lambda source: (not source.problem, -source.rejects, -source.records))
    for source in ordered[:SOURCES]:
        name = foreign(source.name)
        if source.problem:
            name = Text("\n").join([name, foreign(source.problem, "yellow")])
        elif source.known:
            name.append_text(Text(" " + say("(known already)"), style="dim"))
        rejects = Text(grouped(source.rejects), style="yellow" if source.rejects else "dim")
        table.add_row(name, foreign(source.reader or "–"), grouped(source.records), rejects)
    yield table
    yield from _more(len(sources) - SOURCES)


def _doubts(report: ScanReport) -> Iterator[RenderableType]:
    """What was assumed, and which rules and log sources are missing."""
    lines = [*report.notes[:NOTES], *_unread(report.sources)]
    if report.rejected:
        lines.append(say_many("{n} record could not be read.", "{n} records could not be read.", report.rejected))
    if report.rules.refused:
        refused = say_many("{n} rule was refused", "{n} rules were refused", report.rules.refused)
        lines.append(say("{refused}: `tocsin rules check` says why.", refused=refused))
    if report.missing:
        waiting = sum(source.rules for source in report.missing)
        rules = say_many("{n} rule waits", "{n} rules wait", waiting)
        names = first_few([source.name for source in report.missing], TOLD)
        lines.append(say("{rules} for log sources that were not here: {names}.", rules=rules, names=names))
    if lines:
        yield Text()
    for line in lines:
        yield Text.assemble(("! ", "yellow"), foreign(line))
    yield from _more(len(report.notes) - NOTES)


def _unread(sources: Sequence[SourceRead]) -> Iterator[str]:
    """Files that no reader took, counted by the reason."""
    reasons = Counter(source.problem for source in sources if source.problem and not source.reader)
    if reasons:
        told = first_few([f"{reason} ({count})" for reason, count in reasons.most_common()], REASONS)
        files = say_many("{n} file was not read", "{n} files were not read", reasons.total())
        yield say("{files}: {reasons}.", files=files, reasons=told)


def foreign(text: str, style: str = "") -> Text:
    """Foreign text on one line: harmless, defanged, bounded."""
    return plain(defang(text[:REASON_CHARACTERS]), style)


def level_word(level: str) -> Text:
    """A level, with its colour."""
    return Text(safe(level), style=_STYLES.get(level, ""))


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, INDENT))


def _more(number: int) -> Iterator[RenderableType]:
    if number > 0:
        yield Text(say_many("… and {n} more", "… and {n} more", number), style="dim")


def _short(host: str) -> str:
    """`FS01` for `FS01.ministry.example`; addresses stay whole."""
    return host if host.replace(".", "").isdigit() else host.partition(".")[0]


def _beyond(incident: Incident, lines: Sequence[EvidenceLine]) -> Iterator[RenderableType]:
    """How many findings the first lines do not tell of."""
    told = {id(line.finding) for line in lines}
    yield from _more(sum(id(finding) not in told for finding in incident.findings))


def _folded(number: int) -> Iterator[RenderableType]:
    if number > 0:
        one = "{n} more, for completeness: weak, routine or told once. The report lists it."
        many = "{n} more, for completeness: weak, routine or told once. The report lists them."
        yield Text(say_many(one, many, number), style="dim")
