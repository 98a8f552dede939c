"""The configuration of a running node: read again when its file changes.

Rules:
1. `watch`, `syslog` and `detect` are taken over while the node runs. Everything else is as it was at the start until
   the node is started again; `restart` names what differs.
2. A file that cannot be used leaves the old settings in use, and `problem` says what is wrong until it is repaired.
"""

import msgspec

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.node.service.config import Config, NodeFolder, load_config

LOOK_SECONDS = 2.0
TAKEN = ("watch", "syslog", "detect")


class Reconfiguring:
    """One process's view of the configuration."""

    def __init__(self, folder: NodeFolder, config: Config) -> None:
        """`config` is what the process was started with."""
        self._folder, self._begun = folder, config
        self._state = self._look()
        self._looked = clock.monotonic()
        self.config = self._before = config  # in use
        self.problem = ""
        self.restart: tuple[str, ...] = ()  # settings that need one, such as `api.port`

    def changed(self) -> bool:
        """Look at the file now and then; True when `config` is another one. Call `refuse` where it cannot be used."""
        now = clock.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return False
        self._looked = now
        state = self._look()
        if state == self._state:
            return False
        self._state, self._before = state, self.config
        try:
            read = load_config(self._folder.config)
        except TocsinError as error:
            self.refuse(error)
            return False
        self.restart, self.problem = differing(self._begun, read), ""
        self.config = msgspec.structs.replace(self._begun, **{name: getattr(read, name) for name in TAKEN})
        return self.config != self._before

    def refuse(self, error: TocsinError) -> None:
        """The newest settings cannot be used: the ones before stay."""
        self.problem = f"the old settings stay in use: {error} {error.advice()}".strip()
        self.config = self._before

    def _look(self) -> tuple[int, int, int]:
        """What tells one version of the file from another."""
        try:
            status = self._folder.config.stat()
        except OSError:
            return 0, 0, 0  # gone, or out of reach: reading it says why
        return status.st_ino, status.st_size, status.st_mtime_ns


def differing(begun: Config, read: Config) -> tuple[str, ...]:
    """The settings that differ and are not taken over while the node runs."""
    found = []
    for name in begun.__struct_fields__:
        old, new = getattr(begun, name), getattr(read, name)
        if name in TAKEN or old == new:
            continue
        if isinstance(old, msgspec.Struct) and isinstance(new, msgspec.Struct):
            found += [f"{name}.{key}" for key in old.__struct_fields__ if getattr(old, key) != getattr(new, key)]
        else:
            found.append(name)
    return tuple(found)
