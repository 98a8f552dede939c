"""Which threshold of an analytic said no to an event."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from scans import run, write_events

from tocsin import limits
from tocsin.detect.analytics import load_analytics
from tocsin.errors import UsageError
from tocsin.lake.catalog import Catalog
from tocsin.node.explaining_analytic import Asked, ask


def cleared(number: int, log: str) -> dict[str, object]:
    """A log was cleared: event 104 of the System log."""
    return {
        "EventID": 104, "Channel": "System", "Provider_Name": "Microsoft-Windows-Eventlog", "Computer": "WS01",
        "EventData_Channel": log,
        "TimeCreated": f"2026-01-02T03:00:{number:02d}.000Z",
    }  # fmt: skip


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    run(tmp_path, write_events(tmp_path / "log.json", [cleared(1, "Setup"), cleared(2, "Printing")]), only="rules")
    with closing(Catalog(tmp_path / "lake")) as made:
        yield made


def asked(catalog: Catalog, event: str) -> Asked:
    analytics = load_analytics(())
    return ask(catalog, analytics, analytics.analytics["log-clearing"], event)


@pytest.mark.slow  # an analytic is asked several times: seconds
def test_the_threshold_that_said_no_is_named_with_its_value(catalog: Catalog) -> None:
    (source,) = catalog.sources()
    told = asked(catalog, f"{source.id}-1")
    assert not told.fires
    (sentence,) = told.told
    assert sentence.startswith("several = 5 logs said no; without it: Logs were cleared: ")


@pytest.mark.slow
def test_an_event_that_a_finding_names_fires(tmp_path: Path) -> None:
    run(tmp_path, write_events(tmp_path / "log.json", [cleared(1, "Security")]), only="rules")
    with closing(Catalog(tmp_path / "lake")) as catalog:
        told = asked(catalog, f"{catalog.sources()[0].id}-1")
    assert told.fires and told.told == ("Logs were cleared: security.",)


def test_what_cannot_be_asked_says_so(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError):
        asked(catalog, "none-1")
    monkeypatch.setattr(limits, "EXPLAINED_ROWS", 1)
    told = asked(catalog, f"{catalog.sources()[0].id}-1")
    assert not told.fires and "too many events" in told.told[0]
