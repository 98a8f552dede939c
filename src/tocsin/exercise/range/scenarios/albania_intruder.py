"""Who attacks in albania-2022, what they chose, and how they work through the web shell.

    intruder = choose(plot, member)
    time = intruder.moment(scene, 34, 12)              within twelve days after the 34th, at hours that they like
    intruder.posts(scene, times, …)                    requests to the shell from the server rented at that time
    intruder.commands(scene, time, COMMANDS, 5)        some commands through it, as the web server's account

An attacker can vary all of this, so the seed does: servers rented (a new one every few weeks), names of shells, folders
and tools, accounts, hours, the browser that is pretended. Days are of 430; a shorter exercise shrinks them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.exercise.range.actions.processes import Processes, running, start
from tocsin.exercise.range.actions.remote import vpn_session
from tocsin.exercise.range.actions.traffic import reached
from tocsin.exercise.range.actions.web import CHROME, EDGE, mail_web
from tocsin.exercise.range.alliance import Account, Host, Member
from tocsin.exercise.range.columns import Column, Integers, Pick, Pool
from tocsin.exercise.range.internet import address
from tocsin.exercise.range.scenario import Plot
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import DAY, HOUR, SECOND

LENGTH = 430  # days of the campaign
CMD = r"C:\Windows\System32\cmd.exe"
POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
INETSRV = "c:\\windows\\system32\\inetsrv\\"
W3WP = r"C:\Windows\System32\inetsrv\w3wp.exe"
LAYOUTS = r"C:\Program Files\Common Files\Microsoft Shared\Web Server Extensions\16\TEMPLATE\LAYOUTS"
_COUNTRIES = ("NL", "DE", "RO", "FR", "GB", "US", "BG", "TR")
_SHELLS = ("pickers", "error4", "ClientBin", "pickerlist", "error2", "uploads", "start2", "spview", "wopi2", "tagview")
_FOLDERS = (r"C:\ProgramData\Microsoft\Crypto", r"C:\Windows\Temp", r"C:\Users\Public\Libraries", r"C:\PerfLogs\Admin",
            r"C:\ProgramData\USOShared", r"C:\inetpub\temp")  # fmt: skip
_TOOLS = ("svcmon", "wmisvc", "taskhostw2", "msupd", "netcfg2", "dllhst", "srvchk", "winlogs", "perfmn", "adsync")
_AGENTS = (
    CHROME,
    EDGE,
    "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:88.0) Gecko/20100101 Firefox/88.0",
    "python-requests/2.25.1",
)
_RENTED = 8  # servers through the year
Command = tuple[str, str]  # program, command line


@dataclass(frozen=True, slots=True, eq=False)
class Intruder:
    """What they chose for the campaign."""

    plot: Plot
    member: Member
    servers: Pool  # addresses, one after the other
    countries: tuple[str, ...]  # of the servers
    agent: str
    shells: tuple[str, ...]  # file names
    folder: str  # where tools lie
    tools: tuple[str, ...]  # names of programs
    hour: float  # of the day (UTC) at which they like to work
    service: Account  # of the web server
    admin: Account
    guests: tuple[Account, ...]  # whose passwords they use at the VPN

    @property
    def door(self) -> Host:
        """The SharePoint server."""
        return self.member.one("sharepoint")

    def moment(self, scene: Scene, day: float, spread: float) -> int:
        """A time within `spread` days after that day of the campaign."""
        number = (day + scene.chance.uniform(0, spread)) * self.plot.days / LENGTH
        hour = scene.chance.normal(self.hour, 1.8) % 24
        return self.plot.first_us + int(number) * DAY + int(hour * HOUR)

    def server(self, times: Integers) -> Pick:
        """The address that they come from at each time."""
        span = (self.plot.last_us - self.plot.first_us) // len(self.servers) + 1
        return self.servers.pick(((times - self.plot.first_us) // span).clip(0, len(self.servers) - 1))

    def posts(
        self, scene: Scene, times: Integers, path: Column, *, method: str = "POST", query: Column = "-",
        status: Column = 200, sizes: Column = 1_800, received: Column = 900, agent: str = "",
    ) -> None:  # fmt: skip
        """Requests to SharePoint from outside, with the connections that carry them. Nobody signs in."""
        mail_web(scene, times, self.door, self.server(times), None, path, method=method, query=query, status=status,
                 sizes=sizes, received=received, taken_ms=scene.chance.integers(20, 900, len(times)),
                 agents=agent or self.agent, anonymous=True)  # fmt: skip
        reached(scene, times - SECOND // 2, self.server(times), self.door, 443, sent=received, received=sizes,
                seconds=scene.chance.lognormal(0.4, 0.7, len(times)))  # fmt: skip

    def dials(self, scene: Scene, time: int, guest: Account, which: int, seconds: float) -> None:
        """A session through the VPN with somebody's password, from the rented server of that number."""
        vpn_session(scene, time, guest, self.servers.texts[which], country=self.countries[which], seconds=seconds,
                    sent=int(scene.chance.lognormal(15, 1)), received=int(scene.chance.lognormal(17, 1)))  # fmt: skip

    def worker(self, scene: Scene, times: Integers) -> Processes:
        """The web server's process at these times."""
        return running(scene, times, self.door, self.service, W3WP,
                       r'c:\windows\system32\inetsrv\w3wp.exe -ap "SharePoint - 80" -v "v4.0" -l "webengine4.dll"'
                       r' -a \\.\pipe\iisipm5 -h "C:\inetpub\temp\apppools\SharePoint - 80.config"')  # fmt: skip

    def commands(self, scene: Scene, time: int, listed: Sequence[Command], count: int, shell: int = 0) -> Integers:
        """Some of the commands through a web shell, in any order, minutes apart. Gives the times."""
        chance = scene.chance
        chosen = chance.permutation(len(listed))[:count]
        times = time + np.cumsum(chance.exponential(70, len(chosen)) * SECOND).astype(np.int64)
        self.posts(scene, times, f"/_layouts/15/{self.shells[shell % len(self.shells)]}",
                   sizes=chance.lognormal(7.6, 0.9, len(chosen)).astype(np.int64),
                   received=chance.integers(380, 1_500, len(chosen)))  # fmt: skip
        lines = Pool([line for _, line in listed])
        shells = start(scene, times + SECOND // 5, self.door, self.service, CMD,
                       _within(lines, '"cmd.exe" /c ').pick(chosen), self.worker(scene, times),
                       directory=INETSRV, integrity="High")  # fmt: skip
        images = Pool([f"C:\\Windows\\System32\\{program}" for program, _ in listed])
        start(scene, times + SECOND // 3, self.door, self.service, images.pick(chosen), lines.pick(chosen), shells,
              directory=INETSRV, integrity="High")  # fmt: skip
        return times


def _within(lines: Pool, before: str) -> Pool:
    return lines.mapped(before, lambda line: f"{before}{line}")


def choose(plot: Plot, member: Member) -> Intruder:
    """The attackers' choices for this seed."""
    chance = plot.chance
    kinds, places = chance.integers(0, 2, _RENTED).tolist(), chance.integers(0, len(_COUNTRIES), _RENTED).tolist()
    rented = [address(("hosting", "vps")[kind], _COUNTRIES[place], int(chance.integers(0, 60_000)))
              for kind, place in zip(kinds, places, strict=True)]  # fmt: skip
    names = [f"{_SHELLS[number]}.aspx" for number in chance.permutation(len(_SHELLS))[:3].tolist()]
    tools = [f"{_TOOLS[number]}.exe" for number in chance.permutation(len(_TOOLS))[:5].tolist()]
    admins, people = member.accounts_of("admin"), chance.permutation(member.accounts_of("person"))
    return Intruder(
        plot=plot,
        member=member,
        servers=Pool(rented),
        countries=tuple(_COUNTRIES[place] for place in places),
        agent=_AGENTS[int(chance.integers(0, len(_AGENTS)))],
        shells=tuple(names),
        folder=_FOLDERS[int(chance.integers(0, len(_FOLDERS)))],
        tools=tuple(tools),
        hour=float(chance.choice((5.5, 8.0, 11.0, 20.0, 22.5))),
        service=member.service("web"),
        admin=member.accounts[int(admins[chance.integers(0, len(admins))])],
        guests=tuple(member.accounts[number] for number in people[:2].tolist()),
    )
