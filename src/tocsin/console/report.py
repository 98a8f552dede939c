"""The scan report as one HTML page that needs nothing but itself.

Rules:
1. No external request: styles, script and drawings are inside; the Content-Security-Policy (CSP Level 3) allows only
   them, by their SHA-256, so text from logs could not run even if it got through.
2. Every printed value passes the HTML sink by itself (jinja's `finalize`): made visible, defanged, escaped.
   Only drawings, styles and links built here are marked as HTML.
3. The page is bounded (limits.REPORT_…) and says what it leaves out.
4. It reads without JavaScript; times are UTC, the reader's zone beside them.
"""

import base64
import hashlib
from collections import Counter
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import chain, islice
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tocsin import limits
from tocsin.console.cards import begun, cards
from tocsin.console.headline import SOON_SCORE, beneath, headline
from tocsin.console.matrix import strip, technique_rows
from tocsin.console.timeline import SHAPES, Lane, Mark, timeline
from tocsin.model import LEVELS, Finding, Incident
from tocsin.model.report import ScanReport
from tocsin.sinks import html
from tocsin.sinks.defang import defang
from tocsin.words import rsit
from tocsin.words.dates import duration, local, machine, span, utc
from tocsin.words.messages import grouped, say, say_many

_TEMPLATES = "templates"
_MOST = {
    "title": limits.REPORT_TITLE_CHARACTERS,
    "message": limits.REPORT_MESSAGE_CHARACTERS,
    "findings": limits.REPORT_FINDING_ROWS,
    "sources": limits.REPORT_SOURCE_ROWS,
    "samples": limits.REPORT_SAMPLE_ROWS,
}


def report_html(report: ScanReport) -> str:
    """The page."""
    facts = _facts(report) | _unseen(report) | _frame(report)
    return _environment().get_template("report.html.j2").render(facts)


def _facts(report: ScanReport) -> dict[str, object]:
    """Incidents and findings, bounded."""
    incidents, shown = report.incidents, limits.REPORT_INCIDENTS
    rows = islice(enumerate(incidents, start=1), shown, shown + limits.REPORT_INCIDENT_ROWS)
    total = sum(len(incident.findings) for incident in incidents) + len(report.unjoined)
    counted = Counter(incident.level for incident in incidents if incident.queued)
    shown_cards = cards(incidents)
    return {
        "report": report,
        "cards": shown_cards,
        "queue": [card for card in shown_cards if card.incident.queued],
        "folded": [card for card in shown_cards if not card.incident.queued],
        "queued_total": sum(incident.queued for incident in incidents),
        "rest": list(rows),
        "rest_left_out": len(incidents) - shown - limits.REPORT_INCIDENT_ROWS,
        "findings": list(islice(_ranked_findings(report), limits.REPORT_FINDING_ROWS)),
        "findings_total": total,
        "hosts_total": len({(f.organisation, f.network, f.host) for f in report.findings if f.host}),
        "levels": [(level, counted[level]) for level in reversed(LEVELS) if counted[level]],
        "strip": strip(incidents),
        "techniques": technique_rows(incidents),
        "overview": _overview(incidents),
    }


def _unseen(report: ScanReport) -> dict[str, object]:
    """What Tocsin did not see."""
    unreadable = [source for source in report.sources if source.problem]
    problems: dict[str, list[str]] = {}
    for source in unreadable:
        problems.setdefault(source.problem, []).append(source.name)
    return {
        "problems": sorted(problems.items(), key=lambda problem: len(problem[1])),  # a file that broke before any heap
        "unreadable": unreadable,
        "unseen_total": len(unreadable) + report.rejected + len(report.missing) + report.rules.refused,
        "shown_rejects": min(len(report.rejects), limits.REPORT_SAMPLE_ROWS),
        "shown_refusals": min(len(report.rules.refusals), limits.REPORT_SAMPLE_ROWS),
    }


def _frame(report: ScanReport) -> dict[str, object]:
    """Styles, script, policy and words around the facts."""
    zone = ZoneInfo(report.zone)
    style, script = _part("report.css"), _part("report.js")
    return {
        "style": Markup(style),
        "script": Markup(script),
        "csp": Markup(content_security_policy(style, script)),
        "headline": headline(report),
        "beneath": beneath(report),
        "took": duration(report.seconds),
        "zoned": report.zone != "UTC",
        "local": lambda moment: local(moment, zone),
        "legend": list(reversed(LEVELS)),
        "shapes": {level: Markup(shape) for level, shape in SHAPES.items()},
        "most": _MOST,
    }


def content_security_policy(style: str, script: str) -> str:
    """Nothing may load or run but this style and this script (CSP Level 3 §2.3.1, hash-source)."""
    return (
        f"default-src 'none'; style-src {_hash_source(style)}; script-src {_hash_source(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _ranked_findings(report: ScanReport) -> chain[tuple[int | None, Finding]]:
    """Findings with the rank of their incident, None outside every incident."""
    joined = ((rank, f) for rank, incident in enumerate(report.incidents, start=1) for f in incident.findings)
    return chain(joined, ((None, finding) for finding in report.unjoined))


def _overview(incidents: tuple[Incident, ...]) -> str:
    """The first incidents on one axis; routine ones would only stretch it."""
    urgent = sum(incident.queued and incident.score >= SOON_SCORE for incident in incidents) or len(incidents)
    lanes = [
        Lane(f"{rank}  {incident.title}", tuple(Mark(at, level) for at, level in begun(incident)))
        for rank, incident in enumerate(incidents[: min(urgent, limits.REPORT_LANES)], start=1)
    ]
    return timeline([lane for lane in lanes if lane.marks], say("When the first incidents happened, times in UTC"))


def _level_name(level: str) -> str:
    names = {
        "critical": say("critical"),
        "high": say("high"),
        "medium": say("medium"),
        "low": say("low"),
        "informational": say("informational"),
    }
    return names.get(level, level)


@cache
def _part(name: str) -> str:
    """A file beside the templates, stripped so that the hash is that of the element's whole text."""
    return files("tocsin.console").joinpath(_TEMPLATES, name).read_text(encoding="utf-8").strip()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tocsin.console", _TEMPLATES),
        autoescape=True,
        finalize=_harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"told": _told, "block": _block, "drawing": Markup}
    words = {
        "say": say,
        "say_many": say_many,
        "n": grouped,
        "utc": utc,
        "iso": _iso,
        "rsit_name": rsit.name_of,
        "span": lambda incident: span(incident.first, incident.last),
        "link": Markup,
    }
    environment.globals |= words | {"level_name": _level_name}
    return environment


def _harmless(value: object) -> object:
    """What is printed without a filter: HTML that was built here stays, the rest goes through the sink."""
    return value if isinstance(value, Markup) else Markup(html.attribute(defang(str(value))))


def _told(text: str, longest: int) -> Markup:
    """Foreign text in a sentence or a cell."""
    return Markup(html.isolated(defang(text[: longest + 1]), longest))


def _block(text: str) -> Markup:
    """The value of a field, with its line breaks."""
    return Markup(html.lines(defang(text[: limits.REPORT_FIELD_CHARACTERS + 1]), limits.REPORT_FIELD_CHARACTERS))


def _iso(moment: datetime) -> str:
    return machine(moment) or ""
