"""A sensor that is out of service is not judged, until something of it arrives: that is told once."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tocsin import clock
from tocsin.lake.catalog import Catalog, Flush, Origin, SourceRecord
from tocsin.node.service.retired import is_heard
from tocsin.node.service.silence import Seen, Watch, judge
from tocsin.node.store import outbox, retirements, sensors
from tocsin.node.store.database import Store
from tocsin.node.store.retirements import RETIREMENTS, Retirement
from tocsin.node.store.sensors import Gap, Quiet, Rhythm, Sensor, SensorId

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
AFTER = 30 * MINUTE
ID = SensorId("Ministry", "office", "fw")
GONE = Retirement("r1", ID, "account:a", "sold", NOW, NOW - DAY)
SENSOR = Sensor(ID, "push", NOW - 9 * DAY, NOW - DAY, NOW - DAY, 10)


def test_who_is_out_of_service_is_not_judged_and_nobody_is_told_that_it_went() -> None:
    rhythm = Rhythm(Quiet.SILENT, NOW, 0, 120.0, NOW - DAY, gaps=(Gap(NOW - 2 * DAY, NOW - DAY), Gap(NOW - DAY)))
    known = {ID: replace(SENSOR, rhythm=rhythm)}
    judged = judge([SENSOR], known, Seen(NOW + DAY, retired={ID: GONE}), AFTER)
    assert (judged.notices, judged.back) == ((), ())
    (rested,) = judged.sensors
    assert (rested.rhythm.quiet, rested.rhythm.gaps) == (Quiet.NOT, (Gap(NOW - 2 * DAY, NOW - DAY),))
    assert judge([SENSOR], {ID: rested}, Seen(NOW + DAY), AFTER).sensors[0].rhythm.quiet is Quiet.SILENT  # returned


def test_what_was_stored_after_it_was_retired_counts_as_heard() -> None:
    assert not is_heard(SENSOR, SENSOR, GONE, NOW + DAY)
    assert not is_heard(replace(SENSOR, last_received=None), None, GONE, NOW + DAY)
    assert is_heard(replace(SENSOR, last_received=NOW + MINUTE), SENSOR, GONE, NOW + DAY)


def test_a_wrong_clock_at_the_moment_hides_nothing_and_makes_nothing_up() -> None:
    ahead = replace(GONE, time=NOW + 9 * DAY)  # the clock was set back since
    came = replace(SENSOR, last_received=NOW + MINUTE, rejected=1)
    assert is_heard(came, SENSOR, ahead, NOW + MINUTE)
    assert not is_heard(came, came, ahead, NOW + MINUTE)
    behind = replace(GONE, time=NOW - 9 * DAY)  # it was wrong then, and is right again
    assert not is_heard(SENSOR, SENSOR, behind, NOW)


def test_a_retired_sensor_that_is_heard_is_told_once_and_in_service_again(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [NOW]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    watch = Watch(tmp_path / "lake", store, "node", AFTER)
    with closing(Catalog(tmp_path / "lake", create=True)) as catalog:

        def hear() -> None:
            origin = Origin(ID.organisation, ID.network, ID.name)
            heard = SourceRecord(
                "s", "log", "r", 1, "h", "d", 1, 1, True, 1, 0, ingested_at=now[0].isoformat(), origin=origin
            )
            catalog.commit(Flush((), (), (heard,), {}, {}, ""))

        hear()
        watch.look()
        with store.write() as connection:
            retirements.retire(connection, ID, "sensor:0", "account:a", "sold", NOW)
        now[0] += 5 * MINUTE
        assert watch.look().notices == ()
        assert watch.told == [] and [(each["sensor"], each["why"]) for each in watch.retired] == [("fw", "sold")]
        hear()
        assert [notice.kind for notice in watch.look().notices] == ["sensor-retired-heard"]
        assert watch.retired == [] and [each["sensor"] for each in watch.told] == ["fw"]
        assert watch.look().notices == ()
    with store.read() as connection:
        assert retirements.standing(connection) == []
        assert connection.execute(select(RETIREMENTS.c.ended_by)).scalar_one() == "node"
        (message,) = outbox.messages(connection, 9)
        assert "retired since 2026-03-01 12:00:00 UTC, is heard again" in json.loads(message.body)["text"]
        assert [each.id for each in sensors.sensors(connection)] == [ID]
