"""Plays scenes on machines: turns the steps of the data files into events on the timeline."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tocsin.exercise.chance import MICROSECONDS, Chance
from tocsin.exercise.organisation import Organisation, outside_address
from tocsin.exercise.timeline import Mark, Timeline
from tocsin.exercise.windows.exchange import AdminAudit, Cmdlet
from tocsin.exercise.windows.iis import Request, WebLog
from tocsin.exercise.windows.machine import Logon, Machine, Process
from tocsin.exercise.windows.recorder import Recorder
from tocsin.exercise.windows.scenes import Scene, Step, fill

_INTERACTIVE = 10
_NETWORK = 3
_SHORT_SESSION_SECONDS = (2, 40)
_KERBEROS_DELAY_US = 15_000


@dataclass(slots=True)
class Cast:
    """Who plays a scene: the machine, the acting logon, the processes named so far."""

    recorder: Recorder
    names: dict[str, str]
    stage: str = ""  # id of the planted stage, empty for background
    logon: Logon | None = None
    processes: dict[str, Process] = field(default_factory=dict)

    @property
    def machine(self) -> Machine:
        """The machine the scene plays on."""
        return self.recorder.machine

    def process(self, name: str) -> Process:
        """A process by name: of the scene, of the person's desktop, of the machine."""
        known = self.processes.get(name)
        if known is not None:
            return known
        account = self.logon.account if self.logon else ""
        running = self.machine.processes
        return running.get(f"{name}:{account}") or running[name]


class Stage:
    """Everything that scenes may touch."""

    def __init__(
        self,
        organisation: Organisation,
        recorders: Mapping[str, Recorder],
        timeline: Timeline,
        web: Mapping[str, WebLog],
        audit: AdminAudit,
        chance: Chance,
    ) -> None:
        self.organisation = organisation
        self.recorders = recorders
        self._timeline = timeline
        self._web = web
        self._audit = audit
        self._chance = chance
        self._steps = {
            "start": self._start,
            "note": self._note,
            "end": self._end,
            "logon": self._logon,
            "sign_on": self._sign_on,
            "web": self._request,
            "cmdlet": self._cmdlet,
        }

    def perform(
        self, scene: Scene, cast: Cast, start_us: int, renew: Callable[[str], Mapping[str, str]] | None = None
    ) -> int:
        """Plays all steps from that time on; the time of the last. `renew` gives new slot values at each repetition."""
        chance = self._chance
        time_us = start_us
        for one in scene.steps:
            if one.chance < 1 and not chance.happens(one.chance):
                continue
            act = self._steps[one.do]
            for _ in range(one.times[0] if one.times[0] == one.times[1] else chance.whole(*one.times)):
                time_us += 1 + int(chance.between(*one.after) * MICROSECONDS)
                if renew is not None:
                    cast.names.update(renew(cast.machine.host.name), account=_account_name(cast))
                act(one, cast, time_us)
        return time_us

    def _mark(self, one: Step, cast: Cast) -> Mark | None:
        if not cast.stage:
            return None
        user = cast.names.get("account", "")
        return Mark(cast.stage, one.marker or one.do, one.key and bool(one.marker), cast.machine.host.name, user)

    def _text(self, one: Step, cast: Cast, name: str, fallback: str = "") -> str:
        options = one.texts.get(name)
        return fallback if options is None else fill(options, cast.names, self._chance)

    def _start(self, one: Step, cast: Cast, time_us: int) -> None:
        parent = cast.process(one.options.get("parent", "explorer"))
        own = one.options.get("account") == "logon" and cast.logon
        logon = cast.logon if own and cast.logon else parent.logon
        image = self._text(one, cast, "image")
        command = self._text(one, cast, "command", image)
        process = cast.recorder.start(
            time_us,
            image,
            command,
            parent,
            logon,
            one.options.get("integrity", parent.integrity if not own else "High"),
            self._text(one, cast, "directory", "C:\\Windows\\system32\\"),
            self._mark(one, cast),
        )
        cast.processes[one.options.get("as", "it")] = process

    def _note(self, one: Step, cast: Cast, time_us: int) -> None:
        chance, names = self._chance, cast.names
        given = {name: fill(options, names, chance) for name, options in one.fields}
        by = one.options.get("by")
        target = given.pop("Target", None)
        if target is not None:
            given.update(_target(cast.process(target)))
        process = cast.process(by) if by else None
        where = one.options.get("on")
        recorder = self.recorders[where] if where else cast.recorder
        if one.options["kind"] == "network_connection":
            self._complete_connection(given, cast)
        recorder.note(time_us, one.options["kind"], given, process, self._mark(one, cast))

    def _complete_connection(self, given: dict[str, str], cast: Cast) -> None:
        """A connection knows its own address and, by name, the other one."""
        host = given.get("DestinationHostname", "-")
        given.setdefault("SourceIp", cast.machine.host.address)
        given.setdefault("SourceHostname", cast.machine.fqdn)
        given.setdefault("SourcePort", str(self._chance.whole(49_152, 65_535)))
        given.setdefault("DestinationIp", self.address(host))

    def address(self, name: str) -> str:
        """The address of a host of ours, else the documentation address that stands for a site outside."""
        short = name.split(".", 1)[0]
        recorder = self.recorders.get(short)
        return recorder.machine.host.address if recorder else outside_address(name)

    def _end(self, one: Step, cast: Cast, time_us: int) -> None:
        cast.recorder.end(time_us, cast.process(one.options.get("by", "it")), self._mark(one, cast))

    def _logon(self, one: Step, cast: Cast, time_us: int) -> None:
        account = self._account(one, cast)
        source = one.options.get("from")
        address = self.recorders[source].machine.host.address if source else "127.0.0.1"
        type_ = int(one.options.get("type", _INTERACTIVE))
        logon = self.open_session(cast.recorder, time_us, account, type_, address, self._mark(one, cast))
        cast.logon = logon
        cast.names["account"] = account

    def open_session(
        self, recorder: Recorder, time_us: int, account: str, type_: int, address: str, mark: Mark | None = None
    ) -> Logon:
        """A session on a machine: ticket at the domain controller, logon, privileges of administrators."""
        organisation = self.organisation
        sid = organisation.sid_of(account)
        terminal = "2" if type_ == _INTERACTIVE else "1" if type_ == 2 else "0"
        logon = recorder.machine.new_logon(time_us, account, organisation.netbios, sid, terminal)
        aside = replace(mark, key=False) if mark else None
        self._ticket(time_us - _KERBEROS_DELAY_US, account, sid, recorder.machine, address, aside)
        recorder.logon(time_us, logon, type_, address, mark)
        if account.startswith(("adm-", "svc-")):
            subject = {
                "SubjectUserSid": sid,
                "SubjectUserName": account,
                "SubjectDomainName": organisation.netbios,
                "SubjectLogonId": logon.id,
            }
            recorder.note(time_us + 300, "privileges", subject, None, aside)
        return logon

    def _ticket(self, time_us: int, account: str, sid: str, machine: Machine, address: str, mark: Mark | None) -> None:
        controller = self.recorders[self._chance.pick(("DC01", "DC02"))]
        given = {
            "TargetUserName": f"{account}@{self.organisation.domain.upper()}",
            "TargetDomainName": self.organisation.domain.upper(),
            "TargetSid": sid,
            "ServiceName": f"{machine.host.name}$",
            "ServiceSid": self.organisation.sid_of(f"{machine.host.name}$"),
            "IpAddress": f"::ffff:{address}",
            "IpPort": str(self._chance.whole(49_152, 65_535)),
            "LogonGuid": "{" + self._chance.guid() + "}",
        }
        controller.note(time_us, "ticket_service", given, None, mark)

    def _sign_on(self, one: Step, cast: Cast, time_us: int) -> None:
        """A short network logon to a server, with the share it opens."""
        recorder = self.recorders[one.options["to"]]
        account = self._account(one, cast)
        mark = self._mark(one, cast)
        address = cast.machine.host.address
        logon = self.open_session(recorder, time_us, account, _NETWORK, address, mark)
        share = self._text(one, cast, "share")
        if share:
            given = _share(logon, address, share)
            recorder.note(time_us + 2_000, "share_access", given, None, mark)
            file = self._text(one, cast, "file")
            if file:
                recorder.note(time_us + 4_000, "share_file", {**given, "RelativeTargetName": file}, None, mark)
        later = time_us + int(self._chance.between(*_SHORT_SESSION_SECONDS) * MICROSECONDS)
        recorder.logoff(later, logon, _NETWORK, replace(mark, key=False) if mark else None)

    def _account(self, one: Step, cast: Cast) -> str:
        named = one.options.get("account")
        if named:
            return named
        return cast.logon.account if cast.logon else f"{cast.machine.host.name}$"

    def _request(self, one: Step, cast: Cast, time_us: int) -> None:
        web = self._web[one.options.get("on", "SP01")]
        request = Request(
            method=self._text(one, cast, "method", "GET"),
            path=self._text(one, cast, "uri"),
            query=self._text(one, cast, "query", "-"),
            user=self._text(one, cast, "user", "-"),
            client=self._text(one, cast, "client", cast.machine.host.address),
            agent=self._text(one, cast, "agent", _BROWSER),
            referer=self._text(one, cast, "referer", "-"),
            status=int(self._text(one, cast, "status", "200")),
            milliseconds=self._chance.whole(3, 900),
        )
        mark = self._mark(one, cast)
        self._timeline.add(time_us, web, request, mark)

    def _cmdlet(self, one: Step, cast: Cast, time_us: int) -> None:
        command = Cmdlet(
            name=self._text(one, cast, "cmdlet"),
            object=self._text(one, cast, "object"),
            parameters=self._text(one, cast, "parameters"),
            caller=self._text(one, cast, "caller"),
        )
        self._timeline.add(time_us, self._audit, command, self._mark(one, cast))


_BROWSER = (
    "Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+AppleWebKit/537.36+(KHTML,+like+Gecko)+Chrome/145.0.0.0+Safari/537.36"
)


def _account_name(cast: Cast) -> str:
    return cast.logon.account if cast.logon else cast.names["account"]


def _target(process: Process) -> dict[str, str]:
    """Fields of Sysmon 8 and 10 that say which process was touched."""
    return {
        "TargetProcessGUID": process.guid,
        "TargetProcessGuid": process.guid,
        "TargetProcessId": str(process.pid),
        "TargetImage": process.image,
        "TargetUser": process.user,
    }


def _share(logon: Logon, address: str, share: str) -> dict[str, str]:
    return {
        "SubjectUserSid": logon.sid,
        "SubjectUserName": logon.account,
        "SubjectDomainName": logon.domain,
        "SubjectLogonId": logon.id,
        "IpAddress": address,
        "IpPort": "50" + logon.id[-3:].translate(str.maketrans("abcdef", "012345")),
        "ShareName": f"\\\\*\\{share}",
        "ShareLocalPath": f"\\??\\D:\\Shares\\{share}",
    }
