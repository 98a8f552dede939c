"""A real PostgreSQL server of a test's own: Debian's package, a Unix socket in a folder of its own, no TCP."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ADVICE = "PostgreSQL is not installed: apt-get install postgresql"
SUPERUSER = "postgres"
SETTINGS = {
    "listen_addresses": "''",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "deadlock_timeout": "200ms",
}


def programs() -> Path | None:
    """The folder of the newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def server(folder: Path, durable: bool = False) -> Iterator[Path]:
    """A running server with its data below `folder`, which must be short (a socket's path has 107 bytes at most).

    The server refuses to run as root, so root starts it as user postgres. Without `durable` it does not wait for the
    disk. Yields the folder of its socket.
    """
    found = programs()
    assert found is not None, ADVICE
    data = folder / "data"
    if os.geteuid() == 0:
        owner = pwd.getpwnam(SUPERUSER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    _run(found / "initdb", "-D", data, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--no-sync", "--locale=C")
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items()) + f" -k {folder} -c fsync={durable}"
    _run(found / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
    try:
        yield folder
    finally:
        _run(found / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: object) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["setpriv", f"--reuid={SUPERUSER}", f"--regid={SUPERUSER}", "--init-groups", "--", *words]
    done = subprocess.run(
        words, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
