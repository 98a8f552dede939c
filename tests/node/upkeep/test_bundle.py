"""A bundle is taken only when every byte of it is what its signer listed."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from bundles import KEY, Machine, machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from tools.bundle.assemble import seal

from tocsin import limits
from tocsin.errors import BundleError, UsageError
from tocsin.node.upkeep.bundle import read_key, take_bundle, version_numbers
from tocsin.node.upkeep.bundle_list import read_list, write_list

SUM = "0" * 64
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"1")


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return machine(tmp_path)


def test_a_genuine_bundle_is_copied_whole(here: Machine, tmp_path: Path) -> None:
    source, copy = here.bundle("1.2.3"), tmp_path / "copy"
    taken = take_bundle(source, read_key(here.key), copy)
    assert taken.version == "1.2.3" and copy.stat().st_mode & 0o077 == 0
    for path in ("install.sh", "wheels/a.whl", "bundle.json", "tocsin"):
        assert (copy / path).read_bytes() == (source / path).read_bytes()


def changed(bundle: Path) -> None:
    (bundle / "install.sh").write_text("echo owned\n", "utf-8")


def changed_in_place(bundle: Path) -> None:
    (bundle / "wheels" / "a.whl").write_bytes(b"a wheeL")


def grown(bundle: Path) -> None:
    with (bundle / "tocsin").open("a") as file:
        file.write("echo owned\n")


def missing(bundle: Path) -> None:
    (bundle / "wheels" / "a.whl").unlink()


def extra(bundle: Path) -> None:
    (bundle / "wheels" / "b.whl").write_bytes(b"another wheel")


def strange_name(bundle: Path) -> None:
    (bundle / os.fsdecode(b"\xff\x1b[2J")).write_bytes(b"")


def linked_file(bundle: Path) -> None:
    (bundle / "tocsin").rename(bundle.parent / "elsewhere")
    (bundle / "tocsin").symlink_to(bundle.parent / "elsewhere")


def linked_folder(bundle: Path) -> None:
    (bundle / "wheels").rename(bundle.parent / "elsewhere")
    (bundle / "wheels").symlink_to(bundle.parent / "elsewhere")


def linked_list(bundle: Path) -> None:
    (bundle / "SHA256SUMS").rename(bundle.parent / "elsewhere")
    (bundle / "SHA256SUMS").symlink_to(bundle.parent / "elsewhere")


def pipe(bundle: Path) -> None:

    os.mkfifo(bundle / "pipe")


def unsigned(bundle: Path) -> None:
    (bundle / "SHA256SUMS.sig").unlink()


def signed_by_another(bundle: Path) -> None:
    seal(bundle, OTHER)


def long_signature(bundle: Path) -> None:
    with (bundle / "SHA256SUMS.sig").open("ab") as file:
        file.write(b"0")


def changed_list(bundle: Path) -> None:
    (bundle / "install.sh").write_text("echo owned\n", "utf-8")
    signature = (bundle / "SHA256SUMS.sig").read_bytes()
    seal(bundle, None)
    (bundle / "SHA256SUMS.sig").write_bytes(signature)


def no_list(bundle: Path) -> None:
    (bundle / "SHA256SUMS").unlink()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (changed, "not what SHA256SUMS says"),
        (changed_in_place, "not what SHA256SUMS says"),
        (grown, "not what SHA256SUMS says"),
        (missing, "is missing"),
        (extra, "is not in SHA256SUMS"),
        (strange_name, "is not in SHA256SUMS"),
        (linked_file, "is a link or a device"),
        (linked_folder, "is a link or a device"),
        (linked_list, "cannot be read"),
        (pipe, "is a link or a device"),
        (unsigned, "is not signed"),
        (signed_by_another, "not signed with this key"),
        (long_signature, "longer than 64"),
        (changed_list, "not signed with this key"),
        (no_list, "is not a bundle"),
    ],
)
def test_a_spoiled_bundle_is_refused(here: Machine, tmp_path: Path, spoil: Callable[[Path], None], says: str) -> None:
    source, copy = here.bundle("1.2.3"), tmp_path / "copy"
    spoil(source)
    with pytest.raises(BundleError, match=says) as refused:
        take_bundle(source, read_key(here.key), copy)
    assert refused.value.advice() and str(refused.value).isprintable()
    assert not copy.exists()


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/.", "", "a\\b", "a\x1bb", "SHA256SUMS", "SHA256SUMS.sig",
     "a\u202eb", "x" * (limits.BUNDLE_PATH_CHARACTERS + 1)],
)  # fmt: skip
def test_a_path_that_leads_out_is_refused_even_when_it_is_signed(path: str, here: Machine, tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        write_list({path: SUM})
    source = here.bundle("1.2.3")
    text = f"{SUM}  {path}\n".encode()
    (source / "SHA256SUMS").write_bytes(text)
    (source / "SHA256SUMS.sig").write_bytes(KEY.sign(text))
    with pytest.raises(BundleError):
        take_bundle(source, read_key(here.key), tmp_path / "copy")


@pytest.mark.parametrize(
    "text",
    ["", "\n", f"{SUM}  a", f"{SUM} a\n", f"{SUM}  a\n{SUM}  a\n", f"{SUM.replace('0', 'A')}  a\n", f"{SUM}  \n",
     f"{SUM}  a\n{SUM}  a/b\n", f"{SUM}  a\r\n"],
)  # fmt: skip
def test_a_list_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(BundleError):
        read_list(text)


def test_a_list_has_a_bounded_number_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BUNDLE_FILES", 2)
    assert len(read_list(f"{SUM}  a\n{SUM}  b\n")) == 2
    with pytest.raises(BundleError, match="more than 2"):
        read_list(f"{SUM}  a\n{SUM}  b\n{SUM}  c\n")


@pytest.mark.parametrize("bound", ["BUNDLE_BYTES", "BUNDLE_LIST_BYTES", "BUNDLE_DESCRIPTION_BYTES"])
def test_a_bundle_has_a_bounded_size(
    bound: str, here: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = here.bundle("1.2.3")
    monkeypatch.setattr(limits, bound, 10)
    with pytest.raises(BundleError):
        take_bundle(source, read_key(here.key), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@given(st.dictionaries(st.from_regex(r"[a-zé ]{1,9}(\.[a-z]{1,3})?", fullmatch=True), st.just(SUM), min_size=1))
def test_what_is_listed_is_read_back(sums: dict[str, str]) -> None:
    assert read_list(write_list(sums)) == sums


@given(st.lists(st.sampled_from(["a", "/", ".", "..", "\n", "\\", SUM, "  ", f"\n{SUM}  ", "\x00", "\u2028", "é"])))
def test_no_text_surfaces_as_another_error(pieces: list[str]) -> None:
    try:
        sums = read_list(SUM + "".join(pieces) + "\n")
    except BundleError:
        return
    assert all(".." not in path.split("/") for path in sums)


@pytest.mark.parametrize("version", ["1.2", "1.2.3.4", "01.2.3", "1.2.3rc1", "../1", "", "1.2.3\n", "9999999.0.0"])
def test_a_version_is_three_numbers(version: str) -> None:
    with pytest.raises(BundleError):
        version_numbers(version)
    assert version_numbers("1.10.0") > version_numbers("1.9.9")


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"format": 2, "version": "1.0.0", "pythons": ["3.11"], "platform": "x"}', '{"format": 1}', "\ud800"],
)
def test_a_description_of_another_form_is_refused(text: str, here: Machine, tmp_path: Path) -> None:
    source = here.bundle("1.2.3")
    (source / "bundle.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    seal(source, KEY)
    with pytest.raises(BundleError, match=r"bundle\.json"):
        take_bundle(source, read_key(here.key), tmp_path / "copy")


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    for number, content in enumerate(
        [
            b"",
            b"not a key",
            X25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        ]
    ):
        path = tmp_path / f"{number}.pem"
        path.write_bytes(content)
        with pytest.raises(UsageError):
            read_key(path)
    with pytest.raises(UsageError):
        read_key(tmp_path / "absent.pem")


def test_a_change_after_the_check_does_not_reach_the_copy(here: Machine, tmp_path: Path) -> None:
    source, copy = here.bundle("1.2.3"), tmp_path / "copy"
    before = (source / "install.sh").read_bytes()
    take_bundle(source, read_key(here.key), copy)
    changed(source)
    assert (copy / "install.sh").read_bytes() == before
    shutil.rmtree(source)
    assert (copy / "tocsin").is_file()
