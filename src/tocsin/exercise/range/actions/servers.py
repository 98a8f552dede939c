"""Linux servers: SSH logins, sudo, cron, and what auditd says of a program that starts.

An executed command is SYSCALL, EXECVE and PATH under one serial, as auditd writes it; arguments with blanks are in
upper-case hex. `arguments` of `executed` are the same for all records.
"""

import numpy as np

from tocsin.exercise.range.actions.processes import one_each
from tocsin.exercise.range.actions.traffic import moments_of
from tocsin.exercise.range.columns import Column, Integers, Made, Pick
from tocsin.exercise.range.scene import Hosts, Scene, Times

_NOBODY = 4_294_967_295  # auid of what no login started
_USER_IDS = {"root": 0, "www-data": 33, "postgres": 114, "nagios": 120}


def user_id(account: str) -> int:
    """The numeric id of an account, always the same."""
    return _USER_IDS.get(account, 1_000 + sum(account.encode()) % 800)


def says(scene: Scene, times: Times, hosts: Hosts, program: Column, text: Column, users: str | Pick = "") -> None:
    """A line in the syslog of Linux servers."""
    moments = moments_of(times)
    scene.note("linux", "syslog", moments, one_each(hosts, len(moments)), users, program=program, text=text)


def _daemon(scene: Scene, name: str, count: int) -> Column:
    return Made(f"{name}[%d]", (scene.chance.integers(900, 4_000_000, count),))


def ssh_login(
    scene: Scene, times: Times, hosts: Hosts, account: str | Pick, addresses: Column, *, method: str = "publickey"
) -> None:
    """Somebody logs in over SSH."""
    moments = moments_of(times)
    port = scene.chance.integers(32_768, 60_999, len(moments))
    end = ": ED25519 SHA256:x4Gt0mVqEXAMPLEkeyFingerprint00000000000000000" if method == "publickey" else ""
    text = Made(f"Accepted {method} for %s from %s port %d ssh2{end}", (account, addresses, port))
    program = _daemon(scene, "sshd", len(moments))
    says(scene, moments, hosts, program, text, account)
    opened = Made("pam_unix(sshd:session): session opened for user %s by (uid=0)", (account,))
    says(scene, moments + 4_000, hosts, program, opened, account)


def ssh_refused(
    scene: Scene, times: Times, hosts: Hosts, account: str | Pick, addresses: Column, *, known: bool = True
) -> None:
    """Somebody offers a wrong password over SSH; `known` says whether the account exists."""
    moments = moments_of(times)
    port = scene.chance.integers(32_768, 60_999, len(moments))
    whom = "%s" if known else "invalid user %s"
    text = Made(f"Failed password for {whom} from %s port %d ssh2", (account, addresses, port))
    says(scene, moments, hosts, _daemon(scene, "sshd", len(moments)), text, account)


def sudo(
    scene: Scene, times: Times, hosts: Hosts, account: str | Pick, command: Column, directory: str = "/home"
) -> None:
    """Somebody runs a command as root."""
    text = Made(f"%s : TTY=pts/0 ; PWD={directory} ; USER=root ; COMMAND=%s", (account, command))
    says(scene, times, hosts, "sudo", text, account)


def cron(scene: Scene, times: Times, hosts: Hosts, account: str, command: Column) -> None:
    """Cron starts a command."""
    moments = moments_of(times)
    says(
        scene, moments, hosts, _daemon(scene, "CRON", len(moments)), Made(f"({account}) CMD (%s)", (command,)), account
    )


def _argument(text: str) -> str:
    plain = all("!" <= letter <= "~" and letter != '"' for letter in text)
    return f'"{text}"' if plain and text else text.encode().hex().upper()


def serials(times: Integers, hosts: Integers | int) -> Integers:
    """Serial numbers of audit events: they grow with time on each host."""
    pace = 30_000 + np.asarray(hosts) * 7_919 % 50_000
    return np.asarray(times % (1 << 50) // pace % 100_000_000, dtype=np.int64)


def executed(
    scene: Scene,
    times: Times,
    hosts: Hosts,
    account: str,
    arguments: list[str],
    *,
    login: str = "",
    parent: Column | None = None,
) -> None:
    """A program starts, as auditd writes it; `login` is who had logged in, empty for daemons and cron."""
    moments = moments_of(times)
    count = len(moments)
    numbers = one_each(hosts, count)
    program, user, serial = arguments[0], user_id(account), serials(moments, numbers)
    owner = user_id(login) if login else _NOBODY
    ids = " ".join(f"{one}={user}" for one in ("uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid"))
    pid = scene.chance.integers(1_200, 4_000_000, count)
    call = Made(
        "arch=c000003e syscall=59 success=yes exit=0 a0=%012x a1=%012x a2=%012x a3=8 items=2 "
        f"ppid=%d pid=%d auid={owner} {ids} "
        f'tty={"pts0" if login else "(none)"} ses={7 if login else _NOBODY} comm="{program.rsplit("/", 1)[-1][:15]}" '
        f'exe="{program}" subj=unconfined key="exec"',
        (*(scene.chance.integers(0, 1 << 47, count) for _ in range(3)), pid - 1 if parent is None else parent, pid),
    )  # fmt: skip
    texts = " ".join(f"a{index}={_argument(text)}" for index, text in enumerate(arguments))
    path = f'item=0 name="{program}" inode=%d dev=fd:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL'
    for kind, text in (
        ("SYSCALL", call),
        ("EXECVE", f"argc={len(arguments)} {texts}"),
        ("PATH", Made(path, (1_000 + pid % 9_000,))),
    ):
        scene.note("audit", kind, moments, numbers, account, serial=serial, text=text)
