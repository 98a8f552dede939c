"""What happens on a Linux server, in auditd's and syslog's words: logins, commands, cron.

An executed command is SYSCALL, EXECVE, CWD, PATH and PROCTITLE under one serial, as auditd writes it; arguments with
blanks are in upper-case hex (audit documentation, untrusted strings).
"""

from dataclasses import replace

from tocsin.exercise.chance import Chance
from tocsin.exercise.network.servers import AuditFile, Line, SyslogFile
from tocsin.exercise.organisation import Host
from tocsin.exercise.output import Folder
from tocsin.exercise.timeline import Mark, Timeline

_FIRST_PID = 1_200
_LAST_PID = 4_194_000
_NO_LOGIN = 4_294_967_295  # auid of what no login started
_EXECVE = 59
_USER_IDS = {"root": 0, "www-data": 33, "git": 998}
_FIRST_USER_ID = 1_000
_USER_ID_RANGE = 60


def user_id(account: str) -> int:
    """The numeric id of an account, always the same."""
    return _USER_IDS.get(account, _FIRST_USER_ID + sum(account.encode()) % _USER_ID_RANGE)


def _argument(text: str) -> str:
    plain = all("!" <= letter <= "~" and letter != '"' for letter in text)
    return f'"{text}"' if plain and text else text.encode().hex().upper()


class LinuxServer:
    """One Linux server with its logs."""

    def __init__(self, host: Host, timeline: Timeline, folder: Folder, chance: Chance) -> None:
        self.host = host
        self._timeline = timeline
        self._chance = chance
        self._audit = AuditFile(host.name, folder)
        self._auth = SyslogFile(host.name, "auth.log", folder)
        self._syslog = SyslogFile(host.name, "syslog", folder)
        self._event = 0
        self._pid = _FIRST_PID
        self._session = 10

    def next_pid(self) -> int:
        """A process id greater than the last, until the numbers start again."""
        self._pid += self._chance.whole(1, 9)
        if self._pid > _LAST_PID:
            self._pid = _FIRST_PID
        return self._pid

    def _record(self, time_us: int, type_: str, event: int, text: str, mark: Mark | None) -> None:
        self._timeline.add(time_us, self._audit, Line(f"{event} {text}", type_), mark)

    def _user_record(
        self, time_us: int, type_: str, account: str, address: str, success: bool, pid: int, mark: Mark | None
    ) -> None:
        self._event += 1
        operation = {"USER_AUTH": "PAM:authentication", "USER_LOGIN": "login", "USER_START": "PAM:session_open"}[type_]
        result = "success" if success else "failed"
        text = (
            f'pid={pid} uid=0 auid={_NO_LOGIN} ses={_NO_LOGIN} msg=\'op={operation} acct="{account}" '
            f'exe="/usr/sbin/sshd" hostname={address} addr={address} terminal=ssh res={result}\''
        )
        self._record(time_us, type_, self._event, text, mark)

    def say(self, time_us: int, program: str, text: str, mark: Mark | None = None) -> None:
        """A line in auth.log."""
        self._timeline.add(time_us, self._auth, Line(text, program), mark)

    def login_fails(self, time_us: int, account: str, known: bool, address: str, mark: Mark | None = None) -> None:
        """Somebody offers a wrong password over SSH."""
        pid, port = self.next_pid(), self._chance.whole(32_768, 60_999)
        whom = account if known else f"invalid user {account}"
        self._user_record(time_us, "USER_AUTH", account, address, False, pid, mark)
        self.say(time_us + 1_000, f"sshd[{pid}]", f"Failed password for {whom} from {address} port {port} ssh2", mark)

    def login(self, time_us: int, account: str, address: str, method: str, mark: Mark | None = None) -> int:
        """A login over SSH succeeds; the number of the session."""
        pid, port = self.next_pid(), self._chance.whole(32_768, 60_999)
        self._session += 1
        self._user_record(time_us, "USER_AUTH", account, address, True, pid, mark)
        self._user_record(time_us + 2_000, "USER_LOGIN", account, address, True, pid, mark)
        self.say(
            time_us + 3_000, f"sshd[{pid}]", f"Accepted {method} for {account} from {address} port {port} ssh2", mark
        )
        opened = f"pam_unix(sshd:session): session opened for user {account}(uid={user_id(account)}) by (uid=0)"
        self.say(time_us + 4_000, f"sshd[{pid}]", opened, mark)
        return self._session

    def execute(
        self,
        time_us: int,
        account: str,
        arguments: list[str],
        *,
        directory: str = "/root",
        login: str = "",
        session: int = _NO_LOGIN,
        mark: Mark | None = None,
    ) -> None:
        """A command runs as `account`; `login` is who had logged in, empty where nobody had."""
        self._event += 1
        event, pid = self._event, self.next_pid()
        program = arguments[0]
        name = program.rsplit("/", 1)[-1]
        user = user_id(account)
        owner = user_id(login) if login else _NO_LOGIN
        ids = " ".join(f"{one}={user}" for one in ("uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid"))
        call = (
            f"arch=c000003e syscall={_EXECVE} success=yes exit=0 a0={self._chance.hexadecimal(12)} "
            f"a1={self._chance.hexadecimal(12)} a2={self._chance.hexadecimal(12)} a3=8 items=2 "
            f"ppid={pid - 1} pid={pid} auid={owner} {ids} tty={'pts0' if login else '(none)'} ses={session} "
            f'comm="{name[:15]}" exe="{program}" key="execve"'
        )
        texts = (f"a{index}={_argument(text)}" for index, text in enumerate(arguments))
        self._record(time_us, "SYSCALL", event, call, mark)
        self._record(time_us, "EXECVE", event, f"argc={len(arguments)} " + " ".join(texts), mark)
        aside = replace(mark, key=False) if mark else None
        self._record(time_us, "CWD", event, f'cwd="{directory}"', aside)
        path = (
            f'item=0 name="{program}" inode={1_000 + pid % 9_000} dev=fd:00 mode=0100755 ouid=0 ogid=0 nametype=NORMAL'
        )
        self._record(time_us, "PATH", event, path, aside)
        title = "\0".join(arguments).encode().hex().upper()
        self._record(time_us, "PROCTITLE", event, f"proctitle={title}", aside)

    def sudo(self, time_us: int, account: str, arguments: list[str], session: int, mark: Mark | None = None) -> None:
        """A command through sudo: auth.log and auditd."""
        home = f"/home/{account}"
        command = " ".join(arguments)
        text = f"{account} : TTY=pts/0 ; PWD={home} ; USER=root ; COMMAND={command}"
        self.say(time_us, "sudo", text, mark)
        self.execute(time_us + 9_000, "root", arguments, directory=home, login=account, session=session, mark=mark)

    def cron(self, time_us: int, account: str, command: str, mark: Mark | None = None) -> None:
        """Cron starts a job."""
        pid = self.next_pid()
        self._timeline.add(time_us, self._syslog, Line(f"({account}) CMD ({command})", f"CRON[{pid}]"), mark)
