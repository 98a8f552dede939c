"""The hostile corpus through every sink. What makes each harmless is judged by a parser that Tocsin did not write.

A new module in `sinks/` needs a check here: `test_no_sink_is_left_out` fails without one.
"""

import csv as standard_csv
import email
import email.policy
import io
import json as standard_json
import re
import string
from collections.abc import Callable
from email.message import EmailMessage
from html.parser import HTMLParser
from ipaddress import ip_network
from pathlib import Path

import pytest
from hostile_corpus import CORPUS
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

import tocsin.sinks
from tocsin import limits
from tocsin.errors import SinkError
from tocsin.sinks import (
    cef,
    characters,
    csv,
    cut,
    defang,
    html,
    json,
    mail,
    markdown,
    networks,
    nftables,
    rpz,
    suricata,
    syslog,
    terminal,
)
from tocsin.sinks.characters import ACTING
from tocsin.telemetry.cef import cef_row
from tocsin.telemetry.syslog_line import read_envelope

ANY = st.text(alphabet=st.characters())  # lone surrogates too
ACTIVE = st.text(
    alphabet=st.sampled_from(string.punctuation + "\t\r\n\x00\x1b\x9b\u202e\u200b\ud800 ab01é"), max_size=60
)
standard_csv.field_size_limit(1 << 24)
LINK = re.compile(r"(?i)(?:https?|ftp)://|(?<!\w)www\.\w")


class Tags(HTMLParser):
    """What a browser would see in a page: elements with attributes, and text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", []))

    def handle_decl(self, decl: str) -> None:
        self.tags.append(("declaration", []))


def acts(text: str) -> bool:
    """Whether anything in it would be obeyed instead of read."""
    return ACTING.search(text) is not None


def check_characters(text: str) -> None:
    assert not acts(characters.visible(text))


def check_cut(text: str) -> None:
    shown = characters.visible(text)
    assert len(cut.characters(text, 20)) <= 20
    assert len(cut.octets(shown, 20).encode()) <= 20


def check_terminal(text: str) -> None:
    out = io.StringIO()
    Console(file=out, width=10_000, force_terminal=True, color_system=None).print(
        terminal.plain(text, width=200), markup=True, soft_wrap=True
    )
    assert out.getvalue() == terminal.safe(text, 200) + "\n"
    assert not acts(terminal.safe(text))


def check_csv(text: str) -> None:
    written = csv.line(["first", text, "last"])
    (record,) = standard_csv.reader(io.StringIO(written, newline=""))
    assert record == ["first", csv.cell(text), "last"]
    assert not re.match(r"\s*[=+\-@＝＋－＠]", record[1])
    assert not acts(written.removesuffix("\r\n"))


def check_html(text: str) -> None:
    shown = characters.visible(text)
    alone = Tags(html.isolated(text))
    assert [tag for tag, _ in alone.tags] == ["bdi"]
    assert alone.text == shown
    ((_, attributes),) = Tags(f'<p title="{html.attribute(text)}">').tags
    assert attributes == [("title", shown)]
    assert [tag for tag, _ in Tags(html.lines(text)).tags] == ["bdi"]


def check_json(text: str) -> None:
    written = json.dumps({"text": text})
    assert not acts(written)
    exact = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    assert standard_json.loads(written.encode()) == {"text": exact}


def check_defang(text: str) -> None:
    shown = defang.defang(text)
    assert not LINK.search(shown)
    assert defang.defang(shown) == shown


def check_mail(text: str) -> None:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = "node@tocsin.example"
    message["Subject"] = mail.header(text)
    message.set_content(mail.body(text) + "\n")
    read = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert read.keys() == message.keys()
    assert read["Subject"].strip() == mail.header(text)  # a long word stands on a line of its own, behind a blank
    assert not read.is_multipart()
    assert read.get_content_type() == "text/plain"
    kept = read.get_content().replace("\r\n", "\n")
    assert kept == mail.body(text) + "\n"
    assert len(mail.header(text)) <= limits.MAIL_HEADER_CHARACTERS
    assert not acts(mail.header(text))
    assert not acts(kept.replace("\n", ""))
    assert not LINK.search(mail.header(text) + kept)
    assert not re.search(r"(?m)^(-- |From )|[ \t]$", kept)
    if mail_address(text):
        assert re.fullmatch(r"[!-?A-~]+@[A-Za-z0-9.-]+", text)


def mail_address(text: str) -> bool:
    try:
        return mail.address(text) == text
    except SinkError as error:
        assert error.advice()
        return False


def check_markdown(text: str) -> None:
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    shown = characters.visible(defang.defang(text)).strip()
    for before, elements in (("", ["p"]), ("- ", ["ul", "li"]), ("## ", ["h2"]), ("> ", ["blockquote", "p"])):
        page = Tags(reader.render(before + markdown.inline(text)))
        assert [tag for tag, _ in page.tags] == elements or not shown
        if len(text) <= limits.MARKDOWN_LINE_CHARACTERS:
            assert page.text.strip() == shown
    table = Tags(reader.render(f"|a|b|\n|-|-|\n|{markdown.inline(text)}|end|\n"))
    assert [tag for tag, _ in table.tags] == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
    assert re.search(r"end\s*$", table.text)
    block = Tags(reader.render(f"before\n\n{markdown.lines(text)}\n\nafter\n"))
    assert {tag for tag, _ in block.tags} <= {"p", "br"}
    assert [tag for tag, _ in block.tags].count("p") in (2, 3)
    assert not LINK.search(block.text)
    assert not acts(markdown.inline(text))


def check_cef(text: str) -> None:
    line = f"CEF:0|Tocsin|Node|1|id|{cef.header(text)}|5|msg={cef.value(text)} end=now"
    assert not acts(line)
    row = cef_row(line)
    assert row is not None
    assert len(row) == 9, row
    assert (row["Name"], row["Severity"], row["end"]) == (unescaped(cef.header(text)), "5", "now")
    if len(text) <= limits.CEF_VALUE_CHARACTERS:
        kept = re.sub(ACTING, lambda char: char[0] if char[0] in "\r\n" else characters.visible(char[0]), text.strip())
        assert row["msg"] == kept


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def check_syslog(text: str) -> None:
    assert not re.match(r"\s*<\s*\d", syslog.line(text))
    head = "<109>1 2026-01-02T03:04:05Z node tocsin 7 notice "
    line = f'{head}[tocsin@32473 a="{syslog.parameter(text)}" b="end"] {syslog.line(text)}'
    assert not acts(line)
    envelope = read_envelope(line)
    assert envelope is not None
    assert envelope.message == syslog.line(text)
    assert envelope.fields["sd.tocsin@32473.b"] == "end"
    assert len(syslog.line(text).encode()) <= limits.SYSLOG_OUT_BYTES
    assert len(line.encode()) <= limits.SYSLOG_OUT_BYTES + 2 * limits.SYSLOG_PARAMETER_BYTES + 100


def check_networks(text: str) -> None:
    try:
        found = networks.network(text)
    except SinkError as error:
        assert error.advice()
        return
    assert found == ip_network(text)
    assert networks.spelled(text) == networks.spelled(found)
    assert re.fullmatch(r"[0-9a-f:.]+(/[0-9]{1,3})?", networks.spelled(text))


def check_nftables(text: str) -> None:
    comment = nftables.comment(text)
    assert re.fullmatch(r'"[^"\\]*"', comment)
    assert not acts(comment)
    assert len(comment.encode()) - 2 < 128
    try:
        element = nftables.element(text)
    except SinkError:
        return
    assert re.fullmatch(r"[0-9a-f:.]+(/[0-9]{1,3})?", element)
    assert ip_network(element) == ip_network(text)


def check_rpz(text: str) -> None:
    comment = rpz.comment(text)
    assert comment.startswith("; ")
    assert not acts(comment)
    for wildcard in (False, True):
        try:
            name = rpz.owner(text, "rpz.tocsin.example", wildcard=wildcard)
        except SinkError as error:
            assert error.advice()
            continue
        assert re.fullmatch(r"(\*\.)?([a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}", name)
        assert len(name) + len(".rpz.tocsin.example") <= 253
        assert not re.search(r"(^|\.)(rpz-\w+|[0-9]+)$", name)


def check_suricata(text: str) -> None:
    message = suricata.message(text)
    assert re.fullmatch(r'"(?:[^;"\\:|]|\\[;"\\:|])*"', message)
    assert not acts(message)
    assert len(message) <= 2 * limits.SURICATA_MESSAGE_CHARACTERS + 2
    try:
        content = suricata.content(text)
    except SinkError as error:
        assert error.advice()
    else:
        assert re.fullmatch(r'"(?:[A-Za-z0-9._/=&?-]|\|[0-9a-f]{2}(?: [0-9a-f]{2})*\|)+"', content)
        assert matched(content) == text.encode()
    try:
        assert ip_network(suricata.address(text)) == ip_network(text)
    except SinkError as error:
        assert error.advice()


def matched(content: str) -> bytes:
    """The bytes that a content stands for (Suricata user guide §"content")."""
    parts = content[1:-1].split("|")
    return b"".join(bytes.fromhex(part) if number % 2 else part.encode() for number, part in enumerate(parts))


CHECKS: dict[str, Callable[[str], None]] = {
    name.removeprefix("check_"): check for name, check in list(globals().items()) if name.startswith("check_")
}


def test_no_sink_is_left_out() -> None:
    modules = {path.stem for path in Path(tocsin.sinks.__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == set(CHECKS)
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text("utf-8").partition("| sink |")[2]
    assert modules == set(re.findall(r"^\| `(\w+)` \|", page.partition("\n\n")[0], re.MULTILINE))


@pytest.mark.parametrize("sink", CHECKS)
def test_the_corpus_does_no_harm(sink: str) -> None:
    failed = {}
    for name, text in CORPUS.items():
        try:
            CHECKS[sink](text)
        except AssertionError as error:
            failed[name] = str(error)[:500]
    assert failed == {}


@pytest.mark.parametrize("sink", CHECKS)
def test_no_text_does_harm(sink: str) -> None:
    @given(ANY | ACTIVE)
    @settings(max_examples=60, deadline=None)
    def try_one(text: str) -> None:
        CHECKS[sink](text)

    try_one()
