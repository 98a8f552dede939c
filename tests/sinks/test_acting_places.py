"""The hostile corpus through what is written about acting: files for other systems, drafts, and the terminal."""

import io
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hostile_corpus import LINES
from rich.console import Console

from tocsin.console.acting import print_acting, print_action, print_clocks, print_playbook, print_run
from tocsin.errors import UsageError
from tocsin.model import Evidence, Finding, Incident, RuleInfo
from tocsin.node.store.playbook_runs import Run, RunStep
from tocsin.sinks.characters import ACTING
from tocsin.triage.actions import Action, ActionKind, Form, Seen, Sighting, is_network
from tocsin.triage.artefacts import artefact, undo
from tocsin.triage.clocks import Row
from tocsin.triage.drafts import FACTS, Told, facts_of, fill
from tocsin.triage.never_block import target
from tocsin.triage.playbooks import Match, NumberedStep, Playbook

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def action(text: str, kind: ActionKind = ActionKind.ISOLATE, form: Form = Form.TEXT) -> Action:
    seen = Seen(1, (Sighting(text, text, NOW, NOW, 1, text),), text)
    return Action("A-1", text, kind, form, (text,), text, text, NOW, NOW + timedelta(days=1), seen)


def is_quiet(text: str) -> bool:
    return not any(ACTING.search(line) for line in text.split("\n"))


@pytest.mark.parametrize("name", LINES)
def test_what_enters_a_block_list_stays_one_element(name: str) -> None:
    try:
        value = target(LINES[name]).text
    except UsageError:
        return  # it never enters
    mine = msgspec.structs.replace(action(value, ActionKind.BLOCK), incident="I-1")
    form = Form.NFTABLES if is_network(value) else Form.RPZ
    for each in (form, Form.SURICATA):
        text = artefact(msgspec.structs.replace(mine, form=each, sid=1), NOW)
        plain = artefact(
            msgspec.structs.replace(
                mine, form=each, sid=1, values=("203.0.113.7" if is_network(value) else "evil.example",)
            ),
            NOW,
        )
        assert is_quiet(text) and text.count("\n") == plain.count("\n")


@pytest.mark.parametrize("name", LINES)
def test_instructions_and_comments_are_harmless(name: str) -> None:
    mine = action(LINES[name])
    for form in (Form.TEXT, Form.JSON):
        for write in (artefact, undo):
            text = write(msgspec.structs.replace(mine, form=form), NOW)
            assert is_quiet(text)
            assert text.count("\n") == write(msgspec.structs.replace(action("PC-1"), form=form), NOW).count("\n")
    block = msgspec.structs.replace(mine, kind=ActionKind.BLOCK, form=Form.NFTABLES, values=("203.0.113.7",))
    assert artefact(block, NOW).split("\n")[1].startswith("add table")  # the comment has not ended early


@pytest.mark.parametrize("name", LINES)
def test_a_draft_is_harmless(name: str) -> None:
    text = LINES[name]
    found = Finding(
        RuleInfo(text, text, "high", attack=(text,)), text, text, 1, NOW, NOW, (), (Evidence("e", NOW, text, 1, {}),),
        organisation=text, keys=(f"ip:{text}",), mission=text,
    )  # fmt: skip
    shown = Incident(text, text, text, (text,), (text,), NOW, NOW, (found,), (), (text,), (text,), (), ())
    template = "".join(f"{{{fact}}}\n" for fact in FACTS)
    draft = fill(template, facts_of(shown, Told(text, text, [text], [text], NOW, NOW, NOW, text)))
    assert is_quiet(draft) and "http://evil" not in draft


@pytest.mark.parametrize("name", LINES)
def test_the_terminal_is_told_harmless_text(name: str) -> None:
    text = LINES[name]
    out = io.StringIO()
    console = Console(file=out, force_terminal=False, width=80, highlight=False)
    row = Row(text, text, text, text, text, "on request", None, None, None, text)
    step = RunStep(1, text, text, (text,), text, text, text, "done", text, NOW, text)
    run = Run("P-1", text, text, text, text, text, NOW, (step,))
    numbered = NumberedStep(1, text, text, (text,), text, text, text)
    print_clocks([row], NOW, console)
    print_run(run, {}, console)
    print_acting([row], [run], [(action(text), text)], {text: text}, NOW, console)
    print_action(action(text), text, [text], artefact(action(text), NOW), text, {}, console)
    print_playbook(Playbook(text, text, text, text, text, (numbered,), Match()), console)
    assert is_quiet(out.getvalue())
