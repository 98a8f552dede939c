"""The summary on a terminal tells the most urgent first, and obeys nobody."""

import io
import re
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console
from sample_report import HOSTILE, finding, hostile_report, intrusion, many, report

from tocsin.console.terminal import INCIDENTS, print_summary
from tocsin.model.report import ScanReport


def printed(of: ScanReport, width: int = 80, **settings: object) -> str:
    out = io.StringIO()
    print_summary(of, Console(file=out, width=width, **settings), "out/report.html")  # type: ignore[arg-type]
    return out.getvalue()


def test_the_first_line_says_how_many_and_how_urgent() -> None:
    assert printed(report(intrusion())).splitlines()[0] == "2 incidents. The first needs you now."


def test_a_scan_without_findings_says_that_this_proves_nothing() -> None:
    text = " ".join(printed(report([])).split())
    assert text.startswith("No incident.")
    assert "does not prove that nothing happened" in text


def test_an_empty_folder_is_said_so() -> None:
    assert "Nothing was read: the paths hold no source." in printed(report([], sources=()))


def test_it_tells_what_was_not_seen_and_where_the_report_is() -> None:
    text = " ".join(printed(report(intrusion())).split())
    for said in (
        "12 records could not be read.",
        "3 rules were refused",
        "161 rules wait",
        "no reader recognises",
        "out/report.html",
    ):
        assert said in text


def test_an_incident_says_what_it_most_likely_is_if_it_is_harmless() -> None:
    text = " ".join(printed(report(intrusion())).split())
    assert text.count("If it is harmless, then most likely: Backup software that rotates its copies.") == 1


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for sample in (report(intrusion()), hostile_report()):
        assert max(map(cell_len, printed(sample, width).splitlines())) <= width


def test_nothing_in_the_logs_reaches_the_terminal_as_a_command() -> None:
    coloured = printed(hostile_report(), force_terminal=True, color_system="standard")
    text = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    assert all(line.isprintable() for line in text.splitlines())
    assert "[bold red]x[/]" in text
    assert HOSTILE[6] not in text


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[3\d", printed(report(intrusion()), force_terminal=True))


def test_hundreds_of_incidents_are_counted_and_not_listed() -> None:
    text = printed(report(many(500)))
    assert f"… and {450 - INCIDENTS} more" in text
    assert "1 more, for completeness: weak, routine or told once." in text
    assert len(text.splitlines()) < 120


def test_the_first_lines_of_the_first_incident_are_listed() -> None:
    text = " ".join(printed(report(intrusion()), 200).split())
    for said in ("Shell started by the web server", "LSASS memory read by a dump tool", "Raw disk driver loaded"):
        assert said in text


def test_the_sentence_of_an_analytic_is_told() -> None:
    told = replace(finding(4, "WS01", "a", 0), message="One process read the memory of LSASS.")
    assert "One process read the memory of LSASS." in printed(report([told]))
