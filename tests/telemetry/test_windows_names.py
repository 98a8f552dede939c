"""One set of flat names for Windows events, whatever wrote them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.telemetry.windows_names import rename, rename_flat

NAMES = {
    "Event.System.Provider.#attributes.Name": "Provider_Name",
    "Event.System.Provider_attributes.Guid": "Provider_Guid",
    "Event.System.Provider.@Name": "Provider_Name",
    "System.Provider.Name": "Provider_Name",
    "Event.System.EventID": "EventID",
    "Event.System.EventID.#text": "EventID",
    "Event.System.EventID.#attributes.Qualifiers": "Qualifiers",
    "Event.System.TimeCreated.#attributes.SystemTime": "SystemTime",
    "Event.System.TimeCreated_attributes.SystemTime": "SystemTime",
    "Event.System.Execution.#attributes.ProcessID": "ExecutionProcessID",
    "Event.System.Execution.#attributes.ThreadID": "ThreadID",
    "Event.System.Security.#attributes.UserID": "UserID",
    "Event.System.Correlation.#attributes.ActivityID": "ActivityID",
    "Event.EventData.Image": "Image",
    "Event.EventData.Value": "Value",
    "Event.EventData.Process Name": "Process Name",
    "Event.EventData.Data.#text": "Data",
    "Event.EventData.#attributes.Name": "EventData_Name",
    "Event.UserData.LogFileCleared.SubjectUserName": "SubjectUserName",
    "Event.RenderingInfo.Message": "Message",
    "winlog.event_id": "EventID",
    "winlog.channel": "Channel",
    "winlog.computer_name": "Computer",
    "winlog.record_id": "EventRecordID",
    "winlog.event_data.CommandLine": "CommandLine",
    "winlog.process.pid": "ExecutionProcessID",
    "data.win.system.eventID": "EventID",
    "data.win.system.providerName": "Provider_Name",
    "data.win.eventdata.commandLine": "CommandLine",
    "_source.data.win.eventdata.utcTime": "UtcTime",
    "_source.agent.name": "agent.name",
    "host.name": "host.name",
    "Image": "Image",
}


@pytest.mark.parametrize(("dotted", "flat"), NAMES.items())
def test_a_path_has_one_flat_name(dotted: str, flat: str) -> None:
    assert rename(dotted) == flat


@pytest.mark.parametrize(
    "dotted",
    ["Event.EventData.Channel", "Event.UserData.X.Channel", "winlog.event_data.Channel", "data.win.eventdata.channel"],
)
def test_an_events_own_field_never_replaces_a_system_field(dotted: str) -> None:
    assert rename(dotted) == "EventData_Channel"


def test_the_process_that_wrote_an_event_is_not_the_process_it_tells_of() -> None:
    written_by = rename("Event.System.Execution.#attributes.ProcessID")
    assert written_by.lower() != rename("Event.EventData.ProcessId").lower()


def test_flat_records_keep_their_names_but_for_spelling() -> None:
    assert [rename_flat(name) for name in ("ProviderGuid", "Image", "Hostname")] == [
        "Provider_Guid",
        "Image",
        "Hostname",
    ]


@given(st.text(max_size=60))
def test_any_name_has_a_name(name: str) -> None:
    assert isinstance(rename(name), str)
    assert isinstance(rename_flat(name), str)
