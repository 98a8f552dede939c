"""Machines of the field: controllers (Zeek's modbus, dnp3, s7comm, enip), modems and stations.

polls(scene, times, masters, controllers, "modbus")          what a control room does all day
writes(scene, times, masters, controllers, "modbus")         values are set
heartbeat(scene, times, modems, texts)                       a modem or station reports to its operator
"""

import numpy as np

from tocsin.exercise.range.actions.processes import one_each
from tocsin.exercise.range.actions.traffic import inside, moments_of
from tocsin.exercise.range.actions.wire import uids
from tocsin.exercise.range.columns import Column, Integers, Made, Pool
from tocsin.exercise.range.scene import Hosts, Scene, Times

PORTS = {"modbus": 502, "dnp3": 20_000, "s7comm": 102, "enip": 44_818}
_READS = {
    "modbus": ("READ_HOLDING_REGISTERS", "READ_INPUT_REGISTERS", "READ_COILS"),
    "dnp3": ("READ",),
    "s7comm": ("Read Variable",),
    "enip": ("Send RR Data", "Send Unit Data"),
}
_WRITES = {
    "modbus": ("WRITE_SINGLE_REGISTER", "WRITE_MULTIPLE_REGISTERS", "WRITE_SINGLE_COIL"),
    "dnp3": ("DIRECT_OPERATE", "SELECT", "OPERATE", "WRITE"),
    "s7comm": ("Write Variable",),
    "enip": ("Send RR Data",),
}
_S7 = {"Read Variable": "0x04", "Write Variable": "0x05", "PLC Stop": "0x29", "Request Download": "0x1a"}


def polls(scene: Scene, times: Times, masters: Hosts, controllers: Hosts, protocol: str) -> None:
    """Values are read."""
    _speak(scene, times, masters, controllers, protocol, _READS[protocol])


def writes(
    scene: Scene, times: Times, masters: Hosts, controllers: Hosts, protocol: str, functions: tuple[str, ...] = ()
) -> None:
    """Values are set; `functions` are the protocol's own names, by default those of ordinary operation."""
    _speak(scene, times, masters, controllers, protocol, functions or _WRITES[protocol])


def _speak(
    scene: Scene, times: Times, masters: Hosts, controllers: Hosts, protocol: str, functions: tuple[str, ...]
) -> None:
    moments = moments_of(times)
    count, member = len(moments), scene.member
    source, target = one_each(masters, count), one_each(controllers, count)
    pool = Pool(functions)
    chosen = scene.chance.integers(0, len(functions), count)
    ends: dict[str, Column] = {
        "uid": uids(scene.chance, count), "orig_h": member.of_host("address", source),
        "orig_p": 49_152 + np.asarray(source) * 97 % 9_000 + np.zeros(count, dtype=np.int64),
        "resp_h": member.of_host("address", target), "resp_p": PORTS[protocol],
    }  # fmt: skip
    values: dict[str, Column]
    if protocol == "modbus":
        values = {
            "func": pool.pick(chosen),
            "unit": 1,
            "tid": scene.chance.integers(1, 65_535, count),
            "pdu_type": "REQ",
        }
    elif protocol == "dnp3":
        values = {"fc_request": pool.pick(chosen), "fc_reply": "RESPONSE", "iin": 0}
    elif protocol == "s7comm":
        codes = pool.mapped("code", lambda name: _S7.get(name, "0x00"))
        values = {
            "is_orig": "T", "rosctr_code": 1, "rosctr_name": "Job Request",
            "pdu_reference": scene.chance.integers(0, 65_535, count),
            "function_code": codes.pick(chosen), "function_name": pool.pick(chosen),
            **_both(ends),
        }  # fmt: skip
    else:
        values = {
            "is_orig": "T", "enip_command_code": "0x006f", "enip_command": pool.pick(chosen), "enip_status": "Success",
            "length": scene.chance.integers(24, 80, count), "session_handle": Made("0x%08x", (scene.chance.integers(0,
            1 << 32, count),)),
            **_both(ends),
        }  # fmt: skip
    scene.note(f"zeek_{protocol}", "", moments, target, "", **ends, **values)


def _both(ends: dict[str, Column]) -> dict[str, Column]:
    return {
        "source_h": ends["orig_h"], "source_p": ends["orig_p"], "destination_h": ends["resp_h"],
        "destination_p": ends["resp_p"],
    }  # fmt: skip


def session(
    scene: Scene, times: Times, masters: Hosts, controllers: Hosts, protocol: str, seconds: Column, sent: Column
) -> None:
    """The connection that carries it (conn.log)."""
    inside(
        scene, times, masters, controllers, PORTS[protocol], seconds=seconds, sent=sent, received=sent, service=protocol
    )


def heartbeat(scene: Scene, times: Times, machines: Hosts, text: Column, program: str = "terminal") -> None:
    """A modem or ground station reports to its operator (syslog)."""
    moments = moments_of(times)
    scene.note("station", "", moments, one_each(machines, len(moments)), "", program=program, text=text)


def uptime_text(scene: Scene, times: Integers, machines: Integers) -> Column:
    """What a modem's heartbeat says: signal, temperature, uptime, firmware."""
    started = np.asarray(machines) * 7_919 % 4_000_000
    return Made(
        "status link=up esno=%.1f temp=%d uptime=%d fw=4.2.17 rx=%d tx=%d",
        (
            np.round(scene.chance.normal(11.2, 0.9, len(times)), 1), scene.chance.integers(28, 55, len(times)),
            times // 1_000_000 % 10_000_000 + started,
            scene.chance.lognormal(15, 1.3, len(times)).astype(np.int64),
            scene.chance.lognormal(13, 1.3, len(times)).astype(np.int64),
        ),
    )  # fmt: skip
