"""What `make bundle` puts together: what of the lock, a true bill of materials, an installer that works."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from bundles import KEY
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from tools.bundle.__main__ import EXTRAS, pins
from tools.bundle.assemble import Parts, assemble, read_private_key, seal
from tools.bundle.lock import plain, root_names
from tools.bundle.sbom import sbom
from tools.bundle.wheels import HERE, read_wheels, requirements

from tocsin.cli.node_upgrade import USUAL
from tocsin.node.upkeep.bundle import read_key, take_bundle
from tocsin.node.upkeep.installation import PROGRAM, Installation

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "contrib" / "tocsin.service"
SECONDS = 120


def wheel(folder: Path, name: str, version: str, *metadata: str, code: str = "", script: bool = False) -> Path:
    """A small real wheel."""
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *metadata]
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": "\n".join(lines) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if script:
        files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{name} = {name}:main\n"
    record = "".join(f"{path},sha256={digest(text)},{len(text.encode())}\n" for path, text in files.items())
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(inside, text)
    return path


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A signed bundle with a small Tocsin that needs a small library."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    says = "import sys, bell\ndef main() -> None:\n    print('tocsin 0.3.0', bell.SOUND, *sys.argv[2:])\n"
    wheel(wheels, "tocsin", "0.3.0", "License-Expression: Apache-2.0", "Requires-Dist: bell>=1", code=says, script=True)
    wheel(wheels, "bell", "1.2", "Classifier: License :: OSI Approved :: MIT License", code="SOUND = 'ding'\n")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "a.yml").write_text("title: a\n", "utf-8")
    return assemble(Parts(ROOT, wheels, rules, KEY), tmp_path / "dist")


def public_key(folder: Path) -> Path:
    path = folder / "public.pem"
    path.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def install(bundle: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["sh", bundle / "install.sh", "--python", sys.executable, *arguments]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=SECONDS, check=False)


def said_by(*command: str | Path) -> str:
    """What an installed program says, without the source tree on its path."""
    bare = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, env=bare, capture_output=True, text=True, check=True).stdout


def test_the_lock_s_packages_for_developers_are_left_out() -> None:
    names = {pin.name for pin in pins(ROOT)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert root_names(project, EXTRAS) <= names
    assert {"psycopg-binary", "markupsafe", "cffi", "pydantic-core"} <= names, "what others need, several steps away"
    assert not {"pytest", "mypy", "ruff", "hypothesis", "import-linter", "grimp", "pluggy"} & names
    assert all("--hash=sha256:" in pin.text and "#" not in pin.text for pin in pins(ROOT))


def test_a_made_bundle_is_genuine_and_carries_everything(bundle: Path, tmp_path: Path) -> None:
    taken = take_bundle(bundle, read_key(public_key(tmp_path)), tmp_path / "copy")
    assert taken.version == "0.3.0" and bundle.name == "tocsin-bundle-0.3.0"
    present = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert present >= {"install.sh", "INSTALL.md", "NOTICE", "sbom.cdx.json", "contrib/tocsin.service", "rules/a.yml"}
    wheels = read_wheels(bundle / "wheels")
    assert (bundle / "requirements.txt").read_text("utf-8") == requirements(wheels)


def test_a_package_may_have_a_wheel_for_each_python(tmp_path: Path) -> None:
    wheel(tmp_path, "tocsin", "0.3.0", "Requires-Dist: bell")
    first = wheel(tmp_path, "bell", "1.2")
    second = first.rename(first.with_name("bell-1.2-cp311-none-any.whl"))
    wheel(tmp_path, "bell", "1.2", code="other = 1\n")
    wheels = read_wheels(tmp_path)
    lines = requirements(wheels).splitlines()
    assert len(wheels) == 3 and len(lines) == 2 and lines[0].count("--hash=sha256:") == 2
    bill = sbom(wheels)
    files = bill["components"][0]["components"]  # type: ignore[index]
    assert [file["name"] for file in files] == [second.name, first.name]
    wheel(tmp_path, "bell", "1.3")
    with pytest.raises(ValueError, match="bell: a bundle has one version"):
        sbom(read_wheels(tmp_path))


def test_equal_parts_make_an_equal_bundle(bundle: Path, tmp_path: Path) -> None:
    again = assemble(Parts(ROOT, tmp_path / "wheels", tmp_path / "rules", KEY), tmp_path / "again")
    assert (again / "SHA256SUMS.sig").read_bytes() == (bundle / "SHA256SUMS.sig").read_bytes()


def test_tools_of_the_system_check_a_bundle_too(bundle: Path, tmp_path: Path) -> None:
    key = public_key(tmp_path)
    sums = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(sums, cwd=bundle, check=False).returncode == 0
    check = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(key), "-rawin", "-in", "SHA256SUMS", "-sigfile"]
    assert subprocess.run([*check, "SHA256SUMS.sig"], cwd=bundle, capture_output=True, check=False).returncode == 0


def test_the_bill_of_materials_has_what_the_schema_requires(bundle: Path) -> None:
    """CycloneDX 1.6: required and constrained properties of every object that is used, references that resolve."""
    bill = json.loads((bundle / "sbom.cdx.json").read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", bill["serialNumber"])
    assert bill.keys() <= {"$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata", "components",
                           "dependencies"}  # fmt: skip
    components = [bill["metadata"]["component"], *bill["components"]]
    for component in components:
        assert component["type"] in ("application", "library") and component["name"]
        assert component["purl"] == component["bom-ref"] == f"pkg:pypi/{component['name']}@{component['version']}"
        assert all(re.fullmatch("[0-9a-f]{64}", entry["content"]) for entry in component["hashes"])
        assert all(entry.keys() in ({"expression"}, {"license"}) for entry in component["licenses"])
    refs = {component["bom-ref"] for component in components}
    assert len(refs) == len(components)
    needs = {entry["ref"]: entry["dependsOn"] for entry in bill["dependencies"]}
    assert needs == {"pkg:pypi/tocsin@0.3.0": ["pkg:pypi/bell@1.2"], "pkg:pypi/bell@1.2": []}
    assert components[1]["licenses"] == [{"license": {"name": "MIT License"}}]
    assert components[0]["hashes"][0]["content"] in (bundle / "SHA256SUMS").read_text("utf-8")


def test_a_licence_in_free_text_is_told_by_its_first_line(tmp_path: Path) -> None:
    wheel(tmp_path, "tocsin", "1.0.0", "License: BSD-3-Clause")
    wheel(tmp_path, "silent", "1.0.0")
    bill = sbom(read_wheels(tmp_path))
    assert bill["metadata"]["component"]["licenses"] == [{"license": {"name": "BSD-3-Clause"}}]  # type: ignore[index]
    assert "licenses" not in bill["components"][0]  # type: ignore[index]


def test_the_installer_makes_a_version_that_runs_and_upgrades(bundle: Path, tmp_path: Path) -> None:
    place = Installation(tmp_path / "prefix")
    place.unit.parent.mkdir(parents=True)
    done = install(bundle, "--key", public_key(tmp_path), "--prefix", place.prefix)
    assert done.returncode == 0, done.stderr
    assert place.current_version() == "0.3.0" and place.installed() == ["0.3.0"]
    assert said_by(place.command, "x", "y") == "tocsin 0.3.0 ding y\n"
    assert place.trust.read_bytes() == public_key(tmp_path).read_bytes()
    assert place.unit.read_bytes() == UNIT.read_bytes()
    assert (place.current / "rules" / "a.yml").is_file()
    again = install(bundle, "--key", public_key(tmp_path), "--prefix", place.prefix)
    assert again.returncode == 3 and "tocsin node upgrade" in again.stderr


def test_the_installer_does_not_touch_the_version_that_counts(bundle: Path, tmp_path: Path) -> None:
    place = Installation(tmp_path / "prefix")
    place.folder("0.3.0").mkdir(parents=True)
    place.switch("0.3.0")
    done = install(bundle, "--beside", "--prefix", place.prefix)
    assert done.returncode == 3 and "is the one that counts" in done.stderr and place.folder("0.3.0").is_dir()


def test_the_installer_does_not_replace_a_program_of_somebody_else(bundle: Path, tmp_path: Path) -> None:
    place = Installation(tmp_path / "prefix")
    place.command.parent.mkdir(parents=True)
    place.command.write_text("another program", "utf-8")
    done = install(bundle, "--without-key", "--prefix", place.prefix)
    assert done.returncode == 3 and "not ours" in done.stderr
    assert place.command.read_text("utf-8") == "another program" and not place.versions.exists()


def test_the_page_names_what_is_in_a_bundle(bundle: Path) -> None:
    page = (ROOT / "docs" / "install.md").read_text("utf-8")
    named = {name for line in page.splitlines() if line.startswith("| `") for name in re.findall(r"`([^`]+)`", line)}
    inside = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*")} - {"INSTALL.md", "NOTICE"}
    assert {name.rstrip("/").partition("/")[0] for name in named if not name.startswith("/")} - {"sh"} == {
        path.partition("/")[0] for path in inside
    }


def spoiled_wheel(bundle: Path) -> None:
    with (bundle / "wheels" / "bell-1.2-py3-none-any.whl").open("ab") as file:
        file.write(b"0")


def another_signature(bundle: Path) -> None:
    (bundle / "SHA256SUMS.sig").write_bytes(bytes(64))


def another_python(bundle: Path) -> None:
    told = json.loads((bundle / "bundle.json").read_text("utf-8"))
    (bundle / "bundle.json").write_text(json.dumps(told | {"pythons": ["3.99"]}), "utf-8")
    seal(bundle, KEY)


def version_that_leads_out(bundle: Path) -> None:
    told = json.loads((bundle / "bundle.json").read_text("utf-8"))
    (bundle / "bundle.json").write_text(json.dumps(told | {"version": "../../x"}), "utf-8")
    seal(bundle, KEY)


def unlisted_wheel(bundle: Path) -> None:
    text = (bundle / "requirements.txt").read_text("utf-8")
    (bundle / "requirements.txt").write_text(
        re.sub("sha256:.", "sha256:0", text.replace("sha256:0", "sha256:1")), "utf-8"
    )
    seal(bundle, KEY)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoiled_wheel, "a file was changed"),
        (another_signature, "not signed with"),
        (another_python, "for Python 3.99"),
        (version_that_leads_out, "no version like"),
        (unlisted_wheel, "DO NOT MATCH"),
    ],
)
def test_the_installer_leaves_nothing_of_a_bundle_that_it_refuses(
    bundle: Path, tmp_path: Path, spoil, says: str
) -> None:  # type: ignore[no-untyped-def]
    spoil(bundle)
    place = Installation(tmp_path / "prefix")
    done = install(bundle, "--key", public_key(tmp_path), "--prefix", place.prefix)
    assert done.returncode and says in done.stderr, done.stderr
    assert not place.command.is_symlink() and not place.current.is_symlink()
    assert [path for path in place.prefix.rglob("*") if not path.is_dir()] == []


def test_the_installer_finds_a_python_that_the_bundle_is_for(bundle: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "python3").write_text("#!/bin/sh\nexit 1\n", "utf-8")
    (programs / f"python{HERE}").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', "utf-8")
    for program in programs.iterdir():
        program.chmod(0o755)
    place = Installation(tmp_path / "prefix")
    command = ["sh", bundle / "install.sh", "--without-key", "--prefix", place.prefix]
    path = {"PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run(
        list(map(str, command)), env=path, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    assert place.current_version() == "0.3.0" and not place.trust.exists()


def test_the_installer_wants_a_word_about_the_signature(bundle: Path, tmp_path: Path) -> None:
    done = install(bundle, "--prefix", tmp_path / "prefix")
    assert done.returncode == 2 and "--without-key" in done.stderr
    assert not (tmp_path / "prefix").exists()


def test_a_key_with_another_purpose_does_not_sign(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    path = tmp_path / "key.pem"
    path.write_bytes(X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(SystemExit, match="not an Ed25519 key"):
        read_private_key(path)


def test_the_unit_names_the_places_of_an_installation() -> None:
    lines = set(UNIT.read_text("utf-8").splitlines())
    place = Installation(Path("/"))
    assert f"ExecStart={place.current / PROGRAM} node run {USUAL}" in lines
    assert f"AssertPathExists=!{place.journal}" in lines
    assert f"ReadWritePaths={USUAL}" in lines


def test_the_unit_lets_nothing_out() -> None:
    lines = set(UNIT.read_text("utf-8").splitlines())
    assert {"IPAddressDeny=any", "IPAddressAllow=localhost", "NoNewPrivileges=yes", "ProtectSystem=strict",
            "CapabilityBoundingSet=", "SystemCallFilter=@system-service"} <= lines  # fmt: skip


def test_names_compare_in_one_spelling() -> None:
    assert plain("Typing_Extensions") == plain("typing.extensions") == "typing-extensions"
