"""What callers say about playbooks, proposed actions and legal clocks, field by field."""

from typing import Annotated

import msgspec

from tocsin import limits
from tocsin.node.api.shapes import Comment, Input, Label, Reason
from tocsin.node.upkeep.errands import Moment
from tocsin.triage.actions import ActionKind, Form

Value = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.ACTION_VALUE_CHARACTERS)]


class ClockStarted(Input, frozen=True):
    """Which clock, and when somebody became aware."""

    clock: Label
    aware: Moment
    why: Comment = ""


class ClockStepDone(Input, frozen=True):
    """Which step of a clock was done, and when; now where nothing is said."""

    step: Label
    at: Moment | None = None
    note: Comment = ""


class ActionProposed(Input, frozen=True):
    """What is to be done to which values, for how long, and why. No value: what the incident's findings name."""

    kind: ActionKind
    seconds: int
    why: Reason
    values: Annotated[tuple[Value, ...], msgspec.Meta(max_length=limits.ACTION_VALUES)] = ()
    form: Form | None = None


class PlaybookNamed(Input, frozen=True):
    """Which playbook is begun."""

    playbook: Label


class PlaybookStepped(Input, frozen=True):
    """Which step of a playbook was done, or skipped, and a note; `playbook` where several were begun."""

    step: int
    skipped: bool = False
    note: Comment = ""
    playbook: Label = ""
