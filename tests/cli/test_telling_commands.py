"""`tocsin constituent …`, `incident mark` and `incident tell` against a real node."""

import email
import json
from dataclasses import replace
from datetime import timedelta
from email import policy
from pathlib import Path

import pytest
from nodes import NOW, Node, command

from tocsin import limits
from tocsin.model import Evidence, Finding, Incident, RuleInfo
from tocsin.node.people.accounts import Account, Role
from tocsin.node.store import findings, incidents, outbox
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incident_state import Opened, Restricted
from tocsin.node.store.incidents import Decision
from tocsin.node.store.ledger import entries

LIST = (
    "id,name,organisations,netblocks,domains,contacts,language,sector,limit\n"
    "ministry-a,Ministry A,alpha,10.1.0.0/16,a.example,soc@a.example,de,government,TLP:AMBER\n"
    "ministry-b,Ministry B,beta,10.2.0.0/16,b.example,cert@b.example|head@b.example,en,,TLP:GREEN\n"
)
ANALYST = "account:0000000000000001"
RULE = RuleInfo("r-1", "Credential dumping", "high", attack=("T1003.001",))


def row(id: str, host: str, user: str, organisation: str, **fields: str) -> StoredFinding:
    event = Evidence(f"e-{id}", NOW, "logs/a.evtx", 7, fields)
    found = Finding(
        RULE, host, user, 3, NOW, NOW + timedelta(hours=1), (f"e-{id}",), (event,), organisation=organisation
    )
    return StoredFinding(id, found, NOW)


def open_incident(node: Node, *rows: StoredFinding, id: str = "I-1") -> None:
    told = Incident(
        id, "Attack on WS-B of Ministry B", "critical", ("WS-A", "WS-B"), (), NOW, NOW, (), (), (), (),
        ("WS-B and WS-A share an account.",), (),
    )  # fmt: skip
    with node.api.desk.store.write() as connection:
        findings.put(connection, rows)
        incidents.open_incident(connection, id, Opened(told, tuple(each.id for each in rows)), NOW)


def take_list(node: Node, folder: Path, text: str = LIST) -> None:
    node.log_in(Role.LEAD)
    (folder / "constituents.csv").write_text(text, "utf-8")
    done = command("constituent", "import", folder / "constituents.csv", "--remove")
    assert done.code == 0, done.err


@pytest.fixture
def served(node: Node, home: Path) -> Node:
    """A node with two constituents, of which only one takes its AMBER, and an incident at both."""
    take_list(node, home, LIST.replace("TLP:GREEN", "TLP:AMBER"))
    open_incident(
        node,
        row("f-a", "WS-A.a.example", "ALPHA\\anna", "alpha", Image="http://bad.example/x", Peer="ws-b.b.example"),
        row("f-b", "WS-B.b.example", "BETA\\boris", "beta", Image="SECRET-B"),
    )
    return node


def asked_digest(node: Node) -> tuple[str, Account]:
    """The digest of what an analyst asked to send, and who that is."""
    analyst = node.log_in(Role.ANALYST)
    digest = json.loads(command("incident", "tell", "I-1", "--json").out)["digest"]
    assert command("incident", "tell", "I-1", "--request", digest).code == 0
    return digest, analyst


def test_each_constituent_is_shown_its_own_rows_only(served: Node) -> None:
    served.log_in(Role.ANALYST)
    out = command("incident", "tell", "I-1").out
    for_a, for_b = out.split("To: cert@b.example")
    assert "WS-A.a.example" in for_a and "ALPHA\\anna" in for_a and "hxxp://bad[.]example" in for_a
    for of_b in ("WS-B", "boris", "SECRET-B", "Ministry B", "beta", "cert@", "critical", "share an account"):
        assert of_b not in for_a, of_b
    assert "SECRET-B" in for_b and "anna" not in for_b and "Ministry A" not in for_b
    assert "Digest: " in out


def test_two_people_let_mails_go_as_files_and_it_stands_in_history_and_ledger(served: Node, home: Path) -> None:
    digest, _ = asked_digest(served)
    served.log_in(Role.RELEASER)
    assert f"--approve {digest}" in command("incident", "tell", "I-1").err
    done = command("incident", "tell", "I-1", "--approve", digest, "--output", home / "out")
    assert done.code == 0, done.err
    first, second = sorted((home / "out").glob("*.eml"))
    told = email.message_from_bytes(first.read_bytes(), policy=policy.default)
    assert told["To"] == "soc@a.example" and told["Subject"].startswith("TLP:AMBER: ")
    assert told["Content-Language"] == "de"
    body = told.get_content()
    assert body.startswith("TLP:AMBER PAP:GREEN") and "WS-A.a.example" in body and "SECRET-B" not in body
    assert first.stat().st_mode & 0o777 == 0o600 and "ministry-b" in second.name
    history = command("incident", "show", "I-1", "--history").out
    assert "told ministry-a and ministry-b" in " ".join(history.split())
    with served.api.desk.store.read() as connection:
        (released,) = [each for each in entries(connection) if each.kind == "release"]
        assert not outbox.messages(connection, 10)
    assert released.detail["digest"] == digest and released.detail["mails"] == 2
    assert "WS-A" not in repr(released) and "soc@" not in repr(released)
    again = command("incident", "tell", "I-1", "--approve", digest, "--output", home / "out2")
    assert again.code == 3 and "does not wait" in again.err and not list((home / "out2").glob("*"))


def test_who_asked_or_is_no_releaser_lets_nothing_go(served: Node, home: Path) -> None:
    digest, analyst = asked_digest(served)
    for account in (analyst, served.api.account(Role.LEAD), served.api.account(Role.ADMIN)):
        served.be(account)
        refused = command("incident", "tell", "I-1", "--approve", digest, "--output", home / "out")
        assert refused.code == 3 and "role" in f"{refused.err}", refused.err


def test_a_releaser_whom_the_asker_has_made_is_no_second_person(served: Node, home: Path) -> None:
    digest, analyst = asked_digest(served)
    served.log_in(Role.RELEASER, created_by=analyst.id)
    refused = command("incident", "tell", "I-1", "--approve", digest, "--output", home / "out")
    assert refused.code == 3 and "two people" in refused.err


def test_only_what_was_shown_can_be_asked_for_and_only_what_was_asked_for_goes(served: Node, home: Path) -> None:
    digest, _ = asked_digest(served)
    more = row("f-c", "WS-C.a.example", "", "alpha", Image="new")
    with served.api.desk.store.write() as connection:
        findings.put(connection, [replace(more, incident="I-1")])
    other = json.loads(command("incident", "tell", "I-1", "--json").out)["digest"]
    assert other != digest
    refused = command("incident", "tell", "I-1", "--request", digest)
    assert refused.code == 3 and "not what you were shown" in refused.err
    served.log_in(Role.RELEASER)
    assert command("incident", "tell", "I-1", "--approve", other, "--output", home / "o1").code == 3
    assert "before something changed" in command("incident", "tell", "I-1").out
    assert command("incident", "tell", "I-1", "--approve", digest, "--output", home / "o2").code == 0
    assert all("WS-C" not in path.read_text("utf-8") for path in (home / "o2").glob("*.eml"))


def test_without_a_mail_server_a_folder_is_needed_and_with_one_mails_go_to_the_outbox(served: Node) -> None:
    digest, _ = asked_digest(served)
    served.log_in(Role.RELEASER)
    refused = command("incident", "tell", "I-1", "--approve", digest)
    assert refused.code == 3 and "--output" in refused.err
    object.__setattr__(served.api.context, "mails", True)
    assert "On their way: 2 mails" in command("incident", "tell", "I-1", "--approve", digest).out
    with served.api.desk.store.read() as connection:
        first, *_ = sorted(outbox.messages(connection, 10), key=lambda message: message.id)
    told = json.loads(first.body)
    assert (first.destination, first.kind) == ("mail", "mail")
    assert told["to"] == ["soc@a.example"] and set(told) == {"to", "subject", "text", "headers"}


def test_a_stricter_marking_is_refused_with_its_reason_also_after_it_was_asked_for(served: Node, home: Path) -> None:
    digest, analyst = asked_digest(served)
    assert command("incident", "mark", "I-1", "TLP:AMBER+STRICT", "--why", "a source asks for it").code == 0
    shown = command("incident", "tell", "I-1")
    assert "takes at most TLP:AMBER" in shown.out and "nobody to tell" in shown.out
    served.log_in(Role.RELEASER)
    refused = command("incident", "tell", "I-1", "--approve", digest, "--output", home / "out")
    assert refused.code == 3 and "more strictly" in refused.err
    served.be(analyst)
    assert command("incident", "mark", "I-1", "TLP:PURPLE").code == 2
    assert command("incident", "mark", "I-1", "TLP:CLEAR").code == 0  # the node's own marking stays the least
    assert "Subject: TLP:AMBER" in command("incident", "tell", "I-1").out


def test_an_undone_request_and_a_changed_contact_go_nowhere(served: Node, home: Path) -> None:
    digest, analyst = asked_digest(served)
    take_list(served, home, LIST.replace("soc@", "new@"))
    served.log_in(Role.RELEASER)
    refused = command("incident", "tell", "I-1", "--approve", digest, "--output", home / "out")
    assert refused.code == 3 and "says something else" in refused.err
    served.be(analyst)
    assert command("incident", "undo", "I-1", "2").code == 0
    served.log_in(Role.RELEASER)
    refused = command("incident", "tell", "I-1", "--approve", digest, "--output", home / "out")
    assert refused.code == 3 and "undid" in refused.err


def test_while_sharing_is_stopped_nothing_is_let_go(served: Node, home: Path) -> None:
    digest, _ = asked_digest(served)
    assert command("stop", "sharing", "--why", "a leak").code == 0
    served.log_in(Role.RELEASER)
    refused = command("incident", "tell", "I-1", "--approve", digest, "--output", home / "out")
    assert refused.code == 3 and "sharing is stopped" in refused.err


def test_what_was_told_is_not_undone(served: Node, home: Path) -> None:
    digest, _ = asked_digest(served)
    served.log_in(Role.RELEASER)
    assert command("incident", "tell", "I-1", "--approve", digest, "--output", home / "out").code == 0
    served.log_in(Role.ANALYST)
    refused = command("incident", "undo", "I-1", "3")
    assert refused.code == 3 and "cannot be taken back" in refused.err
    assert "Told of it before: ministry-a, ministry-b" in command("incident", "tell", "I-1").err


def test_a_restricted_incident_is_told_by_its_readers_only(served: Node) -> None:
    lead = served.log_in(Role.LEAD)
    assert command("incident", "restrict", "I-1", lead.name).code == 0
    assert command("incident", "tell", "I-1").code == 0
    served.log_in(Role.RELEASER)
    assert command("incident", "tell", "I-1").code == 3


def test_parts_that_were_merged_in_are_told_too_and_findings_that_were_not_looked_at_are_counted(
    served: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_incident(served, row("f-m", "WS-M.a.example", "", "alpha", Image="merged"), id="I-2")
    with served.api.desk.store.write() as connection:
        incidents.merge(connection, Decision("I-2", 1, ANALYST, NOW), "I-1")
    served.log_in(Role.ANALYST)
    assert "WS-M.a.example" in command("incident", "tell", "I-1").out
    monkeypatch.setattr(limits, "TELL_FINDINGS", 1)
    cut = command("incident", "tell", "I-1")
    assert "1 findings were not looked through" in cut.err and "WS-M.a.example" in cut.out


def test_a_part_that_one_may_not_see_keeps_the_whole_from_being_told(served: Node) -> None:
    lead = served.log_in(Role.LEAD)
    open_incident(served, row("f-m", "WS-M.a.example", "", "alpha", Image="merged"), id="I-2")
    with served.api.desk.store.write() as connection:
        incidents.merge(connection, Decision("I-2", 1, lead.actor, NOW), "I-1")
        part = incidents.present(connection, "I-2", lead.actor)
        incidents.change(connection, Decision("I-2", part.version, lead.actor, NOW), Restricted((lead.actor,)))
    assert command("incident", "tell", "I-1").code == 0
    served.log_in(Role.ANALYST)
    assert command("incident", "tell", "I-1").code == 3


def test_a_faulty_list_is_refused_with_every_line_and_nothing_of_it_is_taken(node: Node, home: Path) -> None:
    take_list(node, home)
    bad = LIST + (
        "Bad Id,C,,192.0.2.7/24,c,nobody,,,TLP:PINK\nministry-d,Ministry D,alpha,10.2.0.0/16,a.example,d@d.example,,,\n"
    )
    (home / "bad.csv").write_text(bad, "utf-8")
    refused = command("constituent", "import", home / "bad.csv")
    assert refused.code == 3
    for told in ("bad.csv:4: the id 'Bad Id'", "bad.csv:4: 192.0.2.7/24 has host bits", "'nobody' is no mail address",
                 "limit: 'TLP:PINK'", "bad.csv:5: 10.2.0.0/16 stands in line 3 too", "“alpha” stands in line 2 too",
                 "a.example stands in line 2 too"):  # fmt: skip
        assert told in refused.err, told
    assert [each["id"] for each in json.loads(command("constituent", "list", "--json").out)] == [
        "ministry-a", "ministry-b",
    ]  # fmt: skip


def test_a_list_is_tried_first_and_removes_nobody_without_a_word(node: Node, home: Path) -> None:
    take_list(node, home)
    (home / "less.csv").write_text(LIST.rpartition("ministry-b")[0].replace("soc@", "new@"), "utf-8")
    tried = command("constituent", "import", home / "less.csv", "--dry-run")
    assert tried.out.split("\n")[:2] == ["~ ministry-a", "- ministry-b"] and "Nothing was written" in tried.out
    refused = command("constituent", "import", home / "less.csv")
    assert refused.code == 3 and "--remove" in refused.err
    assert "soc@a.example" in command("constituent", "show", "ministry-a").out
    assert command("constituent", "import", home / "less.csv", "--remove").code == 0
    assert "new@a.example" in command("constituent", "show", "ministry-a").out
    assert command("constituent", "show", "ministry-b").code == 3
    assert "10.1.0.0/16" in command("constituent", "list").out


def test_an_analyst_changes_no_list(node: Node, home: Path) -> None:
    (home / "c.csv").write_text(LIST, "utf-8")
    node.log_in(Role.ANALYST)
    assert command("constituent", "import", home / "c.csv").code == 3
