"""Writes the network exercise: a week on the ministry's wires with an intrusion by way of a jump server."""

from pathlib import Path

from tocsin.errors import UsageError
from tocsin.exercise.calendar import END_US, START_US, Slot
from tocsin.exercise.chance import MICROSECONDS, Chance
from tocsin.exercise.ground_truth import GroundTruth, Ledger, stamp
from tocsin.exercise.network.attack import plant, stage_plans
from tocsin.exercise.network.background import Network, actors
from tocsin.exercise.network.linux import LinuxServer
from tocsin.exercise.network.servers import CombinedFile, SquidFile
from tocsin.exercise.network.wire import Wire
from tocsin.exercise.organisation import organisation
from tocsin.exercise.output import Folder
from tocsin.exercise.timeline import Timeline
from tocsin.exercise.week import Progress, play_week

SCENARIO = "network-intrusion"
LEAST_EVENTS = 4_000  # the attack alone takes some two thousand
_STATISTICS_HOURS = 6


def network_intrusion(
    out: Path, seed: int, events: int, progress: Progress | None = None, *, attack: bool = True
) -> GroundTruth:
    """Writes the exercise into `out`."""
    if events < LEAST_EVENTS:
        raise UsageError(f"{events} events are too few", f"Ask for at least {LEAST_EVENTS:,}: the attack needs room.")
    chance, folder, ledger = Chance(f"{SCENARIO}-{seed}"), Folder(out), Ledger()
    timeline = Timeline(events, ledger)
    network = _network(timeline, folder, chance)
    if attack:
        plant(network)
    play_week(timeline, events, actors(network), chance, progress or _silent, _Statistics(network.wire))
    files = folder.close()
    truth = GroundTruth(
        SCENARIO,
        seed,
        sum(files.values()),
        stamp(START_US),
        stamp(END_US),
        ledger.stages(stage_plans()) if attack else (),
        tuple(ledger.planted),
        files,
    )
    truth.save(out)
    return truth


def _silent(_written: int, _total: int) -> None:
    """Nobody watches."""


def _network(timeline: Timeline, folder: Folder, chance: Chance) -> Network:
    ours = organisation()
    servers = {host.name: LinuxServer(host, timeline, folder, chance) for host in ours.linux_servers}
    wire = Wire(timeline, folder, chance)
    proxy, site = SquidFile("proxy1", folder), CombinedFile("www1", folder)
    return Network(ours, wire, servers, proxy, site, timeline, chance)


class _Statistics:
    """Suricata's counters every few hours."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def __call__(self, slot: Slot) -> None:
        if slot.hour % _STATISTICS_HOURS == 0:
            self._wire.statistics(slot.start_us, (slot.start_us - START_US) // MICROSECONDS + 86_400)
