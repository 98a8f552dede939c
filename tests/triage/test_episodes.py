"""Episodes of surprise: what is joined, what is told first, what people are asked to read."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin import limits
from tocsin.triage.surprise import Episode, History, Judged, Sighting, episodes, queue, runs_of, story
from tocsin.triage.surprise.episode import Because
from tocsin.triage.surprise.history import DAY
from tocsin.triage.surprise.queue import DAILY, QUEUE_BITS

START = 5 * DAY
ORDINARY = [Sighting(hour * 3_600.0, "backup", "files") for hour in range(24 * 6)]


def at(seconds: float, kind: str, host: str = "web", count: int = 1, **more: str) -> Sighting:
    return Sighting(START + seconds, kind, host, count=count, **more)


def found(*sightings: Sighting, ordinary: list[Sighting] = ORDINARY) -> tuple[Episode, ...]:
    return episodes(tuple(History().judge_all(runs_of([*ordinary, *sightings]))))


def kinds(episode: Episode) -> set[str]:
    return {each.run.kind for each in episode.runs}


INTRUSION = [
    at(0, "port scan"), at(60, "web shell request"), at(100, "new account"), at(130, "service stopped"),
    at(200, "log cleared"), at(260, "password dump"),
]  # fmt: skip


def test_unusual_things_soon_after_each_other_on_one_host_are_one_episode() -> None:
    (episode,) = found(*INTRUSION)
    assert kinds(episode) == {each.kind for each in INTRUSION}
    assert {each.because for each in episode.reasons} == {Because.HOST}
    assert episode.hosts == ("web",)


def test_what_is_usual_is_no_episode() -> None:
    assert found() == ()


def test_unusual_things_far_apart_on_one_host_are_two_episodes() -> None:
    assert len(found(at(0, "port scan"), at(3 * 3_600, "log cleared"))) == 2


def test_a_host_on_which_something_unusual_comes_all_day_joins_less_by_time() -> None:
    busy = [Sighting(day * DAY + slot * 1_500.0, f"kind-{day}-{slot}", "web") for day in range(5) for slot in range(50)]
    apart = at(0, "port scan"), at(1_500, "log cleared")
    assert len(found(*apart)) == 1
    assert all(len(kinds(each) & {"port scan", "log cleared"}) < 2 for each in found(*apart, ordinary=busy))


def test_one_kind_that_strikes_several_hosts_at_once_is_one_episode() -> None:
    (episode,) = found(*(at(10 * number, "worm", f"pc-{number}") for number in range(5)))
    assert len(episode.hosts) == 5
    assert {each.because for each in episode.reasons} == {Because.WAVE}


def test_a_strong_episode_takes_what_is_unusual_elsewhere_meanwhile() -> None:
    witness = at(150, "processor load", "monitor")
    (episode,) = found(*INTRUSION, witness)
    assert "monitor" in episode.hosts
    assert Because.MEANWHILE in {each.because for each in episode.reasons}
    apart = found(INTRUSION[0], witness)
    assert len(apart) == 2, "a weak one takes nothing"


def test_a_strong_episode_is_not_drowned_by_what_else_there_was() -> None:
    loud = at(150, "processor load", "monitor", count=500)
    first, second = found(*INTRUSION, loud)
    assert "monitor" not in first.hosts
    assert second.hosts == ("monitor",)


@pytest.mark.parametrize("where", ["organisation", "network"])
def test_organisations_and_networks_never_join(where: str) -> None:
    ours = [Sighting(each.time, each.kind, each.host, **{where: name}) for name in "ab" for each in ORDINARY]
    same = [at(each.time - START, each.kind, each.host, **{where: name}) for name in "ab" for each in INTRUSION]
    one, other = found(*same, ordinary=ours)
    assert kinds(one) == kinds(other)
    assert len({getattr(each.run, where) for each in one.runs}) == 1


SIGHTINGS = st.lists(
    st.builds(
        Sighting,
        time=st.integers(0, 6 * 86_400).map(float),
        kind=st.sampled_from([f"kind {letter}" for letter in "abcdefghijkl"]),
        host=st.sampled_from(["h1", "h2", "h3"]),
        organisation=st.sampled_from(["o1", "o2"]),
        count=st.integers(1, 9),
    ),
    max_size=80,
)


@given(SIGHTINGS)
@settings(max_examples=60)
def test_each_run_is_in_one_episode_at_most_and_lines_tell_of_nothing_else(sightings: list[Sighting]) -> None:
    all_of_them = episodes(tuple(History().judge_all(runs_of(sightings))))
    members = [id(each) for episode in all_of_them for each in episode.runs]
    assert len(members) == len(set(members))
    for episode in all_of_them:
        lines = story(episode)
        assert 0 < len(lines) <= limits.FIRST_LINES
        assert len({(line.kind, line.host) for line in lines}) == len(lines)
        assert {id(each) for line in lines for each in line.runs} <= {id(each) for each in episode.runs}
        assert [line.first for line in lines] == sorted(line.first for line in lines)


@given(SIGHTINGS, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_episodes_do_not_depend_on_the_order_of_sightings(sightings: list[Sighting], chance: random.Random) -> None:
    shuffled = sightings[:]
    chance.shuffle(shuffled)
    one, other = (episodes(tuple(History().judge_all(runs_of(each)))) for each in (sightings, shuffled))
    assert one == other
    assert [story(episode) for episode in one] == [story(episode) for episode in other]


def test_the_lines_tell_the_loudest_every_phase_and_a_quiet_witness() -> None:
    scan = [at(number % 20, f"scan probe {number}") for number in range(40)]
    loud = at(10, "forbidden page", count=90_000)
    quiet = [at(400, "high entropy request"), at(700, "processor load", "monitor"), at(1_000, "changed user")]
    (episode,) = found(*scan, loud, *quiet)
    told = {line.kind for line in story(episode)}
    assert {"forbidden page", *(each.kind for each in quiet)} <= told


def test_a_queue_asks_for_the_most_surprising_and_keeps_the_others() -> None:
    many = [at(7_000.0 * number, f"kind-{number}", f"pc-{number}") for number in range(2 * DAILY)]
    every = found(*many)
    asked, folded = (half for half in (queue(every).asked, queue(every).folded))
    assert len(asked) == DAILY
    assert {*asked, *folded} == {*every}
    assert min(each.bits for each in asked) >= max(each.bits for each in folded)


def test_a_queue_asks_for_nothing_that_is_hardly_unusual() -> None:
    every_other_day = found(*(Sighting(day * DAY, "odd job", "db") for day in (1.1, 2.4, 3.3, 4.7, 5.8)))
    (weak,) = (each for each in every_other_day if each.first >= START)
    assert weak.bits < QUEUE_BITS
    assert queue([weak]).asked == ()


def test_judged_runs_can_be_looked_at_by_day() -> None:
    judged = tuple(History().judge_all(runs_of([*ORDINARY, *INTRUSION])))
    assert all(isinstance(each, Judged) for each in judged)
    today = tuple(each for each in judged if each.run.first >= START)
    assert kinds(episodes(today)[0]) == {each.kind for each in INTRUSION}


@pytest.mark.shared_data
@pytest.mark.slow
def test_all_labelled_steps_are_in_the_queue_and_nearly_all_in_its_lines(shared: Path) -> None:
    from benchmarks.triage import files, measure, read, tocsin

    measured = [measure(path.name, read(path), tocsin) for path in files(shared / "alerts" / "ait-ads")]
    steps, strict, ten, five = (
        sum(count) for count in zip(*((m.steps, len(m.strict), len(m.ten), len(m.five)) for m in measured), strict=True)
    )
    assert steps == 38
    assert strict >= 34
    assert ten == 38
    assert five >= 37
    assert all(m.split <= 3 and m.worst <= 0.5 and m.incidents <= 10 * m.days for m in measured)
