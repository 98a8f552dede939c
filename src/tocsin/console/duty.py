"""The hand-over and the report in sections of lines: for a terminal, and for a file in Markdown.

Foreign text goes through the sink of each; a section has at most limits.HANDOVER_ROWS lines and counts the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin import limits
from tocsin.console.queue import owner_name
from tocsin.node.duty.handover import ClockRow, Decided, Handover, Owed
from tocsin.node.duty.report import AGES, Counts, Report, Times
from tocsin.node.duty.worked import Worked
from tocsin.sinks import csv
from tocsin.sinks.defang import defang
from tocsin.sinks.markdown import inline
from tocsin.sinks.terminal import safe
from tocsin.words.dates import duration, machine, utc
from tocsin.words.messages import first_few, mark, say, say_many

_MINUTE = len("2022-07-15 09:31")
CSV_FIELDS = (
    "row", "came", "parts", "waiting", "closed", "open", "attack", "harmless", "false alarm", "undecided",
    "acknowledge_median_s", "acknowledge_90th_s", "acknowledge_longest_s", "close_median_s", "close_90th_s",
    "close_longest_s",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines."""

    heading: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Off:
    """A switch that is stopped; `asked` is who asked to start it again and waits for a second person."""

    name: str
    time: datetime | None
    why: str
    asked: str = ""


def as_text(title: str, sections: Sequence[Section]) -> Iterator[str]:
    """For a terminal."""
    yield safe(title) + "\n"
    for section in sections:
        yield "\n" + safe(section.heading) + "\n"
        yield from (f"  {safe(defang(line))}\n" for line in section.lines)


def as_markdown(title: str, sections: Sequence[Section]) -> Iterator[str]:
    """For a file."""
    yield f"# {inline(title)}\n"
    for section in sections:
        yield f"\n## {inline(section.heading)}\n\n"
        yield from (f"- {inline(line)}\n" for line in section.lines)


def handover_title(told: Handover) -> str:
    """What the hand-over is of."""
    return say("Hand-over of {since} to {until}", since=utc(told.since), until=utc(told.until))


def handover_sections(
    told: Handover, people: Mapping[str, str], off: Sequence[Off], silent: Sequence[str]
) -> list[Section]:
    """All sections, those without a line too: nothing is an answer as well."""
    named = dict(people)
    waits = [say("{id} waits for somebody to acknowledge it: {title}", id=case.id, title=case.title)
             for case in told.waiting]  # fmt: skip
    waits += [say("{id} has grown since it was closed: {title}", id=case.id, title=case.title) for case in told.grown]
    waits += [say("The start of {name} waits for a second person, after {who}.", name=each.name,
                  who=named.get(each.asked, each.asked)) for each in off if each.asked]  # fmt: skip
    stopped = [say("{name} since {time}: {why}", name=each.name, time=utc(each.time), why=each.why) for each in off]
    sections = [
        _section(say_many("{n} incident came", "{n} incidents came", len(told.came)), map(_came, told.came)),
        _section(say("What was decided, and why"), _decisions(told.decided, named)),
        _section(say_many("{n} is open", "{n} are open", len(told.open)), (_open(case, named) for case in told.open)),
        _section(say("What waits for whom"), waits),
        _section(say("Clocks that run out"), (_clock(each, told.until) for each in told.clocks)),
        _section(say("Actions that wait, end or have to be undone"), map(_owed, told.actions)),
        _section(say("Exceptions that end, or wait for a second person"), map(_owed, told.exceptions)),
        _section(say("What is stopped"), stopped),
        _section(say("Sensors that are silent"), silent),
    ]
    if told.cut:
        most = limits.DUTY_INCIDENTS
        sections.append(Section(say("Not all was read"), [say_many("{n} incident", "{n} incidents", most)]))
    return sections


def report_title(told: Report) -> str:
    """What the report is of."""
    return say("Incidents from {since} to {until}", since=utc(told.since), until=utc(told.until))


def report_sections(told: Report, by: str, people: Mapping[str, str]) -> list[Section]:
    """The whole, the division, ages and weeks."""
    rows = [f"{people.get(key, key)}: {_counts(counts)}" for key, counts in told.rows.items()]
    if told.others:
        rows.append(say_many("{n} more row", "{n} more rows", told.others))
    ages = [
        say("less than {age}: {n}", age=duration(end.total_seconds()), n=n)
        for end, n in zip(AGES, told.ages, strict=False)
    ]
    ages.append(say("older: {n}", n=told.ages[-1]))
    weeks = [say("week of {day}: {came} came, {closed} closed", day=week.begins, came=week.came, closed=week.closed)
             for week in told.weeks]  # fmt: skip
    sections = [
        Section(say("In all"), [_counts(told.total), *_times(told.total)]),
        _section(say("By {by}", by=by), rows),
        Section(say("Open now, by age"), ages),
        _section(say("By week"), weeks),
    ]
    if told.cut:
        sections.append(Section(say("Not all was read"), [say("There are more incidents than one report reads.")]))
    return sections


def report_csv(told: Report, people: Mapping[str, str]) -> Iterator[str]:
    """A header, a line for the whole and one for each row (RFC 4180)."""
    yield csv.line(CSV_FIELDS)
    for key, counts in {say("all"): told.total, **told.rows}.items():
        reasons = counts.reasons or {}
        plain = (counts.came, counts.parts, counts.waiting, counts.closed, counts.open)
        closed = tuple(reasons.get(name, 0) for name in ("attack", "harmless", "false alarm", "undecided"))
        yield csv.line(
            (people.get(key, key), *plain, *closed, *_seconds(counts.acknowledging), *_seconds(counts.closing))
        )


def _section(heading: str, lines: "Iterator[str] | Sequence[str] | map[str]") -> Section:
    all_ = list(lines)
    kept = all_[: limits.HANDOVER_ROWS]
    if len(all_) > len(kept):
        kept.append(say_many("{n} more", "{n} more", len(all_) - len(kept)))
    return Section(heading, kept or [say("none")])


def _came(case: Worked) -> str:
    seen = say("acknowledged") if case.acknowledged else say("not acknowledged")
    by_hand = say(", opened by hand") if case.reported else ""
    return say("{id} {level}, {points} points, {status}, {seen}{by_hand}: {title}", id=case.id, level=case.level,
               points=case.score, status=_status(case), seen=seen, by_hand=by_hand, title=case.title)  # fmt: skip


def _decisions(decided: Sequence[Decided], people: Mapping[str, str]) -> Iterator[str]:
    """One line each; the same decision of one person for the same reason is one line, from its first time on."""
    alike: dict[tuple[str, str, str], list[Decided]] = {}
    for each in decided:
        alike.setdefault((each.actor, each.what, each.why), []).append(each)
    for same in alike.values():
        ids = list(dict.fromkeys(each.incident for each in same))
        yield _decided(same[0], first_few(ids, limits.HANDOVER_ALIKE), people)


def _decided(each: Decided, ids: str, people: Mapping[str, str]) -> str:
    what = each.what
    for actor, name in people.items():
        what = what.replace(actor, name)
    told = say("{time} {id}, {who}: {what}", time=utc(each.time)[:_MINUTE], id=ids,
               who=people.get(each.actor, each.actor), what=what)  # fmt: skip
    return say("{told} – {why}", told=told, why=" ".join(each.why.split())) if each.why else told


def _open(case: Worked, people: Mapping[str, str]) -> str:
    told = say("{owner}: {id} {level}, {points} points, {status}, since {time}: {title}",
               owner=owner_name(case.owner, dict(people)), id=case.id, level=case.level, points=case.score,
               status=_status(case), time=utc(case.opened)[:_MINUTE], title=case.title)  # fmt: skip
    return say("{told}. Next: {step}", told=told, step=case.next_step) if case.next_step else told


def _status(case: Worked) -> str:
    return f"{case.status}: {case.reason}" if case.reason else case.status


def _owed(each: Owed) -> str:
    return say("{id} of {incident}, {what}: {state} (end: {until})", id=each.id, incident=each.incident, what=each.what,
               state=each.state, until=utc(each.until))  # fmt: skip


def _clock(each: ClockRow, now: datetime) -> str:
    if each.due <= now:
        return say("{id}, {duty}: it ran out {due}", id=each.incident, duty=each.duty, due=utc(each.due))
    left = duration((each.due - now).total_seconds())
    return say("{id}, {duty}: {left} left, until {due}", id=each.incident, duty=each.duty, left=left, due=utc(each.due))


def _counts(counts: Counts) -> str:
    reasons = ", ".join(f"{number} {reason}" for reason, number in (counts.reasons or {}).items())
    closed = (
        say("{n} closed ({reasons})", n=counts.closed, reasons=reasons)
        if reasons
        else say("{n} closed", n=counts.closed)
    )
    sentence = mark("{came} came ({waiting} not acknowledged), {parts} became parts of others, {closed}, {open} open")
    came, waiting, parts = counts.came, counts.waiting, counts.parts
    return say(sentence, came=came, waiting=waiting, parts=parts, closed=closed, open=counts.open)


def _times(counts: Counts) -> list[str]:
    return [_lasted(say("Time to acknowledge"), counts.acknowledging), _lasted(say("Time to close"), counts.closing)]


def _lasted(name: str, times: Times) -> str:
    if not times.count:
        return say("{name}: none", name=name)
    sentence = say_many("{name} ({n} incident): median {median}, 90th percentile {ninetieth}, longest {longest}",
                        "{name} ({n} incidents): median {median}, 90th percentile {ninetieth}, longest {longest}",
                        times.count, name=name, median=duration(times.median), ninetieth=duration(times.ninetieth),
                        longest=duration(times.longest))  # fmt: skip
    return sentence


def _seconds(times: Times) -> tuple[int, int, int]:
    return times.median, times.ninetieth, times.longest


def silent_line(sensor: Mapping[str, object]) -> str:
    """A sensor that is silent or far under its rhythm."""
    place = "/".join(str(sensor[name]) for name in ("organisation", "network", "sensor") if sensor.get(name))
    rate = str(sensor.get("rate", ""))
    last = str(sensor.get("last_event") or machine(None) or say("never"))
    return say("{place}: last event {last}{rate}", place=place, last=last, rate=f", {rate}" if rate else "")
