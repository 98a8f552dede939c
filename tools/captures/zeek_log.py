"""Zeek logs as text: the head that names the fields, then the rows."""

from collections.abc import Iterable, Sequence

Row = tuple[float, Sequence[object]]  # when, and what comes after the time
CONN = "uid id.orig_h id.orig_p id.resp_h id.resp_p proto orig_bytes resp_bytes conn_state orig_pkts resp_pkts"
CONN_TYPES = "string addr port addr port enum count count string count count"


def zeek_log(path: str, fields: str, types: str, rows: Iterable[Row]) -> str:
    """A log in Zeek's TSV form; `fields` and `types` are those after `ts`."""
    head = (
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
        f"#path\t{path}\n#fields\tts\t" + "\t".join(fields.split()) + "\n#types\ttime\t" + "\t".join(types.split())
    )
    ordered = sorted(rows, key=lambda row: row[0])
    return "\n".join([head, *("\t".join(map(str, (f"{at:.6f}", *rest))) for at, rest in ordered)]) + "\n"


def conn_log(rows: Iterable[Row]) -> str:
    """conn.log with the fields of `CONN`."""
    return zeek_log("conn", CONN, CONN_TYPES, rows)
