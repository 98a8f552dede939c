"""An evaluation for people and for programs: `tocsin evaluate --format table|json` (schema in docs/evaluate.md).

Rules for the JSON form: field names, their meaning and their order are a promise, a new field goes to the end of its
object; times are ISO 8601 in UTC with `Z`, durations are seconds; what is not known is null. The three lists `found`,
`missed` and `false` have scenario, member, stage, incident, time, delay and rank in each entry.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin import limits
from tocsin.model.trial import CountedIncident, FalseIncident, Found, MemberTrial, Miss, Missed, Trial, critical_rate
from tocsin.sinks import json
from tocsin.sinks.defang import defang
from tocsin.sinks.terminal import plain, safe
from tocsin.words.dates import duration, machine, utc
from tocsin.words.harmless import if_harmless
from tocsin.words.messages import first_few, grouped, mark, say, say_many

SCHEMA = 1
MIB = limits.MIB
_TOLD_CHARACTERS = 400
_LIST_CHARACTERS = 4_000
_MISSES = {
    Miss.BEYOND_LINES: mark("its incident (rank {rank}) holds it, but not among its first {lines} lines"),
    Miss.FOLDED: mark("only an incident that is not queued holds it"),
    Miss.UNSEEN: mark("no finding has one of its events"),
}


def trial_json(trial: Trial) -> str:
    """One JSON object."""
    return json.dumps(trial_record(trial)) + "\n"


def trial_record(trial: Trial) -> dict[str, object]:
    """The evaluation as the JSON form has it."""
    return {
        "schema": SCHEMA,
        "version": trial.version,
        "scenario": trial.scenario,
        "seed": trial.seed,
        "days": trial.days,
        "found": [_found(trial, found) for found in trial.found],
        "missed": [_missed(trial, missed) for missed in trial.missed],
        "false": [_false(trial, false) for false in trial.false],
        "incidents": [_counted(counted) for counted in trial.counted],
        "members": [_member(member) for member in trial.members],
        "techniques": [
            {"id": technique, "found": found, "planted": planted}
            for technique, (found, planted) in trial.recall_by_technique().items()
        ],
        "summary": _summary(trial),
    }


def _summary(trial: Trial) -> dict[str, object]:
    planted = len(trial.found) + len(trial.missed)
    dwells = [counted.dwell for counted in trial.counted if counted.dwell is not None]
    return {
        "stages": planted,
        "found": len(trial.found),
        "recall": len(trial.found) / planted if planted else None,
        "false": len(trial.false),
        "false_a_day": trial.false_a_day,
        "false_critical": sum(member.false_critical for member in trial.members),
        "false_critical_per_10000_host_days": trial.false_critical_rate,
        "unrelated_share": trial.unrelated_share,
        "incidents_with_stages": len(trial.counted),
        "most_stages_in_one_incident": max((len(counted.shown) for counted in trial.counted), default=0),
        "longest_dwell": max(dwells, default=None),
        "events": sum(member.events for member in trial.members),
        "seconds": trial.seconds(),
        "peak_bytes": trial.peak_bytes,
    }


def _found(trial: Trial, found: Found) -> dict[str, object]:
    return {
        "scenario": trial.scenario, "member": found.member, "stage": found.stage, "incident": found.incident,
        "time": machine(found.found), "delay": found.delay, "rank": found.rank, "title": found.title,
        "attack": list(found.attack), "began": machine(found.began), "line": found.line, "told": found.told,
    }  # fmt: skip


def _missed(trial: Trial, missed: Missed) -> dict[str, object]:
    return {
        "scenario": trial.scenario, "member": missed.member, "stage": missed.stage, "incident": missed.incident,
        "time": machine(missed.began), "delay": None, "rank": missed.rank, "title": missed.title,
        "attack": list(missed.attack), "miss": missed.miss.value, "told": missed.told,
    }  # fmt: skip


def _false(trial: Trial, false: FalseIncident) -> dict[str, object]:
    return {
        "scenario": trial.scenario, "member": false.member, "stage": None, "incident": false.incident,
        "time": machine(false.opened), "delay": None, "rank": false.rank, "title": false.title,
        "level": false.level, "first": machine(false.first), "benign": false.benign,
        "cause": false.cause,
    }  # fmt: skip


def _counted(counted: CountedIncident) -> dict[str, object]:
    return {
        "member": counted.member, "incident": counted.incident, "title": counted.title, "level": counted.level,
        "rank": counted.rank, "opened": machine(counted.opened), "shown": list(counted.shown),
        "held": list(counted.held), "events": counted.events, "unrelated": counted.unrelated, "dwell": counted.dwell,
    }  # fmt: skip


def _member(member: MemberTrial) -> dict[str, object]:
    planted = len(member.found) + len(member.missed)
    return {
        "name": member.name, "events": member.events, "hosts": member.hosts, "stages": planted,
        "found": len(member.found), "recall": len(member.found) / planted if planted else None,
        "queued": len(member.counted) + len(member.false), "folded": member.folded, "false": len(member.false),
        "false_a_day": len(member.false) / member.days, "false_critical": member.false_critical,
        "false_critical_per_10000_host_days": critical_rate((member,)), "seconds": dict(member.seconds),
    }  # fmt: skip


def print_trial(trial: Trial, console: Console) -> None:
    """The evaluation as tables."""
    console.print(Group(*_parts(trial)))


def _parts(trial: Trial) -> Iterator[RenderableType]:
    planted = len(trial.found) + len(trial.missed)
    yield Text(_headline(trial, planted), style="bold")
    yield from map(_told, _figures(trial))
    if planted:
        yield Text()
        yield _stages(trial)
        yield from _more(planted)
    yield from _incidents(trial)
    if trial.false:
        yield Text()
        yield _false_incidents(trial)
        yield from _more(len(trial.false))
    yield Text()
    yield _members(trial)
    if planted:
        yield Text()
        yield from _techniques(trial.recall_by_technique())


def _headline(trial: Trial, planted: int) -> str:
    false = say_many("{n} false incident", "{n} false incidents", len(trial.false))
    if not planted:
        return say("{scenario}: nothing was planted; {false}.", scenario=safe(trial.scenario), false=false)
    found = say_many("{found} of {n} stage found", "{found} of {n} stages found", planted, found=len(trial.found))
    return say("{scenario}: {found}, {false}.", scenario=safe(trial.scenario), found=found, false=false)


def _figures(trial: Trial) -> Iterator[str]:
    """The figures beside the recall, a sentence each."""
    if trial.counted:
        incidents = say_many("{n} incident", "{n} incidents", len(trial.counted))
        most = max(len(counted.shown) for counted in trial.counted)
        yield say("The planted stages lie in {incidents}, at most {most} in one.", incidents=incidents, most=most)
        share = f"{trial.unrelated_share or 0.0:.1%}"
        yield say("Of the events in these incidents {share} have nothing to do with the attack.", share=share)
        dwell = max((counted.dwell or 0.0 for counted in trial.counted), default=0.0)
        yield say("The longest of them lasted {time}.", time=duration(dwell))
    yield say("There were {rate} false incidents a day.", rate=f"{trial.false_a_day:.2f}")
    rate = trial.false_critical_rate
    told = say("not known: nobody says how many hosts there are") if rate is None else f"{rate:.2f}"
    yield say("False critical incidents per 10,000 host-days: {rate}.", rate=told)
    steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in trial.seconds().items())
    yield say("It took: {steps}.", steps=steps)
    yield say("Memory: at most {peak} MiB.", peak=grouped(trial.peak_bytes // MIB))


def _stages(trial: Trial) -> Table:
    """One row a stage, in the order in which they began; the title with what was told below it."""
    table = _table(say("Began (UTC)"), say("Found after"), say("Rank"), say("Stage, and by what it was found"))
    rows: list[Found | Missed] = sorted((*trial.found, *trial.missed), key=lambda row: (row.began, row.member))
    for row in rows[: limits.TRIAL_ROWS]:
        if isinstance(row, Found):
            after, rank, told = plain(duration(row.delay)), plain(str(row.rank)), _told(row.told, "dim")
        else:
            why = say(_MISSES[row.miss], rank=row.rank, lines=limits.FIRST_LINES)
            after, rank, told = Text(say("missed"), style="red"), plain("–"), _told(why, "red")
        table.add_row(_minute(row.began), after, rank, _titled(trial, row.member, row.title, [told]))
    return table


def _titled(trial: Trial, member: str, title: str, below: Iterable[Text]) -> Text:
    """A title with its member, where there are several, and what stands below it."""
    named = _told(title, "bold")
    if len(trial.members) > 1:
        named.append_text(plain(" · ")).append_text(_told(member))
    return Text("\n").join((named, *below))


def _incidents(trial: Trial) -> Iterator[RenderableType]:
    """Each incident that holds a part of the attack: when it opened, how long it lasted, which stages it shows."""
    stages: tuple[Found | Missed, ...] = (*trial.found, *trial.missed)
    titles = {(stage.member, stage.stage): stage.title for stage in stages}
    for incident in trial.counted[: limits.TRIAL_ROWS]:
        yield Text()
        yield _told(incident.title, "bold")
        known = say("{member}, rank {rank}, {level}: opened {time}, lasted {dwell}.", member=incident.member,
                    rank=incident.rank, level=incident.level, time=utc(incident.opened),
                    dwell=say("an unknown time") if incident.dwell is None else duration(incident.dwell))  # fmt: skip
        yield _told(known)
        below = [stage for stage in incident.held if stage not in incident.shown]
        for sentence, ids in (
            (mark("Its first lines show: {stages}."), incident.shown),
            (mark("Only further down it has: {stages}."), below),
        ):
            told = "; ".join(titles.get((incident.member, stage), stage) for stage in ids)
            if told:
                yield _told(say(sentence, stages=told), characters=_LIST_CHARACTERS)
    yield from _more(len(trial.counted))


def _false_incidents(trial: Trial) -> Table:
    """One row a false incident: its likely harmless cause as it names it, and what the exercise had there then."""
    table = _table(say("Opened (UTC)"), say("Level"), say("Rank"), say("False incident"))
    for row in trial.false[: limits.TRIAL_ROWS]:
        below = [_told(if_harmless(row.cause), "dim")] if row.cause else []
        if row.benign:
            below.append(_told(say("Planted there as harmless: {benign}.", benign=row.benign), "dim"))
        told = _titled(trial, row.member, row.title, below)
        table.add_row(_minute(row.opened), safe(row.level), str(row.rank), told)
    return table


def _minute(moment: datetime | None) -> str:
    return utc(moment)[: len("2022-07-15 09:31")] if moment else "–"


def _members(trial: Trial) -> Table:
    figures = (say("Events"), say("Hosts"), say("Found"), say("Queued"), say("Folded"), say("False"), say("A day"))
    table = _table(say("Member"), *figures)
    for member in trial.members:
        planted = len(member.found) + len(member.missed)
        table.add_row(
            _told(member.name), grouped(member.events), "–" if member.hosts is None else grouped(member.hosts),
            f"{len(member.found)}/{planted}", str(len(member.counted) + len(member.false)), grouped(member.folded),
            str(len(member.false)), f"{len(member.false) / member.days:.2f}",
        )  # fmt: skip
    return table


def _techniques(recall: dict[str, tuple[int, int]]) -> Iterator[RenderableType]:
    """The techniques that were always found, and those that were not, as `T1003.001 1/2`."""
    whole = sum(found == planted for found, planted in recall.values())
    yield _told(say_many("{n} technique was found whenever it was planted.",
                         "{n} techniques were found whenever they were planted.", whole))  # fmt: skip
    rest = [f"{technique} {found}/{planted}" for technique, (found, planted) in recall.items() if found < planted]
    if rest:
        told = first_few(rest, limits.TRIAL_ROWS)
        yield _told(say("Less often, found of planted: {told}.", told=told), characters=_LIST_CHARACTERS)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _told(text: str, style: str = "", characters: int = _TOLD_CHARACTERS) -> Text:
    """Foreign text: harmless, defanged, bounded."""
    return plain(defang(text[:characters]), style)


def _more(total: int) -> Iterator[RenderableType]:
    if total > limits.TRIAL_ROWS:
        yield Text(say_many("… and {n} more", "… and {n} more", total - limits.TRIAL_ROWS), style="dim")
