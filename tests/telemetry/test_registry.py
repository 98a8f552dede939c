"""The choice of a reader by content."""

import pytest
from contents import Bytes
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import UsageError
from tocsin.telemetry.encodings import head_of
from tocsin.telemetry.reader import CERTAIN, LIKELY
from tocsin.telemetry.registry import READERS, Choice, choose, reader_by_name

SAMPLES = {
    "windows-evtx": b"ElfFile\x00" + bytes(200),
    "windows-xml": b"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System/></Event>",
    "zeek-tsv": b"#separator \\x09\n#path\tconn\n#fields\tts\tuid\n#types\ttime\tstring\n",
    "nfcapd": b"\x0c\xa5\x01\x00" + bytes(100),
    "argus-csv": b"StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State\n",
    "nfdump-csv": b"ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt\n",
    "windows-json": b'{"EventID": 1, "Channel": "Security", "Hostname": "a"}\n',
    "suricata-eve": b'{"timestamp":"2024-01-01T00:00:00Z","event_type":"alert","flow_id":1,"src_ip":"10.0.0.1"}\n',
}


def chosen(data: bytes, name: str = "file") -> Choice:
    return choose(head_of(Bytes(data, name)))


@pytest.mark.parametrize("name", SAMPLES)
def test_each_format_finds_its_reader_for_certain(name: str) -> None:
    choice = chosen(SAMPLES[name])
    assert choice.reader is not None
    assert (choice.reader.name, choice.score) == (name, CERTAIN)


@pytest.mark.parametrize("name", SAMPLES)
def test_no_two_readers_are_sure_of_the_same_content(name: str) -> None:
    head = head_of(Bytes(SAMPLES[name]))
    assert [reader.name for reader in READERS if reader.sniff(head) >= LIKELY] == [name]


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (b"\xd4\xc3\xb2\xa1" + bytes(20), "zeek or suricata"),
        (b"%PDF-1.7", "not a log"),
        (b"7z\xbc\xaf\x27\x1c", "unpack"),
    ],
)
def test_what_is_no_log_is_named_with_advice(data: bytes, advice: str) -> None:
    choice = chosen(data)
    assert choice.reader is None
    assert advice in choice.why


@pytest.mark.parametrize("name", ["README.md", "a.zip!x/LICENSE", "tool.py"])
def test_documentation_is_not_taken_for_a_log(name: str) -> None:
    assert chosen(b"Some plain words.\nAnd more of them.\n", name).reader is None


def test_a_sure_reader_overrides_the_name_of_the_file() -> None:
    choice = chosen(SAMPLES["suricata-eve"], "notes.md")
    assert choice.reader is not None


def test_a_reader_named_by_hand_is_taken() -> None:
    choice = choose(head_of(Bytes(b"anything")), "zeek-tsv")
    assert choice.reader is reader_by_name("zeek-tsv")


def test_an_unknown_name_is_a_usage_error_that_lists_the_known_ones() -> None:
    with pytest.raises(UsageError) as raised:
        reader_by_name("nothing")
    assert "zeek-tsv" in raised.value.advice()


def test_names_are_unique() -> None:
    assert len({reader.name for reader in READERS}) == len(READERS)


@given(st.binary(max_size=400))
def test_any_bytes_can_be_sniffed(data: bytes) -> None:
    assert chosen(data).why
