"""Writes down every attempt of a Python process and of its forked children to reach another machine.

Python imports this by its name at start, from PYTHONPATH. Lines of the file named by `TOCSIN_WATCH`: `watching <pid>`
for each process that is seen, `attempt <pid> <event> <arguments>` for each attempt. Sockets of this machine's own file
system (AF_UNIX) are no connection to anywhere.
"""

import os
import sys

FILE = os.environ.get("TOCSIN_WATCH", "")
ATTEMPTS = frozenset(
    {
        "socket.connect",
        "socket.bind",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.getnameinfo",
        "socket.sendmsg",
        "socket.sendto",
        "http.client.connect",
        "urllib.Request",
    }
)


def note(line: str) -> None:
    """Append one line, whole even when several processes write."""
    handle = os.open(FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, (line.replace("\n", " ") + "\n").encode())
    os.close(handle)


def hook(event: str, arguments: tuple[object, ...]) -> None:
    """Called by the interpreter before each audited act."""
    if event in ATTEMPTS:
        local = event.startswith("socket.") and any(isinstance(each, (str, bytes)) for each in arguments[1:2])
        if not local or event.startswith("socket.get"):
            note(f"attempt {os.getpid()} {event} {arguments!r}")


def watch() -> None:
    """Say that this process is watched."""
    note(f"watching {os.getpid()}")


if FILE:
    sys.addaudithook(hook)
    os.register_at_fork(after_in_child=watch)
    watch()
