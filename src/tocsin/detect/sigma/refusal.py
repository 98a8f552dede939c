"""Why a rule cannot run."""

from msgspec import Struct


class Refusal(Struct, frozen=True, array_like=True):
    """A rule, or a whole file, that was not loaded. `line` is 1-based, 0 for the file as a whole."""

    path: str
    line: int
    rule_id: str
    title: str
    reason: str

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.path}:{self.line}" if self.line else self.path
