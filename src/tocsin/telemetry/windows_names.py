"""One set of flat names for Windows events, whatever wrote them: pure functions from dotted paths to names.

Rules:
1. Containers that carry no meaning go: `Event.EventData.Image` → `Image`, `winlog.event_data.Image` → `Image`.
2. System fields get the names that Sigma rules use: `EventID`, `Channel`, `Provider_Name`, `Computer`, …
   `Execution` becomes `ExecutionProcessID` and `ThreadID` (as NXLog names them), because Sysmon's own `ProcessId` is
   another process than the one that wrote the event, and names are compared without regard to case.
3. A field of the event's own data never replaces a system field: `EventData.Channel` → `EventData_Channel`.
4. Whatever is not known stays as it is.

Understood: evtx_dump and Chainsaw (`#attributes`, `#text`), attributes as `_attributes`, `@Name` or `Name` directly,
Winlogbeat and Elastic Agent (`winlog.…`), Wazuh archives (`data.win.…`, also below `_source`), XML from wevtutil.
"""

import re
from functools import lru_cache

_SYSTEM = {
    "eventid": "EventID",
    "eventid.value": "EventID",
    "eventid.qualifiers": "Qualifiers",
    "qualifiers": "Qualifiers",
    "channel": "Channel",
    "provider": "Provider_Name",
    "provider.name": "Provider_Name",
    "provider.guid": "Provider_Guid",
    "provider.eventsourcename": "EventSourceName",
    "providername": "Provider_Name",
    "providerguid": "Provider_Guid",
    "eventsourcename": "EventSourceName",
    "computer": "Computer",
    "eventrecordid": "EventRecordID",
    "timecreated": "SystemTime",
    "timecreated.systemtime": "SystemTime",
    "systemtime": "SystemTime",
    "level": "Level",
    "task": "Task",
    "opcode": "Opcode",
    "keywords": "Keywords",
    "version": "Version",
    "execution.processid": "ExecutionProcessID",
    "execution.threadid": "ThreadID",
    "processid": "ExecutionProcessID",
    "threadid": "ThreadID",
    "security.userid": "UserID",
    "correlation.activityid": "ActivityID",
    "correlation.relatedactivityid": "RelatedActivityID",
    "severityvalue": "SeverityValue",
    "message": "Message",
}
"""Paths below `System`, lower-cased and without attribute containers, and their flat names."""

_RESERVED = frozenset(name.lower() for name in _SYSTEM.values()) - {"message", "eventsourcename", "severityvalue"}

_WINLOG = {
    "event_id": "EventID",
    "channel": "Channel",
    "provider_name": "Provider_Name",
    "provider_guid": "Provider_Guid",
    "computer_name": "Computer",
    "record_id": "EventRecordID",
    "task": "Task",
    "opcode": "Opcode",
    "keywords": "Keywords",
    "version": "Version",
    "activity_id": "ActivityID",
    "related_activity_id": "RelatedActivityID",
    "process.pid": "ExecutionProcessID",
    "process.thread.id": "ThreadID",
    "user.identifier": "UserID",
    "time_created": "SystemTime",
    "level": "Level",
    "message": "Message",
}
_BEAT_6 = {
    "event_id": "EventID",
    "log_name": "Channel",
    "source_name": "Provider_Name",
    "provider_guid": "Provider_Guid",
    "computer_name": "Computer",
    "record_number": "EventRecordID",
    "process_id": "ExecutionProcessID",
    "thread_id": "ThreadID",
    "message": "Message",
}
_NAMES_REMEMBERED = 65_536
_FLAT = {"providerguid": "Provider_Guid", "providername": "Provider_Name", "eventid": "EventID"}

_GET_WINEVENT = {
    "Id": "EventID",
    "LogName": "Channel",
    "MachineName": "Computer",
    "RecordId": "EventRecordID",
    "ProviderName": "Provider_Name",
    "ProviderId": "Provider_Guid",
    "ProcessId": "ExecutionProcessID",
    "ThreadId": "ThreadID",
    "UserId": "UserID",
    "ActivityId": "ActivityID",
    "RelatedActivityId": "RelatedActivityID",
}
_SPLUNK = {
    **_FLAT,
    "eventcode": "EventID",
    "logname": "Channel",
    "computername": "Computer",
    "recordnumber": "EventRecordID",
    "new_process_name": "NewProcessName",
    "new_process_id": "NewProcessId",
    "creator_process_name": "ParentProcessName",
    "creator_process_id": "ProcessId",
    "process_command_line": "CommandLine",
    "logon_type": "LogonType",
    "source_network_address": "IpAddress",
    "source_port": "IpPort",
    "workstation_name": "WorkstationName",
}
"""Names of Splunk's add-on for Windows, lower-cased, in the form that it gives to classic event text."""

_ATTRIBUTES = re.compile(r"(?:\.[#_$@]?|_)attributes(?=\.)")
_TEXT = re.compile(r"\.[#_$@]text$")
_SIGIL = re.compile(r"(?<=\.)[@$](?=\w)")
_SYSTEM_PATH = re.compile(r"^(?:Event[._])?System[._](.+)$")
_EVENT_DATA = re.compile(r"^(?:Event[._])?EventData\.(.+)$")
_USER_DATA = re.compile(r"^(?:Event[._])?(?:UserData|ProcessingErrorData|DebugData)\.(.+)$")
_RENDERING = re.compile(r"^(?:Event[._])?RenderingInfo[._](.+)$")
_ELASTIC = re.compile(r"^(?:_source\.)?winlog\.(.+)$")
_WAZUH = re.compile(r"^(?:_source\.)?(?:data\.)?win\.(system|eventdata|userdata|ratingdata)\.(.+)$", re.IGNORECASE)


@lru_cache(_NAMES_REMEMBERED)
def rename(dotted: str) -> str:
    """The flat name of a dotted path; unknown paths stay as they are.

    >>> rename("Event.System.Provider.#attributes.Name")
    'Provider_Name'
    >>> rename("winlog.event_data.CommandLine")
    'CommandLine'
    >>> rename("data.win.eventdata.commandLine")
    'CommandLine'
    """
    wazuh = _WAZUH.match(dotted)
    if wazuh:
        return _of_wazuh(wazuh[1].lower(), wazuh[2])
    elastic = _ELASTIC.match(dotted)
    if elastic:
        return _of_elastic(dotted, elastic[1])
    return _of_event(dotted)


@lru_cache(_NAMES_REMEMBERED)
def rename_flat(name: str) -> str:
    """The name of a field in records that are flat already (Security-Datasets, NXLog): only spellings are settled.

    >>> rename_flat("ProviderGuid"), rename_flat("Image")
    ('Provider_Guid', 'Image')
    """
    return _FLAT.get(name.lower(), name)


@lru_cache(_NAMES_REMEMBERED)
def rename_beat_6(dotted: str) -> str:
    """The flat name of a path as Winlogbeat wrote it before version 7, without the `winlog` container.

    >>> rename_beat_6("event_data.Image"), rename_beat_6("log_name")
    ('Image', 'Channel')
    """
    if dotted.startswith(("event_data.", "user_data.")):
        return _own(dotted.split(".", 1)[1])
    return _BEAT_6.get(dotted, dotted)


@lru_cache(_NAMES_REMEMBERED)
def rename_splunk(name: str) -> str:
    """The name of a field as Splunk exports it; Splunk gives `EventCode` beside `EventID`.

    >>> rename_splunk("EventCode"), rename_splunk("Image")
    ('EventID', 'Image')
    """
    return _SPLUNK.get(name.lower(), name)


@lru_cache(_NAMES_REMEMBERED)
def rename_get_winevent(name: str) -> str:
    """The name of a property of PowerShell's EventLogRecord. Its `ProcessId` is that of the process that wrote it.

    >>> rename_get_winevent("Id"), rename_get_winevent("Message")
    ('EventID', 'Message')
    """
    return _GET_WINEVENT.get(name, name)


def _of_event(dotted: str) -> str:
    """Dumps that keep the event's tree: `Event.System…`, `Event.EventData…`, `Event.UserData…`, rendering."""
    path = _SIGIL.sub("", _TEXT.sub("", _ATTRIBUTES.sub("", dotted)))
    system = _SYSTEM_PATH.match(path)
    if system:
        return _SYSTEM.get(system[1].lower().replace("_", "."), system[1])
    data = _EVENT_DATA.match(path)
    if data:
        return _own("EventData_Name" if data[1] == "Name" and path != dotted else data[1])
    user = _USER_DATA.match(path)
    if user:
        return _own(user[1].split(".", 1)[-1])
    rendering = _RENDERING.match(path)
    if rendering:
        return "Message" if rendering[1] == "Message" else f"RenderingInfo_{rendering[1]}"
    return dotted.removeprefix("Event.").removeprefix("_source.")


def _of_elastic(dotted: str, path: str) -> str:
    known = _WINLOG.get(path)
    if known:
        return known
    if path.startswith("event_data."):
        return _own(path.removeprefix("event_data."))
    if path.startswith("user_data."):
        return _own(path.removeprefix("user_data."))
    return dotted.removeprefix("_source.")


def _of_wazuh(part: str, path: str) -> str:
    if part == "system":
        return _SYSTEM.get(path.lower(), _capital(path))
    return _own(_capital(path if part == "eventdata" else path.split(".", 1)[-1]))


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _own(name: str) -> str:
    """The name of one of the event's own fields, kept apart from the system fields."""
    return f"EventData_{name}" if name.lower() in _RESERVED else name
