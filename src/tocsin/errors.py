"""Every error that Tocsin raises on purpose.

    TocsinError
    ├── UsageError        the call itself was wrong (exit 2)
    │   └── MissingExtra  an optional part is not installed
    ├── SourceError       a telemetry source as a whole cannot be read
    ├── RuleError         a detection rule cannot be loaded or run
    ├── LakeError         the lake is damaged, locked or of another version
    ├── FactsError        a file of outside facts cannot be used
    ├── HuntError         a hunting query was refused or failed
    └── LimitExceeded     foreign input went over a bound of `limits`

The message says what was wrong and where; `advice()` says what to do about it.
"""

LAKE_CHANGED = "Something changed the lake's files. Restore it from a copy, or scan the logs into a new --lake."
"""The advice where a file of the lake is damaged."""


class TocsinError(Exception):
    """Anything Tocsin refuses or fails to do, with advice for the person who asked."""

    exit_code = 3

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self._advice = advice

    def advice(self) -> str:
        """What to do next, one or two sentences; empty when there is nothing to add."""
        return self._advice


class UsageError(TocsinError):
    """The call was wrong: an option, a path, a value."""

    exit_code = 2


class MissingExtra(UsageError):
    """An optional part is needed and not installed."""


class SourceError(TocsinError):
    """A telemetry source as a whole cannot be read; single bad records are rejects, not errors."""


class RuleError(TocsinError):
    """A detection rule cannot be loaded or run; carries `file:line` in its message."""


class LakeError(TocsinError):
    """The lake is damaged, locked by another process, or of another version."""


class FactsError(TocsinError):
    """A file of outside facts cannot be used; carries `file:line` in its message."""


class HuntError(TocsinError):
    """A hunting query was refused by the sandbox or failed in it."""

    exit_code = 2


class LimitExceeded(TocsinError):
    """Foreign input went over a bound of `limits`."""
