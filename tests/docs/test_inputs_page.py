"""`docs/inputs.md` against the code: paths, types, bounds, and settings that load."""

import re
import tomllib
from pathlib import Path

import msgspec

from tocsin import limits
from tocsin.node.inputs.otlp_lines import line_of
from tocsin.node.inputs.otlp_records import Record
from tocsin.node.inputs.push import CONTENT_TYPES
from tocsin.node.inputs.routes import OTLP_PATH, PUSH_PATH
from tocsin.node.inputs.sender import Senders
from tocsin.node.people.permissions import PERMISSIONS
from tocsin.node.people.tokens import Scope
from tocsin.node.service.config import Config, NodeFolder
from tocsin.node.service.listening import syslog_inputs
from tocsin.telemetry.registry import reader_by_name

PAGE = (Path(__file__).parents[2] / "docs" / "inputs.md").read_text("utf-8")
TOML = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_paths_and_scopes_are_those_of_the_node() -> None:
    assert f"| HTTP push | `POST {PUSH_PATH}` | a machine token with the scope `{Scope.PUSH}` |" in PAGE
    assert f"| OTLP logs | `POST {OTLP_PATH}` | a machine token with the scope `{Scope.OTLP}` |" in PAGE
    assert PERMISSIONS["push"].scopes == {Scope.PUSH}
    assert PERMISSIONS["otlp"].scopes == {Scope.OTLP}


def test_the_types_that_the_page_names_are_taken() -> None:
    named = set(re.findall(r"`((?:application|text)/[a-z-]+)`", PAGE))
    assert named
    assert named <= CONTENT_TYPES


def test_the_readers_that_the_page_names_exist() -> None:
    for name in re.findall(r"\?reader=([a-z-]+)", PAGE):
        assert reader_by_name(name).lines


def test_the_bounds_are_those_of_limits() -> None:
    for told in (
        f"Lines over {limits.INPUT_LINE_BYTES // limits.MIB} MiB or nested over {limits.JSON_DEPTH} deep",
        f"at most {limits.RECEIPT_KEY_CHARACTERS} characters, remembered for {limits.RECEIPT_SECONDS // 86_400} days",
        f"over {limits.PUSH_PACKED_BYTES // limits.MIB} MiB (packed or not), over {limits.PUSH_LINES:,} lines",
        f"unpacked over {limits.PUSH_RATIO} times its size",
        f"Records over {limits.INPUT_LINE_BYTES // limits.MIB} MiB are told",
        f"at most {limits.SYSLOG_MESSAGE_BYTES // limits.KIB} KiB over TCP",
        f"silent for {limits.SYSLOG_IDLE_SECONDS // 3_600} hours",
        f"within {limits.SYSLOG_MESSAGE_SECONDS} s",
    ):
        assert told in PAGE, told
    assert limits.PUSH_PACKED_BYTES == limits.PUSH_BODY_BYTES


def test_the_fields_of_a_log_record_are_those_of_its_line() -> None:
    _, line = line_of(Record("x", 1, 1, 9, "INFO", "e", "t", "s", {"a": 1}, {"r": 1}, {"name": "n"}))
    for name in msgspec.json.decode(line):
        assert f"`{name}`" in PAGE


def test_the_syslog_settings_load_and_let_their_senders_in(tmp_path: Path) -> None:
    (block,) = [each for each in TOML if "[[syslog]]" in each]
    config = msgspec.convert(tomllib.loads(block), Config)
    inputs = syslog_inputs(NodeFolder(tmp_path), config)
    assert [each.protocol for each in inputs] == ["tls", "udp"]
    assert all(Senders("syslog", each.senders).streams for each in inputs)
    assert Senders("syslog", inputs[1].senders).of("192.0.2.7") is not None


def test_the_other_settings_are_toml() -> None:
    assert all(tomllib.loads(each) for each in TOML)
