"""Make src/tocsin/lake/facts/shipped/: `python tools/shipped_facts.py MISP-WARNINGLISTS.zip KEV.json.gz`.

Both sources are CC0-1.0. The clouds are the warning lists that lake/facts/clouds.py knows as such, the entries as they
are; of the catalogue the long texts (description, action, notes) are left out.
"""

import gzip
import json
import re
import sys
import zipfile
from pathlib import Path

from tocsin.lake.facts.clouds import LISTS

OUT = Path(__file__).parents[1] / "src" / "tocsin" / "lake" / "facts" / "shipped"
KEV_FIELDS = (
    "cveID", "vendorProject", "product", "vulnerabilityName", "dateAdded", "dueDate", "knownRansomwareCampaignUse",
)  # fmt: skip
CLOUDS = {"cloud", "cloud-names"}


def written(head: dict[str, object], key: str, entries: list[object]) -> str:
    """A JSON object with one entry a line, so that differences can be read."""
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    return json.dumps(head, ensure_ascii=False)[:-1] + f', "{key}": [\n{lines}\n]}}\n'


def documents(lists: Path, catalogue: Path) -> dict[str, str]:
    """The files by name."""
    found = {}
    with zipfile.ZipFile(lists) as archive:
        for member in sorted(name for name in archive.namelist() if name.endswith("list.json")):
            document = json.loads(archive.read(member))
            kind, provider = LISTS.get(document["name"], ("", ""))
            if kind in CLOUDS:
                name = re.sub(r"[^a-z0-9]+", "-", provider.lower()).strip("-")
                head = {each: document[each] for each in ("name", "version", "type")}
                found[f"{kind}-{name}.json"] = written(head, "list", document["list"])
    kev = json.loads(gzip.decompress(catalogue.read_bytes()))
    head = {each: kev[each] for each in ("title", "catalogVersion", "dateReleased", "count")}
    entries = [{name: each[name] for name in KEV_FIELDS} for each in kev["vulnerabilities"]]
    found["kev.json"] = written(head, "vulnerabilities", entries)
    return found


def main() -> None:
    """Write all files anew."""
    OUT.mkdir(exist_ok=True)
    for old in OUT.glob("*.json"):
        old.unlink()
    for name, text in documents(Path(sys.argv[1]), Path(sys.argv[2])).items():
        (OUT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
