"""Is the node in order? From facts to lines, each with what was seen and what to do.

Rules:
1. `fail` needs somebody now, `warn` soon; a `pass` says what was seen too.
2. A part that could not be looked at fails: not knowing is not being in order.
3. Thresholds are named here with their units. Those of certificates and backups are this project's; that two admins
   and a lead with a second factor are needed follows from the rule of two people.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from tocsin.node.store.sensors import Quiet
from tocsin.node.upkeep import check_exceptions, check_inputs, check_notices
from tocsin.node.upkeep.check_facts import CertificateFacts, Facts, SensorFacts
from tocsin.words.dates import duration, utc
from tocsin.words.messages import enumeration, first_few, say, say_many
from tocsin.words.sizes import size_text

CLOCK_BACK = timedelta(minutes=1)  # how far the clock may be behind the ledger's newest entry
CERTIFICATE_SOON = timedelta(days=30)
KEY_OLD = timedelta(days=730)  # NIST SP 800-57 part 1 rev. 5 §5.3.6: one to three years for a private signature key
ADMINS, LEADS = 2, 1  # at least
DISK_FAIL, DISK_WARN = timedelta(days=3), timedelta(days=14)
REJECTED_WARN, REJECTED_FAIL = 0.01, 0.1  # shares of what a sensor sent in its last day
REJECTED_LEAST = 10  # records that fail
MINUTE = timedelta(minutes=1)
AHEAD, LATE = MINUTE, 15 * MINUTE  # of a sensor's clock, and of its events
SILENT_FAIL = timedelta(days=1)
HEARD_AGAIN = timedelta(days=7)  # for so long it is told that a retired sensor sent
BACKUP_WARN, BACKUP_FAIL = timedelta(days=2), timedelta(days=7)
WITNESS_ROUNDS = 3  # that may be missed
SHOWN = 5  # names in one line


class Result(StrEnum):
    """How a line came out."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a check. `advice` is what to do, empty where there is nothing to do."""

    name: str
    result: Result
    seen: str
    advice: str = ""


def judged(facts: Facts) -> tuple[Line, ...]:
    """All lines, those that could not be looked at first."""
    missing = {part for part, _ in facts.problems}
    lines = [Line(part, Result.FAIL, why, say("Repair this first.")) for part, why in facts.problems]
    for part, judge in _JUDGES:
        if part not in missing:
            lines += judge(facts)
    return tuple(lines)


def fails(lines: Iterable[Line]) -> bool:
    """Whether somebody is needed now."""
    return any(line.result is Result.FAIL for line in lines)


def _clock(facts: Facts) -> list[Line]:
    newest, synchronised = facts.clock.newest, facts.clock.synchronised
    if newest is not None and facts.now < newest - CLOCK_BACK:
        seen = say("The clock says {now}, the ledger has an entry of {newest}.", now=utc(facts.now), newest=utc(newest))
        return [Line("clock", Result.FAIL, seen, say("Set the clock, and run an NTP service."))]
    if synchronised is None:
        return [Line("clock", Result.PASS, say("{now}; the system does not say how right it is.", now=utc(facts.now)))]
    if not synchronised:
        seen = say("{now}; the system says that no time server corrects it.", now=utc(facts.now))
        return [Line("clock", Result.WARN, seen, say("Run an NTP service such as chrony, with a server of your own."))]
    return [Line("clock", Result.PASS, say("{now}, corrected by a time server.", now=utc(facts.now)))]


def _tls(facts: Facts) -> list[Line]:
    if not facts.certificates:
        return [Line("tls", Result.PASS, say("No certificate: the API listens on this machine only."))]
    return [_certificate(found, facts.now) for found in facts.certificates]


def _certificate(found: CertificateFacts, now: datetime) -> Line:
    renew = say("Renew {file}, then restart the node.", file=found.file)
    if found.not_after is None or found.not_before is None:
        return Line("tls", Result.FAIL, say("{file} {problem}.", file=found.file, problem=found.problem), renew)
    seen = say("{file} is good from {a} to {b}.", file=found.file, a=utc(found.not_before), b=utc(found.not_after))
    if not found.not_before <= now < found.not_after:
        return Line("tls", Result.FAIL, seen, renew)
    soon = found.not_after - now < CERTIFICATE_SOON
    return Line("tls", Result.WARN if soon else Result.PASS, seen, renew if soon else "")


def _keys(facts: Facts) -> list[Line]:
    lines = []
    for key in facts.keys:
        old = key.since is not None and facts.now - key.since > KEY_OLD
        seen = say("Key {id} signs the {what} since {since}.", id=key.id, what=key.purpose, since=utc(key.since))
        advice = say("Run `tocsin key rotate {what}`.", what=key.purpose) if old else ""
        lines.append(Line(f"key {key.purpose}", Result.WARN if old else Result.PASS, seen, advice))
    return lines


def _retention(facts: Facts) -> list[Line]:
    if facts.keep_days > 0:
        seen = say_many("Events are kept for {n} day.", "Events are kept for {n} days.", facts.keep_days)
        return [Line("retention", Result.PASS, seen)]
    advice = say("Set lake.keep_days in tocsin.toml to what your law allows and your disk holds.")
    return [Line("retention", Result.WARN, say("Events are kept for ever."), advice)]


def _roles(facts: Facts) -> list[Line]:
    people = facts.people
    seen = say(
        "{admins} admins and {leads} leads can log in; {unready} accounts have to set up their login first.",
        admins=people.admins,
        leads=people.leads,
        unready=people.unready,
    )
    if people.admins < ADMINS or people.leads < LEADS:
        advice = say("Have at least two admins and one lead with one-time codes, or nobody can act as the second.")
        return [Line("roles", Result.FAIL, seen, advice)]
    return [Line("roles", Result.PASS, seen)]


def _versions(facts: Facts) -> list[Line]:
    bad = [version for version in facts.versions if version.problem]
    seen = ", ".join(f"{version.part} {version.version}" for version in facts.versions)
    if bad:
        advice = " ".join(version.problem for version in bad)
        return [Line("versions", Result.FAIL, seen, advice)]
    return [Line("versions", Result.PASS, seen)]


def _disk(facts: Facts) -> list[Line]:
    disk = facts.disk
    reserved = max(0, facts.journal_most - disk.journal)
    left = max(0, disk.free - reserved)
    free = say(
        "{free} free, {reserved} of it for the journal, the lake has {lake}, original lines {raw}",
        free=size_text(disk.free),
        reserved=size_text(reserved),
        lake=size_text(disk.lake),
        raw=size_text(disk.raw),
    )
    rate = _a_day(disk.daily) + (_a_day(disk.raw_daily) if facts.keep_raw else 0)
    if not rate:
        return [Line("disk", Result.PASS, say("{free}; no day has events yet.", free=free))]
    days = left // rate
    seen = say("{free}; at {rate} a day it is full in {n} days.", free=free, rate=size_text(rate), n=f"{days:,}")
    if facts.keep_days and rate * facts.keep_days <= disk.lake + disk.raw + left - rate * DISK_FAIL.days:
        return [
            Line(
                "disk", Result.PASS, say("{free}; what is kept at {rate} a day fits.", free=free, rate=size_text(rate))
            )
        ]
    advice = say("Make room, or set lake.keep_days lower; `tocsin lake status` shows what takes it.")
    time = timedelta(days=min(days, timedelta.max.days))
    result = Result.FAIL if time < DISK_FAIL else Result.WARN if time < DISK_WARN else Result.PASS
    return [Line("disk", result, seen, advice if result is not Result.PASS else "")]


def _a_day(daily: Sequence[int]) -> int:
    return int(median(daily)) if daily else 0


def _inputs(facts: Facts) -> list[Line]:
    lines = [Line("inputs", Result.WARN, seen, advice) for seen, advice in check_inputs.told(facts.losses)]
    return lines or [Line("inputs", Result.PASS, say("No input lost or refused anything in the last day."))]


def _rejects(facts: Facts) -> list[Line]:
    worst = [sensor for sensor in facts.sensors if _rejected(sensor) >= REJECTED_WARN]
    named = [sensor.name for sensor in worst]
    fail = any(_rejected(sensor) >= REJECTED_FAIL and sensor.rejected >= REJECTED_LEAST for sensor in worst)
    dropped = [sensor.name for sensor in facts.sensors if sensor.dropped]
    lines = [Line("rejects", Result.PASS, say("In the last day fewer than 1 % of any sensor's records were rejected."))]
    if named:
        result = Result.FAIL if fail else Result.WARN
        seen = say("Many records of the last day were rejected of {names}.", names=first_few(named, SHOWN))
        lines = [Line("rejects", result, seen, say("Run `tocsin source test` on a sample of them."))]
    if dropped:
        seen = say("Something was dropped in the last day of {names}.", names=first_few(dropped, SHOWN))
        lines.append(Line("drops", Result.WARN, seen, say("Send by TCP or HTTP; UDP loses what comes too fast.")))
    return lines


def _silence(facts: Facts) -> list[Line]:
    if not facts.sensors and facts.retired:
        advice = say("Return one to service, or add an input to tocsin.toml or a token.")
        return [Line("sensors", Result.WARN, say("No sensor is in service."), advice), *_retired(facts)]
    if not facts.sensors:
        advice = say("Add an input to tocsin.toml, or a token with `tocsin user token`.")
        return [Line("sensors", Result.WARN, say("No sensor has ever sent anything."), advice)]
    silent = {each.name: facts.now - each.received for each in facts.sensors if each.received and _silent(each, facts)}
    advice = say(
        "See to the sensor and to the way between; an intruder may be there. "
        "One that is gone for good: `tocsin source retire`."
    )
    lines = [*_silent_lines(silent, advice), *_under_rhythm(facts, advice)]
    unheard = [each.name for each in facts.sensors if each.received is None]
    if unheard:
        seen = say("Nothing ever came from {names}.", names=first_few(unheard, SHOWN))
        lines.append(Line("sensors", Result.WARN, seen, say("See to the sensor, or remove it or its token.")))
    if not lines:
        seen = say_many("{n} sensor, and it sends.", "{n} sensors, and all send.", len(facts.sensors))
        lines = [Line("sensors", Result.PASS, seen)]
    return [*lines, *_retired(facts)]


def _sensor_clocks(facts: Facts) -> list[Line]:
    ahead = [each for each in facts.sensors if each.ahead_seconds > AHEAD.total_seconds()]
    late = [each for each in facts.sensors if each.late_minutes * MINUTE > LATE]
    lines = []
    if ahead:
        named = [f"{each.name} ({duration(each.ahead_seconds)})" for each in ahead]
        seen = say("The clock is ahead of {names}.", names=first_few(named, SHOWN))
        advice = say("Set the sensor's clock and time zone, and run an NTP service there.")
        lines.append(Line("sensor clocks", Result.WARN, seen, advice))
    if late:
        named = [f"{each.name} ({duration(each.late_minutes * MINUTE.total_seconds())})" for each in late]
        seen = say("Events come late, or the clock is behind, of {names}.", names=first_few(named, SHOWN))
        advice = say("Set the sensor's clock and time zone; one that sends in batches is in order.")
        lines.append(Line("sensor clocks", Result.WARN, seen, advice))
    seen = say("No sensor's clock is ahead, and no sensor's events come late.")
    return lines or [Line("sensor clocks", Result.PASS, seen)]


def _retired(facts: Facts) -> list[Line]:
    lines = []
    back = sorted(f"{name} ({utc(at)})" for name, at in facts.heard_again if facts.now - at <= HEARD_AGAIN)
    if back:
        seen = say("Heard again, though they were retired: {names}.", names=first_few(back, SHOWN))
        advice = say("Find out who sends under that name; end its token, or retire it once more.")
        lines.append(Line("retired", Result.WARN, seen, advice))
    if facts.retired:
        seen = say("Out of service, and not looked at: {names}.", names=first_few(sorted(facts.retired), SHOWN))
        lines.append(Line("retired", Result.PASS, seen))
    return lines


def _silent(sensor: SensorFacts, facts: Facts) -> bool:
    """As the running node judges it by the sensor's habits; where none does, by the configured time."""
    limit = timedelta(minutes=facts.silent_minutes)
    if sensor.judged is not None and facts.now - sensor.judged <= limit:
        return sensor.quiet is Quiet.SILENT
    return sensor.received is not None and facts.now - sensor.received > limit


def _silent_lines(silent: Mapping[str, timedelta], advice: str) -> list[Line]:
    if not silent:
        return []
    longest = max(silent.values())
    seen = say(
        "Nothing comes from {names}, for up to {time}.",
        names=first_few(sorted(silent), SHOWN),
        time=duration(longest.total_seconds()),
    )
    return [Line("sensors", Result.FAIL if longest > SILENT_FAIL else Result.WARN, seen, advice)]


def _under_rhythm(facts: Facts, advice: str) -> list[Line]:
    """Sensors far under their rhythm, and those in a gap that is not told as silence yet."""
    low = [f"{each.name} ({each.rate})" for each in facts.sensors if each.quiet is Quiet.LOW]
    gaps = [each for each in facts.sensors if each.gap_since is not None and each.quiet is Quiet.NOT]
    lines = []
    if low:
        seen = say("Far less than usual comes from {names}.", names=first_few(low, SHOWN))
        lines.append(Line("sensors", Result.WARN, seen, advice))
    if gaps:
        named = [f"{each.name} ({utc(each.gap_since)})" for each in gaps]
        seen = say("Events are missing since some time of {names}.", names=first_few(named, SHOWN))
        lines.append(Line("sensors", Result.WARN, seen, advice))
    return lines


def _switches(facts: Facts) -> list[Line]:
    if not facts.stopped:
        return [Line("switches", Result.PASS, say("Neither AI nor sharing is stopped."))]
    told = [
        say("{switch} since {time} ({why})", switch=each.switch, time=utc(each.time), why=each.why)
        for each in facts.stopped
    ]
    advice = say("When the reason is gone, two people start it again: `tocsin start`.")
    return [Line("switches", Result.WARN, say("Stopped: {switches}.", switches=enumeration(told)), advice)]


def _history(facts: Facts) -> list[Line]:
    found = facts.history
    if found.faults:
        seen = say("Somebody changed incidents beside the node: {faults}.", faults=first_few(found.faults, SHOWN))
        advice = say("Find out who is root here; run `tocsin ledger verify` with a witness, and restore a backup.")
        return [Line("incident history", Result.FAIL, seen, advice)]
    if found.left:
        seen = say("There was time for {n} incidents of {all}.", n=found.incidents, all=found.incidents + found.left)
        advice = say("Run the check again when the node is less busy.")
        return [Line("incident history", Result.WARN, seen, advice)]
    seen = say_many(
        "{n} incident is what its history and the ledger say.",
        "{n} incidents are what their histories and the ledger say.",
        found.incidents,
    )
    return [Line("incident history", Result.PASS, seen)]


def _exceptions(facts: Facts) -> list[Line]:
    bad = [Line("exceptions", Result.WARN, *each) for each in check_exceptions.told(facts.exceptions, facts.now)]
    return bad or [Line("exceptions", Result.PASS, check_exceptions.counted(facts.exceptions))]


def _backup(facts: Facts) -> list[Line]:
    advice = say("Run `tocsin node backup FILE`, and keep it on another machine.")
    if facts.backup is None:
        return [Line("backup", Result.FAIL, say("There was never a backup."), advice)]
    age = facts.now - facts.backup
    seen = say("The last backup was made {at}.", at=utc(facts.backup))
    result = Result.FAIL if age > BACKUP_FAIL else Result.WARN if age > BACKUP_WARN else Result.PASS
    return [Line("backup", result, seen, advice if result is not Result.PASS else "")]


def _witness(facts: Facts) -> list[Line]:
    witness = facts.witness
    if not witness.configured:
        seen = say("No witness is configured: who is root here could write another ledger.")
        return [Line("witness", Result.WARN, seen, say("Set witness.syslog or witness.file in tocsin.toml."))]
    late = timedelta(minutes=witness.every_minutes * WITNESS_ROUNDS)
    seen = say("The witness has the ledger up to {at}.", at=utc(witness.last))
    if witness.entries and (witness.last is None or (witness.waiting and facts.now - witness.last > late)):
        seen = say(
            "The witness waits for {n} checkpoints; it heard last {at}.", n=witness.waiting, at=utc(witness.last)
        )
        return [Line("witness", Result.FAIL, seen, say("See to the way to the witness; the node tells it again."))]
    return [Line("witness", Result.PASS, seen)]


def _permissions(facts: Facts) -> list[Line]:
    if facts.open_paths:
        seen = say("Others may touch {paths}.", paths=first_few(facts.open_paths, SHOWN))
        return [Line("permissions", Result.FAIL, seen, say("Run: chmod -R go= on the node's folder; rotate the keys."))]
    return [Line("permissions", Result.PASS, say("The node's folder and keys are its user's alone."))]


def _outbound(facts: Facts) -> list[Line]:
    if not facts.outbound:
        return [Line("outbound", Result.PASS, say("The node connects to nobody."))]
    hosts = Line("outbound", Result.PASS, say("The node connects to {hosts} only.", hosts=", ".join(facts.outbound)))
    return [hosts, *_webhook(facts)]


def _webhook(facts: Facts) -> list[Line]:
    if not facts.webhook_shown:
        return []
    seen = say("The webhook's URL may hold a secret, and stands in the configuration.")
    return [Line("webhook", Result.WARN, seen, say("Put it into a file of mode 0600 and name that as webhook_file."))]


def _notices(facts: Facts) -> list[Line]:
    found = check_notices.told(facts.notices, facts.now)
    lines = [Line("notices", Result.FAIL if now else Result.WARN, seen, advice) for now, seen, advice in found]
    if lines or not facts.notices.ways:
        return lines
    told = say("What is told by {ways} arrives.", ways=enumeration(facts.notices.ways))
    return [Line("notices", Result.PASS, told)]


_JUDGES: tuple[tuple[str, Callable[[Facts], list[Line]]], ...] = (
    ("state database", _clock),
    ("configuration", _tls),
    ("keys", _keys),
    ("configuration", _retention),
    ("state database", _roles),
    ("versions", _versions),
    ("lake", _disk),
    ("inputs", _inputs),
    ("state database", _rejects),
    ("state database", _silence),
    ("state database", _sensor_clocks),
    ("state database", _switches),
    ("incident history", _history),
    ("state database", _exceptions),
    ("state database", _backup),
    ("state database", _witness),
    ("permissions", _permissions),
    ("configuration", _outbound),
    ("state database", _notices),
)
"""What each judgement needs to have been looked at, and the judgement."""


def _rejected(sensor: SensorFacts) -> float:
    total = sensor.events + sensor.rejected
    return sensor.rejected / total if total else 0.0
