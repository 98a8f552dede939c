"""A long answer of a node as a file, while it arrives."""

import io
from collections.abc import Iterator


class Arriving(io.RawIOBase):
    """Parts that arrive, as a file."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        super().__init__()
        self._parts, self._rest = parts, b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, target: object) -> int:
        """Fill a buffer with what comes next; 0 at the end."""
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = part
        view = memoryview(target).cast("B")  # type: ignore[arg-type]  # any buffer, as io.RawIOBase has it
        taken, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(taken)] = taken
        return len(taken)
