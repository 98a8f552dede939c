"""The bundle's bill of materials: CycloneDX 1.6, as JSON.

Every package is a component with its package URL, licence and SHA-256 (of each wheel, where it has several); who needs
whom is under `dependencies`. No time and no random number is in it, so equal wheels give an equal document.
"""

import re
import uuid
from collections.abc import Sequence

from tools.bundle.lock import OWN, plain
from tools.bundle.wheels import Wheel, by_package

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_CLASSIFIER = "License :: "


def sbom(wheels: Sequence[Wheel]) -> dict[str, object]:
    """The document for the wheels of a bundle, Tocsin's own among them."""
    packages = by_package(wheels)
    own = next(package for package in packages if package[0].name == OWN)
    others = [package for package in packages if package[0].name != OWN]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, " ".join(wheel.sha256 for wheel in wheels))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": _component(own, "application")},
        "components": [_component(package, "library") for package in others],
        "dependencies": [_needs(package, packages) for package in packages],
    }


def _component(package: Sequence[Wheel], kind: str) -> dict[str, object]:
    wheel = package[0]
    component: dict[str, object] = {
        "type": kind,
        "bom-ref": _url(wheel),
        "name": wheel.name,
        "version": wheel.version,
        "purl": _url(wheel),
    }
    if len(package) == 1:
        component["hashes"] = _hashes(wheel)
    else:  # one wheel for each Python
        component["components"] = [{"type": "file", "name": w.path.name, "hashes": _hashes(w)} for w in package]
    if summary := wheel.metadata["Summary"]:
        component["description"] = str(summary)
    if licences := _licences(wheel):
        component["licenses"] = licences
    return component


def _hashes(wheel: Wheel) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": wheel.sha256}]


def _url(wheel: Wheel) -> str:
    """The package URL (purl specification, type pypi)."""
    return f"pkg:pypi/{wheel.name}@{wheel.version}"


def _licences(wheel: Wheel) -> list[dict[str, object]]:
    """What the wheel says: an SPDX expression (PEP 639), else its classifiers, else its short free text."""
    if expression := wheel.metadata["License-Expression"]:
        return [{"expression": str(expression)}]
    classifiers = [str(text) for text in wheel.metadata.get_all("Classifier", []) if str(text).startswith(_CLASSIFIER)]
    names = [text.rpartition(" :: ")[2] for text in classifiers]
    if not names and (text := str(wheel.metadata["License"] or "").strip()):
        names = [text.splitlines()[0]]
    return [{"license": {"name": name}} for name in names]


def _needs(package: Sequence[Wheel], packages: Sequence[Sequence[Wheel]]) -> dict[str, object]:
    """The packages of the bundle that one says it needs; what other platforms or extras need is not in the bundle."""
    texts = [str(text) for wheel in package for text in wheel.metadata.get_all("Requires-Dist", [])]
    asked = {plain(match[0]) for text in texts if (match := _NAME.match(text))} - {package[0].name}
    return {"ref": _url(package[0]), "dependsOn": [_url(other[0]) for other in packages if other[0].name in asked]}
