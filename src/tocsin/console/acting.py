"""What is done about an incident on a terminal: legal clocks, playbooks, proposed actions.

Rules are those of `terminal`: foreign text is harmless and defanged, 80 columns are enough, nothing is told by colour
alone. A file that Tocsin proposes is told line by line, as it would be written.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.console.terminal import INDENT, foreign
from tocsin.node.store.playbook_runs import Run, RunStep
from tocsin.sinks.terminal import plain
from tocsin.triage.actions import Action, Sighting
from tocsin.triage.clocks import Row
from tocsin.triage.playbooks import NumberedStep, Playbook
from tocsin.words.dates import duration, utc
from tocsin.words.messages import first_few, say, say_many

_VALUES = 3  # of an action that are named
_NEXT = 2  # open steps that are told in full beside an incident
_SIGHTINGS = 20  # rows that are told
_MINUTE = len("2022-07-15 09:31")
_STANDING = len("done 2022-07-15 09:31")
_MARKS = {"done": "[x]", "skipped": "[-]", "open": "[ ]"}
_STYLES = {"late": "bold red", "due": "yellow", "done late": "red", "expired": "dim", "undone": "dim"}


def print_clocks(rows: Sequence[Row], now: datetime, console: Console) -> None:
    """The rows of clocks as a table."""
    if not rows:
        console.print(say("Nothing is due on any clock."))
        return
    table = Table(box=None, pad_edge=False, expand=True, header_style="dim")
    table.add_column(say("Incident"), no_wrap=True)
    table.add_column(say("Clock and step"), overflow="fold")
    table.add_column(say("Due (UTC)"), no_wrap=True)
    table.add_column(say("How it stands"), overflow="fold", min_width=_STANDING)
    for row in rows:
        step = Text.assemble(plain(f"{row.clock} {row.step}"), "\n", plain(f"{row.title}, {row.source}", "dim"))
        table.add_row(foreign(row.incident), step, Text(_due(row)), _standing(row, now))
    console.print(table)


def print_acting(
    clocks: Sequence[Row], runs: Sequence[Run], actions: Sequence[tuple[Action, str]], people: Mapping[str, str],
    now: datetime, console: Console,
) -> None:  # fmt: skip
    """All that is done about one incident; nothing where nothing is."""
    if clocks:
        console.print(Text("\n" + say("Clocks"), style="dim"))
        print_clocks([row for row in clocks if row.state != "on request"], now, console)
    for run in runs:
        console.print(Text())
        print_brief(run, people, console)
    if actions:
        console.print(Text("\n" + say("Actions"), style="dim"))
    for action, state in actions:
        console.print(_indented(foreign(_action_line(action, state))))


def print_run(run: Run, people: Mapping[str, str], console: Console) -> None:
    """A playbook that was begun, with what became of each step."""
    _print_heading(run, console)
    for step in run.steps:
        for part in _step(step, _MARKS.get(step.state, ""), _by(step, people)):
            console.print(part)


def print_brief(run: Run, people: Mapping[str, str], console: Console) -> None:
    """The same beside all else of an incident: who did what, what is next, and how much comes then."""
    _print_heading(run, console)
    for step in (each for each in run.steps if each.state != "open"):
        console.print(plain(f"{_MARKS.get(step.state, '')} {step.number}. {step.name}"))
        console.print(_indented(foreign(_by(step, people), "dim")))
    coming = [step for step in run.steps if step.state == "open"]
    for step in coming[:_NEXT]:
        for part in _step(step, _MARKS["open"], ""):
            console.print(part)
    if more := len(coming[_NEXT:]):
        told = say_many("… and {n} more; tocsin playbook show {name}", "… and {n} more; tocsin playbook show {name}",
                        more, name=run.playbook)  # fmt: skip
        console.print(_indented(foreign(told, "dim")))


def _print_heading(run: Run, console: Console) -> None:
    left = say_many("{n} step is left", "{n} steps are left", run.open)
    console.print(
        foreign(say("Playbook {name}: {title} ({left})", name=run.playbook, title=run.title, left=left), "bold")
    )


def print_progress(run: Run, number: int, people: Mapping[str, str], console: Console) -> None:
    """What became of one step, and the next one that is open."""
    following = [step for step in run.steps if step.state == "open"]
    coming = next((step for step in following if step.number > number), next(iter(following), None))
    for part in _step(
        run.steps[number - 1], _MARKS.get(run.steps[number - 1].state, ""), _by(run.steps[number - 1], people)
    ):
        console.print(part)
    if coming is None:
        console.print(say("No step of {name} is left.", name=run.playbook))
        return
    console.print(Text("\n" + say_many("{n} step is left. Next:", "{n} steps are left. Next:", run.open), style="dim"))
    for part in _step(coming, _MARKS["open"], ""):
        console.print(part)


def print_playbook(playbook: Playbook, console: Console) -> None:
    """A playbook with its steps."""
    console.print(plain(playbook.title, "bold"))
    if playbook.description:
        console.print(plain(playbook.description))
    for step in playbook.steps:
        for part in _step(step, "[ ]", ""):
            console.print(part)


def print_action(
    action: Action, state: str, needed_why: Sequence[str], artefact: str, undo: str, people: Mapping[str, str],
    console: Console,
) -> None:  # fmt: skip
    """The dry run of one action."""
    console.print(foreign(_action_line(action, state), "bold"))
    owner = people.get(action.owner, action.owner)
    console.print(
        foreign(say("For {incident}, by {owner}: {why}", incident=action.incident, owner=owner, why=action.why))
    )
    for each in action.approvals:
        name = people.get(each.actor, each.actor)
        console.print(foreign(say("Approved by {name}, {time}.", name=name, time=utc(each.time))))
    if needed_why:
        console.print(foreign(say("Two people have to approve it. {why}", why=" ".join(needed_why))))
    console.print(foreign(action.seen.told))
    print_sightings(action.seen.rows, action.seen.left_out, console)
    console.print(Text("\n" + say("The file, as it would be written now"), style="dim"))
    print_file(artefact, console)
    console.print(Text("\n" + say("Its undo"), style="dim"))
    print_file(undo, console)


def print_sightings(rows: Sequence[Sighting], left_out: int, console: Console) -> None:
    """Who talked to what."""
    for row in rows[:_SIGHTINGS]:
        last = utc(row.last)[:_MINUTE]
        told = say_many(
            "{who} and {value}: {n} time, last {last} ({where})", "{who} and {value}: {n} times, last {last} ({where})",
            row.count, who=row.who, value=row.value, last=last, where=row.where,
        )  # fmt: skip
        console.print(_indented(foreign(told)))
    if more := len(rows[_SIGHTINGS:]) + left_out:
        console.print(_indented(Text(say_many("and {n} more", "and {n} more", more), style="dim")))


def print_file(text: str, console: Console) -> None:
    """A file, line by line, exactly but for characters that act."""
    for line in text.splitlines():
        console.print(plain(line), soft_wrap=True)


def _action_line(action: Action, state: str) -> str:
    values = first_few(action.values, _VALUES)
    return say("{id} {state}: {kind} {values} as {form}, until {until}", id=action.id, state=state, kind=action.kind,
               values=values, form=action.form, until=utc(action.until))  # fmt: skip


def _step(step: NumberedStep | RunStep, mark: str, by: str) -> Iterator[RenderableType]:
    when = f"{step.branch}: " if step.branch else ""
    yield plain(f"{mark} {step.number}. {when}{step.name}")
    if step.question:
        yield _indented(plain(say("Decide: {question}", question=step.question)))
    if step.description:
        yield _indented(plain(step.description, "dim"))
    for command in step.commands:
        yield _indented(plain(f"- {command}"))
    if step.agent:
        yield _indented(plain(say("Who: {agent}", agent=step.agent), "dim"))
    if by:
        yield _indented(foreign(by, "dim"))


def _by(step: RunStep, people: Mapping[str, str]) -> str:
    if step.time is None:
        return ""
    told = say("{state} by {actor}, {time}", state=step.state, actor=people.get(step.actor, step.actor),
               time=utc(step.time))  # fmt: skip
    return f"{told}: {step.note}" if step.note else told


def _due(row: Row) -> str:
    if row.due is None:
        return "–"
    return utc(row.due)[:_MINUTE]


def _standing(row: Row, now: datetime) -> Text:
    style = _STYLES.get(row.state, "")
    if row.done is not None:
        late = say("done {time}, late", time=utc(row.done)[:_MINUTE]) if row.state == "done late" else ""
        return Text(late or say("done {time}", time=utc(row.done)[:_MINUTE]), style=style)
    if row.due is None or row.state in ("stopped", "on request"):
        return plain(f"{row.state}: {row.asks}" if row.asks else row.state)
    far = duration(abs((row.due - now).total_seconds()))
    told = {
        "late": say("LATE by {far}; by Regulation 1182/71 at the latest {latest}", far=far, latest=utc(row.latest)),
        "due": say("due in {far}", far=far),
        "expected": say("expected in {far}, once the step before is done", far=far),
    }[row.state]
    return Text(told, style=style)


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, INDENT))
