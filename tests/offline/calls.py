"""Commands under a system-call trace: every attempt of any of their processes to reach beyond this machine.

The audit hook sees Python only; `strace` sees what a library does by itself. Rules:
1. An attempt is a call that names whom it reaches (connect, sendto, sendmsg, sendmmsg) or where it listens (bind).
   A socket that was connected before was judged when it was.
2. Allowed is loopback: 127.0.0.0/8 and ::1. A socket of this machine's file system (AF_UNIX) is no way out, and is
   told by its path, so that a test can say which it expects: none for name services, none of another program.
3. Whatever could pass the trace by is an attempt as well: io_uring does its connecting without a call of its own.
"""

import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

CALLS = "%network,io_uring_setup"
_LINE = re.compile(r"^(?P<call>\w+)\((?P<rest>.*)$")
_REACHING = frozenset({"connect", "sendto", "sendmsg", "sendmmsg", "bind"})
_FAMILY = re.compile(r"sa_family=(AF_\w+)([^}]*)")
_ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
_PATH = re.compile(r'sun_path=(@?"[^"]*")')


@dataclass(frozen=True)
class Traced:
    """What a trace holds. `loopback` and `outward` are the calls as strace writes them, `files` paths of AF_UNIX."""

    processes: int
    loopback: tuple[str, ...]
    files: tuple[str, ...]
    outward: tuple[str, ...]


def refusal() -> str:
    """Why nothing can be traced here; empty when it can."""
    try:
        done = subprocess.run(
            ["strace", "-qq", "-e", "trace=none", "true"], capture_output=True, text=True, check=False
        )
    except OSError as error:
        return f"`strace` cannot be started: {error}"
    return "" if done.returncode == 0 else f"`strace` may not trace here: {done.stderr.strip()}"


def traced(command: Sequence[str], notes: Path) -> list[str]:
    """The command under a trace; each of its processes writes its calls to a file `notes`.PID."""
    return ["strace", "-ff", "--seccomp-bpf", "-qq", "-s", "64", "-e", f"trace={CALLS}", "-e", "signal=none",
            "-o", str(notes), *command]  # fmt: skip


def read(notes: Path) -> Traced:
    """What all processes of a traced command did."""
    found = sorted(notes.parent.glob(f"{notes.name}.*"))
    return judge((line for path in found for line in path.read_text("utf-8").splitlines()), len(found))


def judge(lines: Iterable[str], processes: int = 1) -> Traced:
    """The rules, over lines of a trace."""
    loopback: list[str] = []
    files: list[str] = []
    outward: list[str] = []
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            continue
        if match["call"].startswith("io_uring"):
            outward.append(line)
        elif match["call"] in _REACHING:
            for family, rest in _FAMILY.findall(match["rest"]):
                if family == "AF_UNIX":
                    files.extend(_PATH.findall(rest) or ["unnamed"])
                else:
                    (loopback if _is_loopback(rest) else outward).append(line)
    return Traced(processes, tuple(loopback), tuple(files), tuple(outward))


def _is_loopback(rest: str) -> bool:
    """Whether the address of an AF_INET or AF_INET6 socket is this machine's own; other families have none."""
    found = _ADDRESS.search(rest)
    return found is not None and (str(found[1]).startswith("127.") or found[2] == "::1")
