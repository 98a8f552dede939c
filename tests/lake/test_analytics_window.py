"""The window: the same rows from many small files as from one, no file that cannot matter, and a locked door."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from lake_files import TIME_US, write_table

from tocsin import limits
from tocsin.detect.analytics import AnalyticSet, load_analytics, open_window, run_analytic
from tocsin.detect.analytics import window as windows
from tocsin.lake.catalog import FileRecord

EVENTS = [
    *({"EventID": "4625", "Channel": "Security", "Computer": f"h{number}", "IpAddress": "::1"} for number in range(6)),
    {"EventID": "1", "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "ws", "Image": "C:\\a.exe"},
]
OWN = """-- title: Reads the machine
-- level: medium
-- status: test
-- attack: T1005
-- about: It reads what is none of its business.
-- against: Nothing.
-- misses: Nothing.
-- evidence: authentication: user_name
-- finding: {count} lines.
-- needs: authentication
SELECT organisation, network, device_hostname AS host, user_name AS user, min(time_us) AS first_us,
    max(time_us) AS last_us, min(time_us) AS opened_us, count(*) AS count, string_agg(event_id, ' ') AS event_ids
FROM authentication, (%s) AS stolen
GROUP BY 1, 2, 3, 4
"""


@pytest.fixture
def analytics() -> AnalyticSet:
    return load_analytics()


def pieces(lake: Path) -> list[FileRecord]:
    """Each event in a file of its own."""
    return [write_table(lake, "windows", [event], f"part{number}") for number, event in enumerate(EVENTS)]


def seen(lake: Path, files: Sequence[FileRecord], analytics: AnalyticSet) -> dict[str, list[tuple[object, ...]]]:
    """The rows of every view, in any order."""
    chosen = list(analytics.analytics.values())
    with open_window(lake, files, chosen) as window:
        rows = {name: window.connection.sql(f'FROM "{name}"').fetchall() for name in sorted(window.present)}
    return {name: sorted(each, key=repr) for name, each in rows.items()}


def test_many_small_files_give_what_they_give_where_they_lie(
    tmp_path: Path, analytics: AnalyticSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = pieces(tmp_path)
    in_place = seen(tmp_path, files, analytics)
    monkeypatch.setattr(limits, "COPY_FILES", 2)
    monkeypatch.setattr(limits, "COPY_OPENED", 3)
    copied: list[str] = []
    copying = windows.copied

    def noting(lake: Path, folder: Path, tables: dict[str, object], *rest: object) -> object:
        copied.extend(tables)
        return copying(lake, folder, tables, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(windows, "copied", noting)
    assert seen(tmp_path, files, analytics) == in_place
    assert set(copied) == {"windows"}
    assert {len(in_place[name]) for name in ("authentication", "process_activity", "base_event")} == {6, 1, 7}
    assert list((tmp_path / "spill").iterdir()) == []


def test_a_file_outside_of_the_period_is_not_opened(tmp_path: Path, analytics: AnalyticSet) -> None:
    files = pieces(tmp_path)
    gone = replace(files[0], path="tables/windows/day=2020-01-01/gone.parquet", min_time_us=1, max_time_us=2)
    quick = [replace(each, lookback_us=0) for each in analytics.analytics.values()]
    with open_window(tmp_path, [gone, *files], quick, first_us=TIME_US, last_us=TIME_US) as window:
        assert window.present["base_event"] == len(EVENTS)


@pytest.mark.parametrize(
    "source",
    [
        "SELECT content FROM read_text('{secret}')",
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM read_parquet('{parquet}')",
    ],
)
def test_a_site_s_own_analytic_reads_no_file_of_the_machine(tmp_path: Path, source: str) -> None:
    lake, own = tmp_path / "lake", tmp_path / "own"
    files = pieces(lake)
    secret = tmp_path / "secret.txt"
    secret.write_text("the key\n")
    sql = source.format(secret=secret, folder=tmp_path, parquet=lake / files[0].path)
    own.mkdir()
    (own / "thief.sql").write_text(OWN % sql)
    chosen = load_analytics((own,)).chosen({"thief"})
    if chosen.refused or not chosen.analytics:
        assert any("thief" in each.id for each in load_analytics((own,)).refused), "refused before it could run"
        return
    analytic = chosen.analytics["thief"]
    with open_window(lake, files, [analytic]) as window:
        outcome = run_analytic(window, chosen, analytic)
    assert outcome.failed and not outcome.hits
    assert "the key" not in outcome.reason and "disabled" in outcome.reason
