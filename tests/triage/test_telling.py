"""What one constituent is told holds nothing of another, is marked, in its language, and harmless."""

import re
import time
from dataclasses import replace

import pytest
import telling_samples
from hostile_corpus import CORPUS
from hypothesis import given
from hypothesis import strategies as st
from telling_samples import AT, constituent, finding

from tocsin import limits
from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.policy.markings import USUAL, Marking, Pap, Tlp
from tocsin.sinks.characters import ACTING
from tocsin.sinks.defang import defang
from tocsin.triage import telling
from tocsin.triage.constituents import Directory
from tocsin.triage.foreign import Veil, everybody
from tocsin.triage.telling import Sender, SourceMarking, Telling, digest_of, tell
from tocsin.words.catalogues import Catalogue, catalogue_of, languages

A, B = constituent("a"), constituent("b")
ID = "I-0123456789ab"
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def told(*rows: Finding, marking: Marking = USUAL, whom: tuple[object, ...] = (A, B)) -> Telling:
    return tell(ID, rows, Directory(whom), Sender("CERT Examplia", marking))  # type: ignore[arg-type]


def text_for(id: str, found: Telling) -> str:
    (mail,) = [each for each in found.mails if each.constituent == id]
    return f"{mail.subject}\n{mail.text}"


def rows_of(mark: str, organisation: str, host: str) -> st.SearchStrategy[Finding]:
    """Rows of one constituent with its mark in every text."""
    marked = st.builds(lambda before, after: f"{before} {mark}-text {after}", _TEXT, _TEXT)
    rule = st.builds(
        RuleInfo, marked, marked, st.sampled_from(["low", "critical", "odd"]), description=marked,
        falsepositives=st.tuples(marked), references=st.tuples(marked), author=marked, path=marked, novelty=marked,
        attack=st.sampled_from([(), ("T1003",), ("T1486", "T1046")]),
    )  # fmt: skip
    event = st.builds(
        Evidence, marked, st.just(AT) | st.none(), marked, st.integers(0, 9),
        st.dictionaries(marked, marked, max_size=3), process=marked, parent=marked, also=st.tuples(marked),
    )  # fmt: skip
    return st.builds(
        finding, st.sampled_from([f"{mark}-ws1", f"{mark}-ws2.{host}", f"10.{ord(mark[0]) % 200}.7.7"]),
        st.sampled_from([f"DOM\\{mark}-user", f"{mark}-user@{host}", "SYSTEM"]), st.just(organisation), rule=rule,
        evidence=st.lists(event, max_size=2).map(tuple), message=marked, network=marked, table=marked, mission=marked,
        keys=st.tuples(marked), count=st.integers(1, 9), event_ids=st.tuples(marked),
    )  # fmt: skip


@given(
    st.lists(rows_of("aaaa", "org-a", "a.example"), min_size=1, max_size=3),
    st.lists(rows_of("bbbb", "org-b", "b.example"), min_size=1, max_size=3),
    st.sampled_from([*languages(), "xx"]),
    st.randoms(),
)
def test_whatever_the_incident_nothing_of_ones_rows_is_in_anothers_mail(
    of_a: list[Finding], of_b: list[Finding], language: str, chance: object
) -> None:
    rows = [*of_a, *of_b]
    chance.shuffle(rows)  # type: ignore[attr-defined]
    found = told(*rows, whom=(replace(A, language=language), B))
    for_a, for_b = text_for("a", found), text_for("b", found)
    for other in ("bbbb", "Ministry b", "org-b", "b.example", defang("b.example"), "10.98.7.7"):
        assert other not in for_a, other
    for other in ("aaaa", "Ministry a", "org-a", "a.example", defang("a.example"), "10.97.7.7"):
        assert other not in for_b, other
    assert "aaaa" in for_a and "bbbb" in for_b
    assert not any(contact in mail.to for mail in found.mails for contact in (*A.contacts, *B.contacts)
                   if not contact.endswith(f"@{mail.constituent}.example"))  # fmt: skip


@given(st.integers(1, 5), st.integers(0, 50))
def test_a_mail_is_the_same_whatever_the_others_rows_are(count: int, others: int) -> None:
    own = finding("ws-a", "DOM\\anna", "org-a", count=count)
    alone = told(own)
    among = told(*(finding(f"ws-b{n}", "", "org-b", rule=RuleInfo("x", "X", "critical")) for n in range(others)), own)
    assert text_for("a", among) == text_for("a", alone)


def test_what_ones_own_row_says_of_another_is_left_out_and_of_strangers_stays() -> None:
    spelled = {
        "dst": "10.98.3.4",
        "url": "https://mail.b.example:443/x", "mapped": "::ffff:10.98.3.4", "to": "x@sub.b.example",
        "ptr": "4.3.98.10.in-addr.arpa", "share": "\\\\ws-b\\c$", "by": "boris", "org": "seen at ORG-B by Ministry b",
        "stranger": "203.0.113.9", "own": "ws-a and anna",
    }  # fmt: skip
    own = finding(
        "ws-a", "DOM\\anna", "org-a", evidence=(Evidence("e", AT, "f", 1, spelled),), message="to 10.98.3.4:22"
    )
    text = text_for("a", told(own, finding("ws-b", "DOM\\boris", "org-b")))
    for other in ("10.98", "10[.]98", "b.example", "b[.]example", "ws-b", "boris", "ORG-B", "Ministry b", "98.10"):
        assert other not in text, other
    assert "203[.]0[.]113[.]9" in text and "own: ws-a and anna" in text


@pytest.mark.parametrize("text", ["a" * 10**6, "a." * 10**6, "a@" * 10**6, "::1" * 10**6, "ws-b " * 10**6])
def test_a_long_text_takes_no_longer_and_is_cut_between_words(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    directory, rows = Directory([A, B]), [finding("ws-b", "", "org-b")]
    veil = Veil(directory, "a", [], everybody(directory, rows))
    start = time.process_time()
    veil.over(text)
    directory.of_value(text)
    assert time.process_time() - start < 1
    monkeypatch.setattr(limits, "TELL_LOOKED_CHARACTERS", 12)
    assert veil.over("seen at mail.b.example") == "seen at "


def test_a_service_account_and_an_own_name_that_others_have_too_stay() -> None:
    own = finding("DC01", "SYSTEM", "org-a", evidence=(Evidence("e", AT, "f", 1, {"x": "SYSTEM on DC01"}),))
    assert "x: SYSTEM on DC01" in text_for("a", told(own, finding("DC01", "SYSTEM", "org-b")))


def test_a_row_that_nobody_has_a_claim_on_is_told_to_nobody_and_its_names_are_left_out() -> None:
    own = finding("ws-a", "", "org-a", message="came from ws-x")
    found = told(own, finding("ws-x", "DOM\\carla", "elsewhere"))
    assert found.unclaimed == 1 and "ws-x" not in text_for("a", found) and len(found.mails) == 1


def test_a_sentence_that_was_made_in_logs_of_several_is_not_told() -> None:
    said = "12 hosts of 3 organisations called it"
    assert said in text_for("a", told(finding("ws-a", "", "org-a", message=said)))
    assert said not in text_for("a", told(finding("10.97.1.1", "", "sensor of all", message=said)))


def test_the_label_stands_in_the_subject_before_the_text_and_after_it() -> None:
    (mail,) = told(finding("h", "", "org-a"), marking=Marking(Tlp.GREEN, Pap.CLEAR)).mails
    lines = mail.text.strip().split("\n")
    assert mail.subject.startswith("TLP:GREEN: ") and mail.subject.endswith(f"({ID})")
    assert lines[0] == "TLP:GREEN PAP:CLEAR" and lines[-1] == "End of the text that is TLP:GREEN."


def test_the_strictest_of_node_incident_and_rules_counts_for_that_constituent_alone() -> None:
    strict = RuleInfo("r", "R", "high", marking="TLP:AMBER PAP:RED")
    found = told(finding("h", "", "org-a", rule=strict), finding("h2", "", "org-b"), marking=Marking(Tlp.GREEN))
    assert [mail.marking for mail in found.mails] == ["TLP:AMBER PAP:RED", "TLP:GREEN PAP:CLEAR"]


@pytest.mark.parametrize(
    ("marking", "reason"),
    [("TLP:RED", "takes at most TLP:AMBER"), ("TLP:AMBER+STRICT", "takes at most"), ("TLP:PINK", "is no marking"),
     ("TLP:CLEAR TLP:RED", "is no marking")],
)  # fmt: skip
def test_what_is_marked_too_strictly_or_not_readably_goes_to_nobody(marking: str, reason: str) -> None:
    rule = RuleInfo("r", "R", "high", marking=marking)
    found = told(finding("h", "", "org-a", rule=rule))
    assert not found.mails and reason in found.refusals[0].reason and found.refusals[0].rows == 0
    some = told(finding("h", "", "org-a", rule=rule, message="what they warned of"), finding("ok", "", "org-a"))
    (mail,) = some.mails
    assert mail == told(finding("ok", "", "org-a")).mails[0] and "warned" not in mail.text
    assert reason in some.refusals[0].reason and some.refusals[0].rows == 1


def test_what_was_received_for_ones_own_organisation_is_not_passed_on_to_clients() -> None:
    rule = RuleInfo("r", "R", "high", marking="TLP:AMBER+STRICT")
    found = told(finding("h", "", "org-a", rule=rule), whom=(replace(A, limit=Tlp.RED),))
    assert "may not be passed on" in found.refusals[0].reason
    own = told(finding("h", "", "org-a"), marking=Marking(Tlp.AMBER_STRICT), whom=(replace(A, limit=Tlp.RED),))
    assert own.mails[0].marking == "TLP:AMBER+STRICT PAP:CLEAR"


def test_logs_that_were_given_under_a_stricter_label_are_told_to_their_owner_alone() -> None:
    strict = SourceMarking("org-a", "plant", Marking(Tlp.AMBER_STRICT, Pap.RED))
    rows = [finding("ws-a", "", "org-a", network="plant"), finding("10.98.1.1", "", "org-a", network="plant")]
    who = (replace(A, limit=Tlp.RED), replace(B, limit=Tlp.RED))
    sender = Sender("CERT Examplia", Marking(Tlp.GREEN), (strict,))
    found = tell(ID, rows[:1], Directory(who), sender)
    assert found.mails[0].marking == "TLP:AMBER+STRICT PAP:RED"
    elsewhere = tell(ID, [replace(rows[0], network="office")], Directory(who), sender)
    assert elsewhere.mails[0].marking == "TLP:GREEN PAP:CLEAR"
    sensor = replace(strict, organisation="sensor", network="")
    others = [finding("10.98.1.1", "", "sensor")]
    refused = tell(ID, others, Directory(who), replace(sender, sources=(sensor,)))
    assert not refused.mails and "may not be passed on" in refused.refusals[0].reason


def test_who_has_no_contact_is_told_nothing_and_that_is_said() -> None:
    found = told(finding("h", "", "org-a"), whom=(replace(A, contacts=()),))
    assert not found.mails and "has no contact" in found.refusals[0].reason


@pytest.mark.parametrize(("pap", "blocks"), [(Pap.GREEN, True), (Pap.AMBER, False), (Pap.RED, False)])
def test_the_steps_ask_for_nothing_that_pap_forbids(pap: Pap, blocks: bool) -> None:
    rule = RuleInfo("r", "R", "high", tactics=("command-and-control",))
    text = text_for("a", told(finding("h", "", "org-a", rule=rule), marking=Marking(Tlp.GREEN, pap)))
    assert ("Block the outside address" in text) is blocks


def test_foreign_text_adds_no_line_no_header_and_no_link() -> None:
    evil = "x\r\nBcc: all@evil.example\n\nTLP:CLEAR\u202e http://evil.example/"
    rule = RuleInfo("r", evil, "high")
    event = Evidence("e", AT, "f", 1, {evil: evil})
    who = replace(A, name=evil)
    (mail,) = told(finding(evil, evil, "org-a", rule=rule, evidence=(event,), message=evil), whom=(who,)).mails
    assert "\n" not in mail.subject and "\r" not in mail.text and "\u202e" not in mail.text
    assert not [line for line in mail.text.split("\n") if line.startswith(("Bcc", "TLP:CLEAR"))]
    assert "http://" not in mail.text and "all@evil" not in mail.text


def test_the_hostile_corpus_does_no_harm_in_a_mail() -> None:
    for name, text in CORPUS.items():
        rule = RuleInfo("r", text, "high")
        event = Evidence("e", AT, text, 1, {text: text, "Image": text})
        rows = [finding(text, text, "org-a", rule=rule, evidence=(event,), message=text)]
        (mail,) = told(*rows, whom=(replace(A, name=text[:100], language=text[:20]),)).mails
        assert not ACTING.search(mail.subject) and not ACTING.search(mail.text.replace("\n", "")), name
        assert not re.search(r"(?i)(?:https?|ftp)://", mail.subject + mail.text), name
        assert mail.text.startswith("TLP:AMBER PAP:GREEN\n"), name
        assert not [line for line in mail.text.split("\n")[1:-2] if line.startswith(("TLP:C", "-- ", "From "))], name


@pytest.mark.parametrize("language", languages())
def test_every_sentence_of_every_mail_is_in_the_language(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken, missed = catalogue_of(language), set[str]()
    assert spoken is not None
    listening = spoken if language == "en" else replace(spoken, missed=missed.add)
    monkeypatch.setattr(telling, "catalogue_of", lambda _: listening)
    mails = [mail for found in telling_samples.all_tellings(language) for mail in found.mails]
    assert len(mails) > 30 and not missed
    assert {mail.headers["Content-Language"] for mail in mails} == {language}


def test_where_a_language_is_not_spoken_it_is_english_and_says_so() -> None:
    (mail,) = told(finding("h", "", "org-a"), whom=(replace(A, language="xx"),)).mails
    assert "We do not write “xx” yet" in mail.text and mail.headers["Content-Language"] == "en"


def test_a_catalogue_is_only_for_who_asked_for_it() -> None:
    found = told(finding("h", "", "org-a"), finding("h", "", "org-b"), whom=(replace(A, language="de"), B))
    assert "Rechner" in text_for("a", found) and "Machines" in text_for("b", found)
    assert isinstance(catalogue_of("de"), Catalogue)


def test_a_mail_is_bounded_and_says_what_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [finding(f"h{number}", "", "org-a") for number in range(5)]
    monkeypatch.setattr(limits, "TELL_ROWS", 3)
    assert "2 more findings at yours are not shown." in text_for("a", told(*rows))
    monkeypatch.setattr(limits, "TELL_TEXT_CHARACTERS", 150)
    assert "4 more findings at yours" in text_for("a", told(*rows))
    fields = {f"n{number}": "v" * 1_000 for number in range(50)}
    event = Evidence("e", AT, "f", 1, fields)
    monkeypatch.undo()
    text = text_for("a", told(finding("h", "", "org-a", evidence=(event,) * 9)))
    assert text.count("n0: v") == limits.TELL_EVENTS and text.count(": v") == limits.TELL_EVENTS * limits.TELL_FIELDS
    assert "v" * (limits.TELL_VALUE_CHARACTERS - 1) + "…" in text and "v" * limits.TELL_VALUE_CHARACTERS not in text


def test_the_digest_covers_everything_that_is_sent() -> None:
    found = told(finding("h", "", "org-a"))
    (mail,) = found.mails
    changed = [
        replace(mail, to=("x@a.example",)), replace(mail, subject="x"), replace(mail, text="x"),
        replace(mail, headers={}),
        replace(mail, marking="TLP:CLEAR"), replace(mail, constituent="b"),
    ]  # fmt: skip
    digests = {digest_of(ID, [each]) for each in changed} | {found.digest, digest_of("I-2", [mail]), digest_of(ID, [])}
    assert len(digests) == len(changed) + 3
    assert told(finding("h", "", "org-a")).digest == found.digest
