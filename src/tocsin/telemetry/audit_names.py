"""Names for the numbers of raw audit records: types, the system calls that rules ask for, and socket addresses.

Standards: Linux `linux/audit.h` and libaudit's `msg_typetab.h`; `asm/unistd_64.h` (x86-64) and
`asm-generic/unistd.h` (AArch64); `struct sockaddr` of `socket(7)`.
"""

import socket
import struct

from tocsin.telemetry.line_reader import Row

_X86_64 = {
    "0": "read", "1": "write", "2": "open", "3": "close", "9": "mmap", "10": "mprotect", "41": "socket",
    "42": "connect", "43": "accept", "44": "sendto", "45": "recvfrom", "49": "bind", "50": "listen", "56": "clone",
    "57": "fork", "58": "vfork", "59": "execve", "62": "kill", "76": "truncate", "77": "ftruncate", "80": "chdir",
    "82": "rename", "83": "mkdir", "84": "rmdir", "85": "creat", "86": "link", "87": "unlink", "88": "symlink",
    "90": "chmod", "91": "fchmod", "92": "chown", "93": "fchown", "94": "lchown", "99": "sysinfo", "101": "ptrace",
    "103": "syslog", "105": "setuid", "106": "setgid", "113": "setreuid", "114": "setregid", "117": "setresuid",
    "119": "setresgid", "126": "capset", "133": "mknod", "135": "personality", "155": "pivot_root",
    "159": "adjtimex", "161": "chroot", "164": "settimeofday", "165": "mount", "166": "umount2", "169": "reboot",
    "170": "sethostname", "175": "init_module", "176": "delete_module", "188": "setxattr", "227": "clock_settime",
    "246": "kexec_load", "257": "openat", "258": "mkdirat", "259": "mknodat", "263": "unlinkat", "264": "renameat",
    "268": "fchmodat", "272": "unshare", "288": "accept4", "298": "perf_event_open", "308": "setns",
    "310": "process_vm_readv", "311": "process_vm_writev", "313": "finit_module", "316": "renameat2",
    "319": "memfd_create", "321": "bpf", "322": "execveat", "323": "userfaultfd", "425": "io_uring_setup",
    "437": "openat2",
}  # fmt: skip
_AARCH64 = {
    "33": "mknodat", "34": "mkdirat", "35": "unlinkat", "38": "renameat", "40": "mount", "49": "chdir",
    "51": "chroot", "53": "fchmodat", "54": "fchownat", "56": "openat", "63": "read", "64": "write",
    "92": "personality", "97": "unshare", "105": "init_module", "106": "delete_module", "116": "syslog",
    "117": "ptrace", "129": "kill", "144": "setgid", "146": "setuid", "161": "sethostname", "170": "settimeofday",
    "179": "sysinfo", "198": "socket", "200": "bind", "201": "listen", "202": "accept", "203": "connect",
    "206": "sendto", "220": "clone", "221": "execve", "226": "mprotect", "268": "setns", "270": "process_vm_readv",
    "271": "process_vm_writev", "273": "finit_module", "276": "renameat2", "279": "memfd_create", "280": "bpf",
    "281": "execveat", "437": "openat2",
}  # fmt: skip
_CALLS = {"c000003e": _X86_64, "c00000b7": _AARCH64}

_TYPES = {
    "1006": "LOGIN", "1100": "USER_AUTH", "1101": "USER_ACCT", "1102": "USER_MGMT", "1103": "CRED_ACQ",
    "1104": "CRED_DISP", "1105": "USER_START", "1106": "USER_END", "1107": "USER_AVC", "1108": "USER_CHAUTHTOK",
    "1109": "USER_ERR", "1110": "CRED_REFR", "1111": "USYS_CONFIG", "1112": "USER_LOGIN", "1113": "USER_LOGOUT",
    "1114": "ADD_USER", "1115": "DEL_USER", "1116": "ADD_GROUP", "1117": "DEL_GROUP", "1123": "USER_CMD",
    "1130": "SERVICE_START", "1131": "SERVICE_STOP", "1300": "SYSCALL", "1302": "PATH", "1303": "IPC",
    "1304": "SOCKETCALL", "1305": "CONFIG_CHANGE", "1306": "SOCKADDR", "1307": "CWD", "1309": "EXECVE",
    "1320": "EOE", "1321": "BPRM_FCAPS", "1322": "CAPSET", "1325": "NETFILTER_CFG", "1326": "SECCOMP",
    "1327": "PROCTITLE", "1334": "BPF", "1400": "AVC", "1700": "ANOM_PROMISCUOUS", "1701": "ANOM_ABEND",
}  # fmt: skip

_INET_BYTES, _INET6_BYTES = 8, 24


def record_type(written: str) -> str:
    """The name of a record's type, which the kernel writes as a number and older tools as `UNKNOWN[1327]`."""
    number = written.removeprefix("UNKNOWN[").removesuffix("]")
    return _TYPES.get(number, written)


def syscall_name(arch: str, number: str) -> str:
    """The call's name, empty when it is not in the tables. `arch` is AUDIT_ARCH in hex, as records carry it."""
    return _CALLS.get(arch, {}).get(number, "")


def socket_fields(saddr: str) -> Row:
    """Family, address and port of a hex `saddr`; empty when it is no such thing."""
    try:
        data = bytes.fromhex(saddr)
    except ValueError:
        return {}
    family = int.from_bytes(data[:2], "little")
    if family == socket.AF_INET and len(data) >= _INET_BYTES:
        port, address = struct.unpack("!H4s", data[2:_INET_BYTES])
        return {"saddr_fam": "inet", "laddr": socket.inet_ntop(socket.AF_INET, address), "lport": str(port)}
    if family == socket.AF_INET6 and len(data) >= _INET6_BYTES:
        port, address = struct.unpack("!H4x16s", data[2:_INET6_BYTES])
        return {"saddr_fam": "inet6", "laddr": socket.inet_ntop(socket.AF_INET6, address), "lport": str(port)}
    if family == socket.AF_UNIX:
        return {"saddr_fam": "local", "path": data[2:].strip(b"\0").split(b"\0")[0].decode("utf-8", "replace")}
    return {}
