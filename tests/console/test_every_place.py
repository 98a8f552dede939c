"""The hostile corpus through every place that writes foreign text: pages, summaries, files, the log, notifications."""

import csv
import io
import json
import logging
import re

import pyarrow as pa
import pytest
from hostile_corpus import LINES, SIZES
from markdown_it import MarkdownIt
from node_folders import NOW
from rich.console import Console
from sample_report import START, hostile, hostile_report
from sqlalchemy import select
from test_report import Page

from tocsin import limits
from tocsin.cli import hunt_output
from tocsin.console.case import Case, Change, Part, print_case
from tocsin.console.case_files import case_csv, case_json, case_markdown
from tocsin.console.duty import (
    Off,
    as_markdown,
    as_text,
    handover_sections,
    report_csv,
    report_sections,
    silent_line,
)
from tocsin.console.formats import Hit, findings_csv, findings_json, findings_ndjson, hit_line
from tocsin.console.joining import print_joins
from tocsin.console.queue import QueueRow, print_queue
from tocsin.console.report import report_html
from tocsin.console.splitting import Moved, Parting, print_parting
from tocsin.console.terminal import print_summary
from tocsin.node.api.log import LOGGER, encoded
from tocsin.node.duty.handover import ClockRow, Decided, handover
from tocsin.node.duty.report import By, count
from tocsin.node.duty.worked import Worked
from tocsin.node.service.log_lines import JsonLine
from tocsin.node.store.holds import Hold
from tocsin.node.store.incident_state import IncidentState, Note
from tocsin.node.store.outbox import OUTBOX
from tocsin.node.upkeep.evidence_readme import readme
from tocsin.node.upkeep.notify import Notice, put
from tocsin.node.upkeep.shell import OpenNode
from tocsin.sinks.characters import ACTING
from tocsin.triage import group_findings

csv.field_size_limit(1 << 24)
LINK = re.compile(r"(?i)(?:https?|ftp)://(?!attack\.mitre\.org/|atlas\.mitre\.org/)|(?<!\w)www\.\w")
COLOURS = re.compile(r"\x1b\[[\d;]*m")
CORPUS = LINES | {name: SIZES[name] for name in ("100,000 letters", "many lines")}
"""The sinks get all sizes; places would take minutes for them."""
HARMLESS = tuple(f"word{number}" for number in range(len(CORPUS)))
TEXTS = tuple(CORPUS.values())


def harmless(text: str) -> None:
    """Nothing but line ends acts, and nothing can be opened."""
    found = ACTING.search(text.replace("\n", ""))
    assert found is None, text[max(0, found.start() - 40) :][:80]
    link = LINK.search(text)
    assert link is None, text[max(0, link.start() - 40) :][:80]


def printed(show: object, *arguments: object) -> str:
    """What a terminal with colours would get, without our own colours."""
    out = io.StringIO()
    show(*arguments, Console(file=out, width=100, force_terminal=True, color_system="standard", highlight=False))  # type: ignore[operator]
    return COLOURS.sub("", out.getvalue())


def shapes(page: Page) -> set[tuple[str, str]]:
    """Every kind of element with every kind of attribute."""
    return {(tag, name) for tag, attributes in page.elements for name in ("", *attributes)}


def test_the_page_of_a_scan_has_no_element_and_attribute_that_harmless_words_have_not() -> None:
    text = report_html(hostile_report(TEXTS))
    page = Page(text)
    assert shapes(page) <= shapes(Page(report_html(hostile_report(HARMLESS))))
    assert all(url.startswith(("#", "https://attack.mitre.org/")) for url in page.values("href"))
    assert not ACTING.search(text.replace("\n", ""))


def test_the_summary_of_a_scan_is_harmless() -> None:
    texts = [CORPUS[name] for name in CORPUS]
    for start in range(0, len(texts), 3):  # a summary lists few incidents
        harmless(printed(lambda report, console: print_summary(report, console, "report.html"),
                         hostile_report(texts[start : start + 3])))  # fmt: skip


def test_findings_in_files_are_harmless() -> None:
    findings = hostile(TEXTS)
    incidents = group_findings(findings, START)
    for record in csv.reader(io.StringIO("".join(findings_csv(incidents)), newline="")):
        assert not [cell for cell in record if re.match(r"\s*[=+\-@＝＋－＠]", cell) or ACTING.search(cell)]
    for text in ("".join(findings_json(incidents)), "".join(findings_ndjson(incidents))):
        assert not ACTING.search(text.replace("\n", ""))
    exact = {text.encode(errors="replace") for text in TEXTS if text.isprintable()}
    told = {json.loads(line)["title"].encode() for line in findings_ndjson(incidents)}
    assert exact <= told
    for text in TEXTS:
        assert json.loads(hit_line(Hit(text, "e", text, 1, None)))["record"] == 1
        assert not ACTING.search(hit_line(Hit(text, text, text, 1, None)).removesuffix("\n"))


def hostile_case(text: str) -> Case:
    """An incident of which every foreign text is this one."""
    (incident,) = group_findings(hostile([text])[:1], START)
    note = Note(2, START, text, text)
    state = IncidentState("I-1", 2, START, START, incident, (), notes=(note,), owner=text, readers=(text,),
                          acknowledged=START, acknowledged_by=text, apart=(text,), said=incident)  # fmt: skip
    parts, holds = (Part(text, text, "high", 1, (note,)),), (Hold("h", "I-1", text, text, START),)
    return Case(state, incident, 1, {text: text}, (Change(3, START, text, text, text),), parts, holds)


@pytest.mark.parametrize("name", CORPUS)
def test_an_incident_that_is_shown_is_harmless(name: str) -> None:
    text = CORPUS[name][: limits.NOTE_CHARACTERS]
    harmless(printed(print_case, hostile_case(text)))
    row = QueueRow("I-1", 1, text, "high", 3, "open", text, True, (text, text), START, acknowledged=START,
                   acknowledged_by=text)  # fmt: skip
    harmless(printed(lambda console: print_queue([row], {text: text}, 1, console, START)))
    moved = Moved(text, text, "high", text, text, START, 1)
    harmless(printed(print_parting, Parting([moved], [moved], [{"kind": "host", "shared": text}])))
    harmless(printed(print_joins, hostile([text, text[:10] + "x"])))


@pytest.mark.parametrize("name", CORPUS)
def test_an_incident_in_a_file_is_harmless(name: str) -> None:
    case = hostile_case(CORPUS[name][: limits.WHY_CHARACTERS])
    page = "".join(case_markdown(case, START))
    harmless(page)
    assert elements(page) <= elements("".join(case_markdown(hostile_case("word"), START)))
    for record in csv.reader(io.StringIO("".join(case_csv(case)), newline="")):
        assert not [cell for cell in record if re.match(r"\s*[=+\-@＝＋－＠]", cell) or ACTING.search(cell)]
    assert not ACTING.search("".join(case_json({"text": case.state.title})).removesuffix("\n"))


@pytest.mark.parametrize("name", CORPUS)
def test_a_hand_over_and_a_report_are_harmless(name: str) -> None:
    text = CORPUS[name][: limits.WHY_CHARACTERS]
    pages = []
    for each in (text, "word"):
        case = Worked(
            "I-1", each, "high", 1, "open", "", each, each, START, None, None, "", (each,), (each,), each, each
        )
        told = handover([case], [Decided("I-1", each, 1, START, each, each, each)], [ClockRow("I-1", each, START)],
                        START, START)  # fmt: skip
        sections = handover_sections(told, {}, [Off(each, START, each, each)], [silent_line({"sensor": each})])
        counted = count([case], START, START, By.RULE, START)
        sections += report_sections(counted, "rule", {})
        pages.append("".join(as_markdown("Title", sections)))
        harmless("".join(as_text("Title", sections)))
        harmless(pages[-1])
        for record in csv.reader(io.StringIO("".join(report_csv(counted, {})), newline="")):
            assert not [cell for cell in record if re.match(r"\s*[=+\-@＝＋－＠]", cell) or ACTING.search(cell)]
    assert elements(pages[0]) <= elements(pages[1])


def elements(page: str) -> set[tuple[str, str]]:
    """Every kind of element that a reader of Markdown makes of a page, with its attributes."""
    return shapes(Page(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(page))) - {("br", "")}


def test_rows_of_a_hunt_are_harmless_in_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    texts = [text.encode(errors="replace").decode() for text in TEXTS]
    rows = pa.table({"value": texts, "=name\x1b[2J": texts})
    hunt_output.write_rows(rows, "table", None)
    text = capsys.readouterr().out
    assert not ACTING.search(text.replace("\n", ""))
    written = "".join(hunt_output.csv_text(rows))
    for record in csv.reader(io.StringIO(written, newline="")):
        assert not [cell for cell in record if re.match(r"\s*[=+\-@＝＋－＠]", cell) or ACTING.search(cell)]
    for written in ("".join(hunt_output.json_text(rows)), "".join(hunt_output.ndjson_text(rows))):
        assert not ACTING.search(written.replace("\n", ""))
    assert [json.loads(line)["value"] for line in hunt_output.ndjson_text(rows)] == texts


def test_a_line_of_the_log_is_one_harmless_line() -> None:
    for text in TEXTS:
        ours = logging.LogRecord("tocsin.engine", logging.WARNING, "", 1, "told %s", (text,), None)
        other = logging.LogRecord("library", logging.WARNING, "", 1, text, (), None)
        api = logging.LogRecord(LOGGER.name, logging.INFO, "", 1, "%s", (encoded({"event": "x", "path": text}),), None)
        for record in (ours, other, api):
            line = JsonLine().format(record)
            assert not ACTING.search(line)
            assert json.loads(line)["time"]


def test_a_notification_is_harmless(node: OpenNode) -> None:
    with node.store.write() as connection:
        for text in TEXTS:
            put(connection, text[:200], Notice("kind", f"Sensor {text} is silent.", {"sensor": text[:200]}), NOW)
    with node.store.read() as connection:
        bodies = list(connection.scalars(select(OUTBOX.c.body)))
    assert len(bodies) == len(TEXTS)
    for body in bodies:
        assert not ACTING.search(body)
        harmless(json.loads(body)["text"])


def test_the_words_beside_evidence_are_harmless() -> None:
    for text in TEXTS:
        harmless(readme(text, "0123456789abcdef"))
