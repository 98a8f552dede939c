"""What many views share is written once and put in where a view is read."""

from pathlib import Path

import duckdb
import pytest
from sqlglot import exp, parse_one

from tocsin.errors import LakeError
from tocsin.lake.profile import offences
from tocsin.lake.view_files import load_views, parse_view
from tocsin.lake.view_fragments import FILE, fragments, parse_fragments, with_expressions


def test_a_column_fragment_stands_for_its_columns_and_a_call_for_its_expression() -> None:
    text = """\
-- title: t
-- column: process_pid BIGINT: a number
-- branch: b
SELECT zeek_endpoints(), coalesce(number_or_hex("pid"), 1) AS process_pid, lower("x") AS x FROM zeek_conn;
"""
    [branch] = parse_view("test", text).branches
    assert [*branch.fields] == [
        "src_endpoint_ip", "src_endpoint_port", "dst_endpoint_ip", "dst_endpoint_port", "process_pid", "x",
    ]  # fmt: skip
    assert {"id.orig_h", "id.resp_p", "pid", "x"} == {*branch.native} - {"id.orig_p", "id.resp_h"}
    assert "number_or_hex" in branch.written.sql("duckdb", normalize_functions=False)
    assert not list(branch.select.find_all(exp.Anonymous))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("420", 420), ("0x1a4", 0x1A4), ("0X1A4", 0x1A4), ("0x0", 0), ("0xffffffff", 2**32 - 1), ("-7", -7),
        ("0x", None), ("0x123456789", None), ("0xg", None), ("", None), ("x", None), (None, None),
    ],
)  # fmt: skip
def test_a_number_is_read_in_digits_and_in_hexadecimal(text: str | None, number: int | None) -> None:
    sql = fragments()["number_or_hex"].applied(parse_one("text", dialect="duckdb")).sql("duckdb")
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {sql}, typeof({sql}) FROM (SELECT CAST(? AS VARCHAR) AS text)", [text])
        assert found.fetchone() == (number, "BIGINT")


def test_every_fragment_is_used_and_keeps_to_the_profile() -> None:
    lake = Path(__file__).parents[2] / "src" / "tocsin" / "lake"
    text = "".join(path.read_text("utf-8") for path in lake.rglob("*.sql"))
    assert load_views() and all(f"{name}(" in text for name in fragments())
    assert offences((lake / FILE).read_text("utf-8"), FILE) == []


def test_a_fragment_inside_a_fragment_is_put_in_too() -> None:
    select = parse_one("SELECT plain_name(plain_ip(x)) AS y FROM t", dialect="duckdb")
    assert isinstance(select, exp.Select)
    assert not list(with_expressions(select).find_all(exp.Anonymous))


def test_a_fragment_that_is_no_select_is_refused() -> None:
    with pytest.raises(LakeError, match="broken is not a SELECT"):
        parse_fragments("-- fragment: broken: nothing\nDROP TABLE x;\n")
