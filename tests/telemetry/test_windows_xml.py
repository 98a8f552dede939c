"""Windows events as XML text."""

import pytest
from contents import Bytes, read_all
from hypothesis import given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.telemetry.encodings import head_of
from tocsin.telemetry.reader import CERTAIN, NO
from tocsin.telemetry.windows_xml import WindowsXmlReader

READER = WindowsXmlReader()
NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"
SYSTEM = (
    "<System><Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385F}'/><EventID Qualifiers='7'>1</EventID>"
    "<TimeCreated SystemTime='2024-05-01T10:00:00.1234567Z'/><EventRecordID>42</EventRecordID>"
    "<Execution ProcessID='4' ThreadID='8'/><Channel>Security</Channel><Computer>host1</Computer><Security/></System>"
)


def event(inner: str) -> str:
    return f"<Event xmlns='{NAMESPACE}'>{SYSTEM}{inner}</Event>"


ONE = event("<EventData><Data Name='Image'>C:\\a.exe</Data><Data Name='User'>A&amp;B</Data></EventData>")


def rows_of(text: str, encoding: str = "utf-8") -> list[dict[str, object]]:
    return [row for _, _, row in read_all(READER, text.encode(encoding), encoding=encoding)[0]]


def test_system_and_event_data_get_their_flat_names() -> None:
    (row,) = rows_of(ONE)
    assert row == {
        "Provider_Name": "Microsoft-Windows-Sysmon",
        "Provider_Guid": "{5770385F}",
        "Qualifiers": "7",
        "EventID": "1",
        "SystemTime": "2024-05-01T10:00:00.1234567Z",
        "EventRecordID": "42",
        "ExecutionProcessID": "4",
        "ThreadID": "8",
        "Channel": "Security",
        "Computer": "host1",
        "Image": "C:\\a.exe",
        "User": "A&B",
    }


@pytest.mark.parametrize(
    "text",
    [
        ONE + ONE,
        ONE + "\r\n" + ONE,
        f'<?xml version="1.0" encoding="utf-8"?><Events>{ONE}{ONE}</Events>',
        f'<?xml version="1.0"?>\n{ONE}\n<?xml version="1.0"?>\n{ONE}',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_with_or_without_root_it_is_the_same(text: str, encoding: str) -> None:
    assert len(rows_of(text, encoding)) == 2
    assert READER.sniff(head_of(Bytes(text.encode(encoding)))) == CERTAIN


def test_unnamed_data_become_a_list_and_binary_is_kept() -> None:
    (row,) = rows_of(event("<EventData><Data>a</Data><Data>b</Data><Binary>00FF</Binary></EventData>"))
    assert (row["Data"], row["Binary"]) == (["a", "b"], "00FF")


def test_user_data_loses_its_container_and_never_replaces_the_channel() -> None:
    (row,) = rows_of(
        event("<UserData><Cleared xmlns='x'><Channel>System</Channel><By><Name>a</Name></By></Cleared></UserData>")
    )
    assert (row["Channel"], row["EventData_Channel"], row["By.Name"]) == ("Security", "System", "a")


def test_what_the_collector_rendered_is_kept() -> None:
    (row,) = rows_of(
        event(
            "<RenderingInfo Culture='en'><Message>Hello</Message>"
            "<Keywords><Keyword>Audit</Keyword></Keywords></RenderingInfo>"
        )
    )
    assert (row["Message"], row["RenderingInfo_Keywords"]) == ("Hello", "Audit")


def test_a_broken_event_costs_only_itself() -> None:
    text = ONE + "<Event><System><EventID>1</System></Event>" + ONE
    found, (reject,) = read_all(READER, text.encode())
    assert [position for _, position, _ in found] == [1, 3]
    assert (reject.position, reject.offset) == (2, len(ONE))


def test_characters_that_xml_forbids_are_replaced() -> None:
    (row,) = rows_of(event("<EventData><Data Name='a'>x\x00y&#x1;z</Data></EventData>"))
    assert row["a"] == "x\ufffdy\ufffdz"


def test_entities_never_expand() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "boom"><!ENTITY b "&a;&a;&a;">]>'
    found, rejects = read_all(READER, (bomb + event("<EventData><Data Name='a'>&b;</Data></EventData>") + ONE).encode())
    assert [row["Image"] for _, _, row in found] == ["C:\\a.exe"]
    assert ["refused" in rejects[0].reason, "undefined entity" in rejects[1].reason] == [True, True]


def test_a_cut_event_is_a_reject() -> None:
    found, (reject,) = read_all(READER, (ONE + ONE[:200]).encode())
    assert len(found) == 1
    assert (reject.position, reject.offset) == (2, len(ONE))


def test_an_overlong_event_is_one_reject_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LINE_BYTES", 400_000)
    text = event(f"<EventData><Data>{'x' * 900_000}</Data></EventData>") + ONE
    found, (reject,) = read_all(READER, text.encode())
    assert "longer than" in reject.reason
    assert len(found) == 1


def test_deep_nesting_is_bounded() -> None:
    (row,) = rows_of(event(f"<UserData><a>{'<b>' * 2_000}x{'</b>' * 2_000}</a></UserData>"))
    assert max(name.count(".") for name in row) <= limits.JSON_DEPTH


def test_other_xml_is_not_claimed() -> None:
    assert READER.sniff(head_of(Bytes(b"<html><body/></html>"))) == NO


@given(st.data())
def test_any_damage_gives_rows_and_rejects_and_no_crash(data: st.DataObject) -> None:
    text = bytearray((ONE * 3).encode())
    for at in data.draw(st.lists(st.integers(0, len(text) - 1), max_size=6)):
        text[at] = data.draw(st.integers(0, 255))
    found, rejects = read_all(READER, bytes(text[: data.draw(st.integers(0, len(text)))]))
    assert len(found) + len(rejects) <= 6
