"""Every error that Tocsin raises on purpose.

    TocsinError
    ├── UsageError        the call itself was wrong (exit 2)
    │   └── MissingExtra  an optional part is not installed
    ├── SourceError       a telemetry source as a whole cannot be read
    ├── RuleError         a detection rule cannot be loaded or run
    ├── LakeError         the lake is damaged, locked or of another version
    ├── FactsError        a file of outside facts cannot be used
    ├── HuntError         a hunting query was refused or failed
    ├── ConfigError       the node's configuration or folder cannot be used
    ├── StateError        the state database cannot be used
    │   ├── Conflict      somebody else changed it first
    │   └── NotFound      it does not hold what was asked for
    ├── Denied            who asks may not do this
    │   └── TooManyTries  … before some time has passed
    ├── LedgerError       the ledger is damaged or cannot be written
    ├── NodeUnreachable   the node does not answer, or refused the call
    ├── BundleError       a bundle cannot be trusted or used
    ├── SinkError         a value cannot be written for another program without changing what it means
    ├── UpgradeError      an upgrade did not go through; what there was before is back, or the message says what is not
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


class ConfigError(UsageError):
    """The node's configuration or folder cannot be used; carries `file: key` in its message."""


class StateError(TocsinError):
    """The state database cannot be used, or does not hold what was asked for."""


class Conflict(StateError):
    """Somebody else changed the same thing first; nothing was written."""


class NotFound(StateError):
    """The state database does not hold what was asked for."""


class Denied(TocsinError):
    """Who asks may not do this, or is not known."""


class TooManyTries(Denied):
    """Who asks has to wait; carries how long, in seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many tries", f"Wait {seconds} seconds. A try before that is not even read.")
        self.seconds = seconds


class LedgerError(TocsinError):
    """The ledger is damaged or cannot be written."""


class NodeUnreachable(TocsinError):
    """The node does not answer, or refused the call."""


class BundleError(TocsinError):
    """A bundle is damaged, not signed by whom it should be, or not for this machine; nothing of it was run."""


class SinkError(TocsinError):
    """A value cannot be written for another program (a zone, a rule, a mail) without changing what it means."""


class UpgradeError(TocsinError):
    """An upgrade did not go through."""


class LimitExceeded(TocsinError):
    """Foreign input went over a bound of `limits`."""
