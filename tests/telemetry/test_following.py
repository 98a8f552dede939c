"""A growing log, read in any portions, gives what reading it whole gives."""

import pytest
from contents import Bytes
from hypothesis import given
from hypothesis import strategies as st
from text_samples import SAMPLES, Sample

from tocsin.model import Chunk, Reject
from tocsin.telemetry.reader import Follower, FollowingReader, LineBlock, ReadContext
from tocsin.telemetry.registry import reader_by_name

ZEEK = Sample(
    "zeek-tsv",
    "zeek_conn",
    "conn.log",
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    "#fields\tts\tuid\tid.orig_h\n#types\ttime\tstring\taddr\n"
    "1596810725.1\tC1\t192.0.2.1\n1596810725.2\tC2\t192.0.2.2\n"
    "#fields\tts\tuid\n#types\ttime\tstring\n1596810726.1\tC3\n",
)
JSON = Sample(
    "generic-json", "generic_json", "a.json", '{"a": 1, "time": "2020-08-07T14:32:05Z"}\nnot json\n{"a": 2}\n'
)
ARGUS = Sample(
    "argus-csv",
    "argus_flow",
    "a.binetflow",
    "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,Label\n"
    "2011/08/10 09:46:53.047277,3550.182373,udp,192.0.2.1,1060,<->,192.0.2.2,53,CON,0,0,12,875,413,x\n"
    "2011/08/10 09:46:54.047277,1.5,udp,192.0.2.3,1061,<->,192.0.2.2,53,CON,0,0,2,175,113,x\n",
)
FOLLOWED = [each for each in (*SAMPLES, ZEEK, JSON, ARGUS) if isinstance(reader_by_name(each.reader), FollowingReader)]


def gathered(items: list[Chunk | Reject]) -> list[object]:
    found: list[object] = []
    for item in items:
        if isinstance(item, Chunk):
            found += [(item.table, at, dict(row)) for at, row in zip(item.positions, item.rows, strict=True)]
        else:
            found.append((item.position, item.offset, item.reason))
    return sorted(found, key=repr)


def followed(follower: Follower, data: bytes, cuts: list[int]) -> list[Chunk | Reject]:
    lines = data.splitlines(keepends=True)
    found: list[Chunk | Reject] = []
    start = 0
    for end in (*sorted({min(cut, len(lines)) for cut in cuts}), len(lines)):
        part = lines[start:end]
        offset = sum(map(len, lines[:start]))
        found += follower.feed(LineBlock(b"".join(part), start + 1, offset, len(part)))
        start = end
    return found + list(follower.rest())


@pytest.mark.parametrize("sample", FOLLOWED, ids=lambda sample: f"{sample.reader}-{sample.name}")
@given(cuts=st.lists(st.integers(1, 12)))
def test_any_portions_give_what_the_whole_gives(sample: Sample, cuts: list[int]) -> None:
    reader = reader_by_name(sample.reader)
    assert isinstance(reader, FollowingReader)
    data = sample.text.encode()
    whole = list(reader.read(Bytes(data, sample.name), ReadContext()))
    follower = reader.follow(Bytes(data, sample.name), ReadContext())
    assert follower is not None
    assert gathered(followed(follower, data, cuts)) == gathered(whole)


def test_most_formats_can_be_followed() -> None:
    assert len({sample.reader for sample in FOLLOWED}) >= 15


def test_the_newest_record_of_an_audit_event_waits_for_its_other_lines() -> None:
    sample = next(each for each in SAMPLES if each.reader == "auditd")
    reader = reader_by_name("auditd")
    assert isinstance(reader, FollowingReader)
    follower = reader.follow(Bytes(sample.text.encode()), ReadContext())
    assert follower is not None
    first, second = sample.text.encode().splitlines(keepends=True)[:2]
    assert list(follower.feed(LineBlock(second, 1, 0, 1))) == []
    assert follower.held_from == 1
    given = [*follower.feed(LineBlock(first, 2, len(second), 1)), *follower.rest()]
    rows = [row for chunk in given if isinstance(chunk, Chunk) for row in chunk.rows]
    assert rows[0]["exe"] == "/usr/bin/cat"
    assert follower.held_from is None


def test_a_json_document_over_many_lines_must_be_whole() -> None:
    reader = reader_by_name("generic-json")
    assert isinstance(reader, FollowingReader)
    assert reader.follow(Bytes(b'[{"a": 1},\n {"a": 2}]\n'), ReadContext()) is None


def test_an_open_quote_waits_for_its_end() -> None:
    reader = reader_by_name("generic-csv")
    assert isinstance(reader, FollowingReader)
    data = b'when,who,what\n2020-08-07 14:32:05,alice,"one\ntwo"\n'
    follower = reader.follow(Bytes(data), ReadContext())
    assert follower is not None
    begun = b'when,who,what\n2020-08-07 14:32:05,alice,"one\n'
    assert list(follower.feed(LineBlock(begun, 1, 0, 2))) == []
    given = list(follower.feed(LineBlock(b'two"\n', 3, len(begun), 1)))
    assert [row["what"] for chunk in given if isinstance(chunk, Chunk) for row in chunk.rows] == ["one\ntwo"]


def test_a_bad_line_behind_a_row_that_waits_waits_too() -> None:
    sample = next(each for each in SAMPLES if each.reader == "auditd")
    reader = reader_by_name("auditd")
    assert isinstance(reader, FollowingReader)
    follower = reader.follow(Bytes(sample.text.encode()), ReadContext())
    assert follower is not None
    first = sample.text.encode().splitlines(keepends=True)[0]
    assert list(follower.feed(LineBlock(first + b"rubbish\n", 1, 0, 2))) == []
    rest = list(follower.rest())
    assert [each.position for each in rest if isinstance(each, Reject)] == [2]
    assert [list(each.positions) for each in rest if isinstance(each, Chunk)] == [[1]]
