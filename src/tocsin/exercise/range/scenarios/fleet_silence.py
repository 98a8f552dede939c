"""fleet-silence: an operator's modems and stations fall silent within minutes; elsewhere a sensor just stops.

After Viasat's account of 24 February 2022: somebody comes through the VPN into the management network, gives many
modems a command of the management itself, they overwrite their memory (AcidRain) and restart for the last
time. The modems report every five minutes, so that silence can be seen soon. A planned power cut is the
harmless relative.
"""

from datetime import date

import numpy as np

from tocsin.exercise.range.actions.field import heartbeat
from tocsin.exercise.range.actions.remote import vpn_session
from tocsin.exercise.range.actions.servers import says
from tocsin.exercise.range.actions.traffic import inside
from tocsin.exercise.range.alliance import LINUX_ROLES, Member, Setting
from tocsin.exercise.range.columns import Integers, Made
from tocsin.exercise.range.internet import address
from tocsin.exercise.range.scenario import Plot, Scenario
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.surprises import maintenance
from tocsin.exercise.range.times import DAY, HOUR, MINUTE, SECOND

_GROUPS = 24  # the fleet is lost in so many steps
_FLEET = ("modem", "station")


def plan(plot: Plot) -> None:
    """A night's maintenance, a sensor that stops, a fleet that is lost."""
    operator = plot.alliance.of_sector("telecom")
    maintenance(plot, plot.alliance.largest, 1)
    _sensor(plot)
    _fleet(plot, operator)


def _fleet(plot: Plot, member: Member) -> None:
    scene = plot.stage("fleet-silence", "Modems are overwritten and fall silent",
                       ("T1133", "T1072", "T1485", "T1561.001"), member)  # fmt: skip
    chance = scene.chance
    machines = chance.permutation(member.any_of(*_FLEET))
    lost = machines[: max(1, round(len(machines) * chance.uniform(0.7, 0.92)))]
    begin = plot.at(member, 3, "04:00") + int(chance.integers(0, 50 * MINUTE))
    span = int(chance.integers(10 * MINUTE, 45 * MINUTE))
    _comes_in(scene, begin - 70 * MINUTE)
    times = np.sort(begin + chance.integers(0, span, len(lost)))
    _commands(scene, times, lost)
    if plot.attack:
        _falls_silent(plot, scene, times, lost)


def _comes_in(scene: Scene, time: int) -> None:
    """Through the VPN with an account of the operator, then to the machine that manages the fleet."""
    member, chance = scene.member, scene.chance
    admins = member.accounts_of("admin")
    account = member.accounts[int(admins[chance.integers(0, len(admins))])]
    outside = address("vps", "NL", int(chance.integers(0, 60_000)))
    vpn_session(scene, time, account, outside, country="NL", seconds=9_000.0)
    inside(scene, time + 5 * MINUTE, member.one("jump-host"), member.one("management"), 22, seconds=7_200.0)


def _commands(scene: Scene, times: Integers, machines: Integers) -> None:
    """What a modem says last: a session of the management, a file, a program, a restart."""
    hub, chance = scene.member.one("management"), scene.chance
    size = int(chance.integers(48_000, 61_000))
    name = f"/tmp/{chance.integers(1 << 24):06x}"
    inside(scene, times - 25 * SECOND, hub, machines, 23, sent=size, received=900, seconds=12.0)
    for seconds, text in (
        (-25, Made("mgmt session opened from %s", (hub.address,))),
        (-14, f"mgmt file received {name} size={size}"),
        (-11, f"mgmt exec {name} uid=0"),
        (-2, "kernel: mtd0: erase requested; restart"),
    ):
        heartbeat(scene, times + seconds * SECOND, machines, text, program="terminal")


def _falls_silent(plot: Plot, scene: Scene, times: Integers, machines: Integers) -> None:
    """In groups, each from its last one's restart; a third are replaced after days, the others never come back."""
    for number, group in enumerate(np.array_split(np.arange(len(machines)), min(_GROUPS, len(machines)))):
        first = int(times[group].max()) + SECOND
        back = first + int(scene.chance.uniform(1.5, 3.0) * DAY) if number % 3 == 0 else plot.last_us
        plot.silence(scene.member, first, max(back, first), ("station", "firewall"), hosts=machines[group])


def _sensor(plot: Plot) -> None:
    """Zeek is stopped at the power company in an afternoon and comes back the next morning."""
    member = plot.alliance.of_sector("energy", "ministry")
    scene = plot.stage("sensor-stopped", "A network sensor is stopped", ("T1562.001",), member)
    begin = plot.at(member, 2, "13:00") + int(scene.chance.integers(0, 4 * HOUR))
    box = int(member.of_role(*LINUX_ROLES)[-1])
    says(scene, begin - 9 * SECOND, box, "sudo",
         "netops : TTY=pts/1 ; PWD=/home ; USER=root ; COMMAND=/usr/bin/systemctl stop zeek", "netops")  # fmt: skip
    says(scene, begin - 7 * SECOND, box, "systemd[1]", "Stopped zeek.service - Zeek network sensor.")
    if plot.attack:
        plot.silence(member, begin, begin + int(scene.chance.integers(12, 20)) * HOUR, sensors=("network",))


SCENARIO = Scenario(
    id="fleet-silence",
    title="A fleet falls silent",
    about="Modems of an operator are overwritten and silent within 10 to 45 minutes; a network sensor just stops.",
    source="Viasat, KA-SAT network cyber attack overview, 30 March 2022; SentinelOne, AcidRain; CISA AA22-076A",
    plan=plan,
    days=7,
    hosts=3_000,
    first=date(2026, 2, 23),
    setting=Setting(heartbeat=5),
)
