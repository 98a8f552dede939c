"""Cases of `ics_activity`: what control stations ask of controllers."""

# ruff: noqa: E501  (a case is easier to read in long lines)

from view_cases import CLIENT, ZEEK_ENDS, Case

_SENSOR = {"_system_name": "zeek1"}
_SEEN = ZEEK_ENDS | {"device_hostname": "zeek1"}


def _case(table: str, native: dict[str, str], expected: dict[str, object]) -> Case:
    return Case("ics_activity", table, CLIENT | _SENSOR | native, _SEEN | expected)


CONTROL = [
    _case(
        "zeek_modbus", {"tid": "7", "unit": "34", "func": "WRITE_SINGLE_COIL", "pdu_type": "REQ"},
        {"activity_name": "Request", "protocol": "modbus", "function_name": "WRITE_SINGLE_COIL", "is_write": True, "object_name": "unit 34", "status": None},
    ),
    _case(
        "zeek_modbus", {"func": "READ_COILS_EXCEPTION", "pdu_type": "RESP", "exception": "ILLEGAL_FUNCTION"},
        {"activity_name": "Response", "is_write": False, "status": "Failure", "status_detail": "ILLEGAL_FUNCTION"},
    ),
    _case(
        "zeek_dnp3", {"fc_request": "DIRECT_OPERATE", "fc_reply": "RESPONSE", "iin": "32768"},
        {"activity_name": None, "protocol": "dnp3", "function_name": "DIRECT_OPERATE", "is_write": True, "status_detail": "32768"},
    ),
    _case(
        "zeek_dnp3", {"fc_reply": "UNSOLICITED_RESPONSE"},
        {"activity_name": "Response", "function_name": "UNSOLICITED_RESPONSE", "is_write": False},
    ),
    _case(
        "zeek_s7comm", {"rosctr_name": "Job-Request", "function_code": "0x29", "function_name": "PLC Stop"},
        {"activity_name": "Request", "protocol": "s7comm", "function_name": "PLC Stop", "function_code": "0x29", "is_write": True},
    ),
    _case(
        "zeek_s7comm", {"rosctr": "Ack_Data", "parameter": '["class=No error", "code=0", "type=Read Var"]'},
        {"activity_name": "Response", "function_name": "Read Var", "is_write": False},
    ),
    _case(
        "zeek_s7comm", {"rosctr_name": "User-Data", "is_orig": "T", "function_name": "Programmer Controls", "subfunction_name": "Force", "error_class": "No error"},
        {"activity_name": "Request", "is_write": True, "object_name": "Force", "status": "Success"},
    ),
    _case(
        "zeek_enip", {"is_orig": "false", "enip_command_code": "0x006f", "enip_command": "Send RR Data", "enip_status": "Success"},
        {"activity_name": "Response", "protocol": "enip", "function_name": "Send RR Data", "function_code": "0x006f", "is_write": False, "status": "Success"},
    ),
    _case(
        "zeek_cip", {"direction": "Request", "cip_service_code": "0x10", "cip_service": "Set Attribute Single", "class_name": "Assembly", "instance_id": "0x64"},
        {"activity_name": "Request", "protocol": "cip", "function_name": "Set Attribute Single", "is_write": True, "object_name": "Assembly 0x64"},
    ),
    _case(
        "zeek_cip", {"service": "Read Tag Reply", "status": "Path segment error", "tags": "Pump1"},
        {"activity_name": "Response", "is_write": False, "object_name": "Pump1", "status": "Failure", "status_detail": "Path segment error"},
    ),
]  # fmt: skip
