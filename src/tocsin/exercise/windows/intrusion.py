"""Writes the Windows exercise: a week of a ministry, slot by slot, with the attack's stages at their hours.

1. Machines boot and their long-lived processes exist before the first event.
2. The attack's scenes are laid on the timeline; whatever they plant is outside the budget of the background.
3. For each slot of the week people sit down or go home, then scenes are drawn until the slot has its share.
4. What stays ahead at the end (processes that still run) is written, and the ground truth saved.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from tocsin.errors import UsageError
from tocsin.exercise import week
from tocsin.exercise.calendar import END_US, START_US, Slot, at_us
from tocsin.exercise.chance import MICROSECONDS, Chance, Wheel
from tocsin.exercise.ground_truth import GroundTruth, Ledger, StagePlan, stamp
from tocsin.exercise.organisation import Host, Organisation, Person, organisation, outside_address
from tocsin.exercise.output import Folder
from tocsin.exercise.timeline import Timeline
from tocsin.exercise.windows.exchange import AdminAudit
from tocsin.exercise.windows.iis import WebLog
from tocsin.exercise.windows.machine import machine
from tocsin.exercise.windows.recorder import Recorder
from tocsin.exercise.windows.scenes import Scene, scene
from tocsin.exercise.windows.stage import Cast, Stage

SCENARIO = "windows-intrusion"
LEAST_EVENTS = 2_000  # the attack alone takes several hundred

_HERE = Path(__file__)
_IN_OFFICE = 0.25  # busier than this: people are at their desks
_SERVER_BUSY = 0.5  # a server's rate beside a person's at the busiest hour
_DESKTOP_BUSY = 0.08  # what a workstation does by itself
_ADMINISTRATOR_BUSY = 0.5
_DESKTOP_READY_US = 60 * MICROSECONDS
_MAXIMUM_UNIQUE = 1.0


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone or something that plays scenes: a person, an administrator, a machine."""

    who: str
    recorder: Recorder
    person: Person | None
    scenes: tuple[Scene, ...]
    wheel: Wheel

    def rate(self, slot: Slot) -> float:
        """How often this actor acts in a slot, beside the others."""
        host = self.recorder.machine.host
        if self.who == "machine":
            return slot.machines() * (_DESKTOP_BUSY if host.role == "workstation" else _SERVER_BUSY)
        if self.person is None or not _at_desk(self.person, slot):
            return 0.0
        busy = slot.people(self.person.shift)
        return busy * (_ADMINISTRATOR_BUSY if self.who == "administrator" else 1.0)


def _at_desk(person: Person, slot: Slot) -> bool:
    return slot.people(person.shift) >= _IN_OFFICE


@cache
def background_scenes() -> tuple[Scene, ...]:
    """The scenes of an ordinary week."""
    rows = tomllib.loads(_HERE.with_name("background.toml").read_text(encoding="utf-8"))
    return tuple(scene(row) for row in rows["scene"])


@cache
def attack_rows() -> tuple[Mapping[str, object], ...]:
    """The attack's stages as the data file holds them."""
    return tuple(tomllib.loads(_HERE.with_name("attack.toml").read_text(encoding="utf-8"))["stage"])


def stage_plans() -> tuple[StagePlan, ...]:
    """Ids, titles and techniques of the attack's stages."""
    return tuple(
        StagePlan(str(row["id"]), str(row["title"]), tuple(row["attack"]))  # type: ignore[arg-type]  # our own data
        for row in attack_rows()
    )


def windows_intrusion(
    out: Path,
    seed: int,
    events: int,
    progress: week.Progress | None = None,
    *,
    attack: bool = True,
    unique: float = 0.0,
) -> GroundTruth:
    """Writes the exercise into `out`. `unique` is the share of background command lines that occur only once."""
    if events < LEAST_EVENTS:
        raise UsageError(f"{events} events are too few", f"Ask for at least {LEAST_EVENTS:,}: the attack needs room.")
    if not 0 <= unique <= _MAXIMUM_UNIQUE:
        raise UsageError(f"unique is a share from 0 to 1, not {unique}")
    return _Week(out, seed, events, attack, unique).write(progress or _silent)


def _silent(_written: int, _total: int) -> None:
    """Nobody watches."""


class _Week:
    """One run of the exercise."""

    def __init__(self, out: Path, seed: int, events: int, attack: bool, unique: float) -> None:
        self._out, self._seed, self._events, self._attack = out, seed, events, attack
        self._organisation = organisation()
        self._chance = Chance(f"{SCENARIO}-{seed}")
        self._folder = Folder(out)
        self._ledger = Ledger()
        self._timeline = Timeline(events, self._ledger)
        self._recorders = self._boot(unique)
        self._stage = self._set()
        self._actors = self._cast()
        self._seated: dict[str, int] = {}  # by logon: when the desktop is ready for work
        self._names = {host.name: _names(host, self._organisation) for host in _hosts(self._organisation)}

    def _boot(self, unique: float) -> dict[str, Recorder]:
        ours = self._organisation
        made = {}
        for host in _hosts(ours):
            boot_us = START_US - self._chance.whole(3_600, 400_000) * MICROSECONDS
            booted = machine(host, ours, self._chance, boot_us)
            made[host.name] = Recorder(booted, self._timeline, self._folder, self._chance, unique)
        return made

    def _set(self) -> Stage:
        ours = self._organisation
        web = {name: WebLog(name, ours.host(name).address, self._folder) for name in ("SP01", "EXCH01")}
        audit = AdminAudit(ours.domain, self._folder)
        return Stage(ours, self._recorders, self._timeline, web, audit, self._chance)

    def _cast(self) -> tuple[Actor, ...]:
        made = []
        for recorder in self._recorders.values():
            host = recorder.machine.host
            made.append(_actor("machine", recorder, None))
            if host.person:
                made.append(_actor("user", recorder, host.person))
                if host.person.administration:
                    made.append(_actor("administrator", recorder, host.person))
        return tuple(made)

    def write(self, progress: week.Progress) -> GroundTruth:
        """Plays the week, slot by slot."""
        if self._attack:
            self._plant()
        actors = [week.Actor(actor.rate, partial(self._act, actor)) for actor in self._actors]
        week.play_week(self._timeline, self._events, actors, self._chance, progress, self._sit_down_and_go_home)
        return self._answer()

    def _act(self, actor: Actor, start_us: int) -> None:
        chosen = actor.scenes[actor.wheel.spin(self._chance)]
        cast = self._cast_of(actor)
        if cast.logon is not None:
            start_us = max(start_us, self._seated[cast.logon.guid])
        self._stage.perform(chosen, cast, start_us)

    def _cast_of(self, actor: Actor) -> Cast:
        recorder = actor.recorder
        names = self._scene_names(recorder.machine.host.name)
        made = Cast(recorder, names)
        if actor.person is not None:
            made.logon = recorder.machine.people.get(actor.person.account)
        return made

    def _scene_names(self, host: str) -> dict[str, str]:
        """Slots that data files may use."""
        ours, chance = self._organisation, self._chance
        site = chance.pick(ours.web_sites)
        return {
            **self._names[host],
            "document": chance.pick(ours.documents),
            "site": site,
            "site_address": outside_address(site),
            "anyone": chance.pick(ours.people).account,
            "admin": chance.pick(("adm-kostas", "adm-leka")),
            "server": chance.pick(ours.windows_servers).name,
        }

    def _sit_down_and_go_home(self, slot: Slot) -> None:
        for host in self._organisation.workstations:
            person = host.person
            if person is None:
                continue
            running = self._recorders[host.name].machine
            present = person.account in running.people
            if _at_desk(person, slot) and not present:
                self._sit_down(self._recorders[host.name], person, slot)
            elif present and slot.people(person.shift) < _IN_OFFICE / 2:
                self._go_home(self._recorders[host.name], person, slot)

    def _sit_down(self, recorder: Recorder, person: Person, slot: Slot) -> None:
        """Logon, desktop, the mail programme: the long-lived processes of a person's day."""
        at = slot.start_us + self._chance.whole(0, 200) * MICROSECONDS
        ran = recorder.machine
        logon = self._stage.open_session(recorder, at, person.account, 2, ran.host.address)
        ran.people[person.account] = logon
        self._seated[logon.guid] = at + _DESKTOP_READY_US
        userinit = recorder.start(at + 2_000_000, _USERINIT, _USERINIT, ran.processes["winlogon"], logon, "Medium")
        explorer = recorder.start(at + 2_600_000, _EXPLORER, _EXPLORER, userinit, logon, "Medium")
        recorder.end(at + 30_000_000, userinit)
        outlook = recorder.start(at + 45_000_000, _OUTLOOK, f'"{_OUTLOOK}"', explorer, logon, "Medium")
        ran.processes[f"explorer:{person.account}"] = explorer
        ran.processes[f"outlook:{person.account}"] = outlook

    def _go_home(self, recorder: Recorder, person: Person, slot: Slot) -> None:
        at = slot.start_us + self._chance.whole(0, 200) * MICROSECONDS
        ran = recorder.machine
        logon = ran.people.pop(person.account)
        for name in ("outlook", "explorer"):
            recorder.end(at, ran.processes.pop(f"{name}:{person.account}"))
        recorder.logoff(at + 1_000_000, logon, 2)

    def _plant(self) -> None:
        """Lays the whole attack on the timeline; stages of one thread share logon and processes."""
        threads: dict[str, Cast] = {}
        for row in attack_rows():
            id_, host = str(row["id"]), str(row["host"])
            thread = str(row.get("thread", id_))
            cast = threads.setdefault(thread, Cast(self._recorders[host], self._scene_names(host), id_))
            cast.stage = id_
            start = at_us(int(str(row["day"])), str(row["clock"]))
            self._stage.perform(scene({"name": id_, "steps": row["steps"]}), cast, start, renew=self._scene_names)

    def _answer(self) -> GroundTruth:
        files = self._folder.close()
        truth = GroundTruth(
            SCENARIO,
            self._seed,
            sum(files.values()),
            stamp(START_US),
            stamp(END_US),
            self._ledger.stages(stage_plans()) if self._attack else (),
            tuple(self._ledger.planted),
            files,
        )
        truth.save(self._out)
        return truth


_USERINIT = "C:\\Windows\\System32\\userinit.exe"
_EXPLORER = "C:\\Windows\\explorer.exe"
_OUTLOOK = "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE"


def _hosts(ours: Organisation) -> tuple[Host, ...]:
    return (*ours.windows_servers, *ours.workstations)


def _names(host: Host, ours: Organisation) -> dict[str, str]:
    person = host.person
    return {
        "host": host.name,
        "address": host.address,
        "account": person.account if person else f"{host.name}$",
        "sid": person.sid if person else ours.sid_of(f"{host.name}$"),
        "department": person.department if person else "IT Operations",
    }


def _actor(who: str, recorder: Recorder, person: Person | None) -> Actor:
    role = recorder.machine.host.role
    fitting = tuple(one for one in background_scenes() if one.who == who and (not one.roles or role in one.roles))
    return Actor(who, recorder, person, fitting, Wheel([one.weight for one in fitting]))
