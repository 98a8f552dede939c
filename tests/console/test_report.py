"""The page opens from disk, loads nothing, runs nothing foreign, and says what it leaves out."""

import base64
import hashlib
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st
from sample_report import HOSTILE, NOW, START, finding, hostile_report, intrusion, many, report

from tocsin import limits
from tocsin.console.cards import begun, cards
from tocsin.console.headline import beneath, headline
from tocsin.console.matrix import HEATS, strip, technique_rows, technique_url
from tocsin.console.report import report_html
from tocsin.console.timeline import Lane, Mark, timeline
from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.model.report import SourceRead
from tocsin.triage import group_findings

VOID = {"meta", "br", "input", "path", "line", "img"}


class Page(HTMLParser):
    """Every element and attribute of a page; refuses wrong nesting."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def values(self, attribute: str) -> list[str]:
        return [value or "" for _, found in self.elements for name, value in found.items() if name == attribute]


def test_nothing_is_loaded_from_anywhere() -> None:
    for sample in (report(intrusion()), hostile_report()):
        page = Page(report_html(sample))
        assert {tag for tag, _ in page.elements} & {
            "link",
            "img",
            "iframe",
            "object",
            "embed",
            "base",
            "form",
            "image",
            "use",
        } == set()
        assert page.values("src") + page.values("srcset") + page.values("style") + page.values("action") == []
        assert [name for _, found in page.elements for name in found if name.startswith("on")] == []
        assert all(re.match(r"#|https://attack\.mitre\.org/techniques/T[\d/]+$", href) for href in page.values("href"))
        assert all(rel == "noreferrer noopener" for rel in page.values("rel"))


def test_only_the_own_style_and_script_may_run() -> None:
    text = report_html(hostile_report())
    policy = Page(text).values("content")[0]
    assert policy.startswith("default-src 'none'; ")
    for element in ("style", "script"):
        (body,) = re.findall(f"<{element}>(.*?)</{element}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy


def test_hostile_text_stays_text() -> None:
    text = report_html(hostile_report())
    for piece in ("<script>alert", "<img", "\x1b", "\x07", "\u202e", "\u200b", "\ud800", "http://evil", "A" * 2001):
        assert piece not in text.replace("https://attack.mitre.org", "")
    assert "{{ 7 * 7 }}" in text
    text.encode("utf-8")


def test_every_id_is_unique_and_every_anchor_leads_somewhere() -> None:
    page = Page(report_html(report(intrusion())))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in page.values("href") if href.startswith("#")} <= set(ids)


def test_the_page_reads_without_script() -> None:
    text = re.sub(r"<script>.*?</script>", "", report_html(report(intrusion())), flags=re.DOTALL)
    titles = ("seen", "speaks against it", "to do next", "Tocsin did not see")
    whys = ("Why it matters", "Why these belong together", "How it ranks")
    facts = ("vssadmin delete shadows", "record 1,181", "09:31:04 CEST")
    assert [said for said in (*titles, *whys, *facts) if said not in text] == []


def test_the_likely_harmless_cause_is_the_first_that_speaks_against_an_incident() -> None:
    text = report_html(report(intrusion()))
    firsts = re.findall(r"What speaks against it</h4>\s*<ul[^>]*><li>(.*?)</li>", text, re.DOTALL)
    assert len(firsts) == text.count('<details class="card')
    assert all("If it is harmless, then most likely: " in first for first in firsts)


def test_landmarks_labels_and_headings_are_there() -> None:
    page = Page(report_html(report(intrusion())))
    tags = [tag for tag, _ in page.elements]
    assert [tags.count(tag) for tag in ("main", "header", "nav", "footer", "h1")] == [1, 1, 1, 1, 1]
    labelled = [found for tag, found in page.elements if tag == "section"]
    assert all(found.get("aria-labelledby") in page.values("id") for found in labelled)
    assert [found.get("for") for tag, found in page.elements if tag == "label"] == ["filter"]


def test_what_is_left_out_is_counted() -> None:
    text = report_html(report(many(500)))
    assert text.count('<details class="card') == limits.REPORT_INCIDENTS
    assert "Further incidents" in text
    assert "11 more are not shown on this page." in text


def test_the_page_stays_small_and_quick_for_a_flood() -> None:
    long = {f"field{n}": "x" * limits.EVIDENCE_CHARACTERS for n in range(30)}
    rules = [RuleInfo(f"r{n}", f"Rule {n}", "high", attack=("T1059",)) for n in range(40)]
    flood = [
        Finding(
            rules[n % 40], f"H{n // 40}", "SYSTEM", 10, NOW, NOW, (f"e{n}",),
            tuple(Evidence(f"e{n}-{k}", NOW, "a.evtx", k, long | {"k": str(k)}) for k in range(10)),
        )
        for n in range(10_000)
    ]  # fmt: skip
    sample = report(flood)
    began = time.process_time()
    text = report_html(sample)
    assert time.process_time() - began < 30
    assert len(text) < 16_000_000
    assert text.count('class="fields"') <= limits.REPORT_EVIDENCE_EVENTS


def test_the_line_below_counts_rules_and_the_analytics_that_ran() -> None:
    read = report([finding(4, "WS01", "a", 0)])
    assert "rules looked at" in beneath(read)
    assert "rules and 3 analytics looked at" in beneath(replace(read, analytics=3))


def test_the_headline_fits_the_urgency() -> None:
    assert headline(report([])) == "No incident."
    assert headline(report([finding(4, "WS01", "a", 0)])) == "1 incident. It needs you now."
    assert headline(report([finding(2, "WS01", "a", 0)])) == "No incident needs you."
    medium = finding(3, "WS01", "a", 0)
    medium = replace(medium, rule=replace(medium.rule, level="medium"))
    assert headline(report([medium])) == "1 incident. It does not look urgent."


def test_contrast_of_text_is_at_least_four_and_a_half() -> None:
    style = re.search(r"<style>(.*?)</style>", report_html(report([])), re.DOTALL)
    assert style
    for block in re.findall(r":root \{(.*?)\}", style[1], re.DOTALL)[:2]:
        colour = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        for text in ("ink", "quiet", "link", "warn", "critical", "high", "medium", "low", "informational"):
            for ground in ("page", "paper", "soft") if text in {"ink", "quiet"} else ("page", "paper"):
                assert contrast(colour[text], colour[ground]) >= 4.5, (text, ground)
        for level in ("critical", "high", "medium", "low", "informational"):
            assert contrast(colour["on"], colour[level]) >= 4.5, level
        assert all(contrast(colour["ink"], colour[f"heat{n}"]) >= 4.5 for n in (1, 2, 3))
        assert contrast(colour["hot"], colour["heat4"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 §1.4.3."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))
LANES = st.lists(
    st.builds(
        Lane,
        st.text() | st.sampled_from(HOSTILE),
        st.lists(st.builds(Mark, MOMENTS, st.sampled_from(["high", "low", "odd"])), max_size=5).map(tuple),
    ),
    max_size=4,
)


@settings(max_examples=60)
@given(LANES)
def test_a_timeline_of_anything_is_well_formed_and_inside_its_frame(lanes: list[Lane]) -> None:
    drawn = timeline(lanes, "When")
    page = Page(drawn)
    assert (drawn == "") == (not any(lane.marks for lane in lanes))
    assert all(0 <= float(x.removesuffix("%")) <= 100 for x in page.values("x"))


def test_marks_that_would_overlap_are_one_mark_that_counts() -> None:
    marks = tuple(Mark(NOW + timedelta(milliseconds=n), "low") for n in range(50))
    drawn = timeline([Lane("a", (*marks, Mark(NOW + timedelta(days=1), "critical")))], "When")
    assert "50 findings, strongest level low" in drawn
    assert drawn.count("<path") == 2


def test_the_strip_and_the_table_count_the_same_incidents() -> None:
    incidents = group_findings(intrusion(), NOW)
    cells = {cell.name: cell for cell in strip(incidents)}
    assert (cells["Impact"].incidents, cells["Impact"].heat) == (1, 1)
    assert (cells["Collection"].incidents, cells["Collection"].heat) == (0, 0)
    assert max(cell.heat for cell in cells.values()) <= len(HEATS)
    assert {row.id for row in technique_rows(incidents)} == {t for incident in incidents for t in incident.attack}


def test_only_ids_of_the_right_form_become_links() -> None:
    assert technique_url("T1003.001") == "https://attack.mitre.org/techniques/T1003/001/"
    assert technique_url('T1003"><script>') == ""


def test_the_course_of_an_incident_ends_where_the_incident_ends() -> None:
    weak = finding(2, "WS05", "a", -5 * 24 * 60)
    weak = replace(weak, last=START + timedelta(minutes=3), count=2)
    (incident,) = group_findings([finding(4, "WS05", "a", 0), finding(8, "WS05", "a", 2), weak], NOW)
    assert [moment >= START for moment, _ in begun(incident)] == [True] * 3
    (card,) = cards([incident])
    assert "07:31:04" in card.course and "Jul" not in card.course
    assert card.seen[0].finding.rule.id == "rule-4"


def test_files_with_one_problem_are_one_row_that_counts_them() -> None:
    sources = tuple(SourceRead(f"logs/{n}.md", "", "", 0, 0, "no reader knows it") for n in range(40))
    text = report_html(report(intrusion(), sources=(*sources, SourceRead("logs/a.gz", "", "", 0, 0, "damaged"))))
    unseen = text[text.index('id="unseen"') : text.index('id="sources"')]
    assert unseen.count("no reader knows it") == 1 and "and 37 more" in unseen
    assert unseen.index("damaged") < unseen.index("no reader knows it")


def test_a_card_shows_its_first_lines_and_stages_and_folds_the_findings() -> None:
    text = report_html(report(intrusion()))
    card = text[text.index('id="incident-1"') : text.index('id="incident-2"')]
    first, folded = card[: card.index('<details class="fold">')], card[card.index('<details class="fold">') :]
    assert first.count("<li>") >= limits.FIRST_LINES
    assert "Stage by stage" in first and "Impact" in first and "Raw disk driver loaded" in first
    assert "12 findings behind it" in folded


def test_what_is_not_queued_lies_behind_the_queue() -> None:
    text = report_html(report(intrusion()))
    queue, more = text.split("more, for completeness: weak, routine or told once", 1)
    assert queue.count('<details class="card') == 2
    assert more.count('<details class="card low"') == 1
    alone = report_html(report([finding(2, "WS01", "a", 0)]))
    assert "Nothing in the queue" in alone and '<details class="fold more" open>' in alone


def test_the_sentence_of_an_analytic_stands_above_its_title() -> None:
    told = replace(
        finding(4, "WS01", "a", 0), message="One process read the memory of LSASS.", opened=NOW, mission="Grid"
    )
    text = report_html(report([told]))
    lines = text[text.index('<ol class="seen first">') :]
    assert lines.index("One process read the memory of LSASS.") < lines.index("LSASS memory read by a dump tool")
    assert "evident at 2022-07-16 03:31:04 UTC" in text and "Grid" in text
