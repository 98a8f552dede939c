"""Make src/tocsin/words/attack.json from MITRE's STIX bundle: `python tools/attack_words.py BUNDLE.json.gz`.

The bundle is Enterprise ATT&CK 18.1. What version 19 changed is small and stated here as facts:
1. Defense Evasion became Stealth (TA0005); Defense Impairment (TA0112) was split off.
2. Some ids were replaced (REPLACED), some names changed or are new (NAMES).
3. Of ATT&CK for ICS only the names that our analytics use are here (ICS); its tactics are a matrix of their own.
4. A technique of Defense Evasion is in Defense Impairment if it is in IMPAIRMENT, in neither if it is in
   LEFT, else in Stealth.
Ids that ATT&CK itself revoked earlier keep their successor from the bundle's `revoked-by` relationships.
"""

import gzip
import json
import sys
from pathlib import Path

OUT = Path(__file__).parents[1] / "src" / "tocsin" / "words" / "attack.json"
NOTICE = (
    "© The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation."
)
REPLACED = {
    "T1070.001": "T1685.005",
    "T1070.002": "T1685.006",
    "T1562": "T1685",
    "T1562.001": "T1685",
    "T1562.002": "T1685.001",
    "T1562.003": "T1690",
    "T1562.004": "T1686",
    "T1562.006": "T1685",
    "T1562.007": "T1686.001",
    "T1562.008": "T1685.002",
    "T1562.009": "T1688",
    "T1562.010": "T1689",
    "T1562.011": "T1685.003",
    "T1562.012": "T1685.004",
    "T1562.013": "T1686.002",
    "T1656": "T1684.001",
    "T1672": "T1684.002",
}
IMPAIRED = ("defense-impairment",)
STEALTHY = ("stealth",)
NEW = {
    "T1027.018": ("Invisible Unicode", STEALTHY),
    "T1684": ("Social Engineering", STEALTHY),
    "T1684.001": ("Impersonation", STEALTHY),
    "T1684.002": ("Email Spoofing", STEALTHY),
    "T1685": ("Disable or Modify Tools", IMPAIRED),
    "T1685.001": ("Disable or Modify Windows Event Log", IMPAIRED),
    "T1685.002": ("Disable or Modify Cloud Log", IMPAIRED),
    "T1685.003": ("Modify or Spoof Tool UI", IMPAIRED),
    "T1685.004": ("Disable or Modify Linux Audit System Log", IMPAIRED),
    "T1685.005": ("Clear Windows Event Logs", IMPAIRED),
    "T1685.006": ("Clear Linux or Mac System Logs", IMPAIRED),
    "T1686": ("Disable or Modify System Firewall", IMPAIRED),
    "T1686.001": ("Cloud Firewall", IMPAIRED),
    "T1686.002": ("Network Device Firewall", IMPAIRED),
    "T1686.003": ("Windows Host Firewall", IMPAIRED),
    "T1687": ("Exploitation for Defense Impairment", IMPAIRED),
    "T1688": ("Safe Mode Boot", IMPAIRED),
    "T1689": ("Downgrade Attack", IMPAIRED),
    "T1690": ("Prevent Command History Logging", IMPAIRED),
}
ICS = {
    "T0826": "Loss of Availability",
    "T0827": "Loss of Control",
    "T0829": "Loss of View",
    "T0836": "Modify Parameter",
    "T0843": "Program Download",
    "T0848": "Rogue Master",
    "T0855": "Unauthorized Command Message",
    "T0886": "Remote Services",
    "T0888": "Remote System Information Discovery",
}
NAMES = {
    "T1211": "Exploitation for Stealth",
    "T1222.001": "Windows Permissions",
    "T1222.002": "Linux and Mac Permissions",
    "T1557.001": "Name Resolution Poisoning and SMB Relay",
}
IMPAIRMENT = frozenset(
    [
        "T1112",
        "T1207",
        "T1222",
        "T1222.001",
        "T1222.002",
        "T1484",
        "T1484.001",
        "T1484.002",
        "T1553",
        "T1553.001",
        "T1553.002",
        "T1553.003",
        "T1553.004",
        "T1553.005",
        "T1553.006",
        "T1556",
        "T1556.001",
        "T1556.002",
        "T1556.003",
        "T1556.004",
        "T1556.005",
        "T1556.006",
        "T1556.007",
        "T1556.008",
        "T1556.009",
        "T1578",
        "T1578.001",
        "T1578.002",
        "T1578.003",
        "T1578.004",
        "T1578.005",
        "T1599",
        "T1599.001",
        "T1600",
        "T1600.001",
        "T1600.002",
        "T1601",
        "T1601.001",
        "T1601.002",
        "T1647",
        "T1666",
    ]
)
LEFT = ("T1548", "T1550", "T1610")
TACTICS = [
    ("TA0043", "reconnaissance", "Reconnaissance"),
    ("TA0042", "resource-development", "Resource Development"),
    ("TA0001", "initial-access", "Initial Access"),
    ("TA0002", "execution", "Execution"),
    ("TA0003", "persistence", "Persistence"),
    ("TA0004", "privilege-escalation", "Privilege Escalation"),
    ("TA0005", "stealth", "Stealth"),
    ("TA0112", "defense-impairment", "Defense Impairment"),
    ("TA0006", "credential-access", "Credential Access"),
    ("TA0007", "discovery", "Discovery"),
    ("TA0008", "lateral-movement", "Lateral Movement"),
    ("TA0009", "collection", "Collection"),
    ("TA0011", "command-and-control", "Command and Control"),
    ("TA0010", "exfiltration", "Exfiltration"),
    ("TA0040", "impact", "Impact"),
]


def attack_id(pattern: dict) -> str:
    """The ATT&CK id of a STIX attack-pattern."""
    return next(r["external_id"] for r in pattern["external_references"] if r["source_name"] == "mitre-attack")


def current_tactics(technique: str, phases: list[str]) -> list[str]:
    """Version 19 tactics of a version 18 technique, in the order of TACTICS."""
    found = set(phases) - {"defense-evasion"}
    if "defense-evasion" in phases and technique.split(".", maxsplit=1)[0] not in LEFT:
        found.add("defense-impairment" if technique in IMPAIRMENT else "stealth")
    return [short for _, short, _ in TACTICS if short in found]


def techniques(patterns: list[dict]) -> dict[str, list]:
    """id → [name, tactics] of everything that is valid in version 19."""
    found = {technique: [name, list(tactics)] for technique, (name, tactics) in NEW.items()}
    found |= {technique: [name, []] for technique, name in ICS.items()}
    for pattern in patterns:
        technique = attack_id(pattern)
        if pattern.get("revoked") or technique in REPLACED:
            continue
        phases = [phase["phase_name"] for phase in pattern["kill_chain_phases"]]
        found[technique] = [NAMES.get(technique, pattern["name"]), current_tactics(technique, phases)]
    return dict(sorted(found.items()))


def replaced(patterns: list[dict], relationships: list[dict]) -> dict[str, str]:
    """Old id → id valid in version 19, following chains."""
    ids = {pattern["id"]: attack_id(pattern) for pattern in patterns}
    revoked = {p["id"] for p in patterns if p.get("revoked")}
    step = {
        ids[r["source_ref"]]: ids[r["target_ref"]]
        for r in relationships
        if r["relationship_type"] == "revoked-by" and r["source_ref"] in revoked and r["target_ref"] in ids
    } | REPLACED
    final = {}
    for old in step:
        new = old
        while new in step:
            new = step[new]
        final[old] = new
    return dict(sorted(final.items()))


def lines(mapping: dict) -> str:
    """A JSON object with one entry a line, so that diffs can be read."""
    return ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in mapping.items())


def main() -> None:
    """Read the bundle, write the data file."""
    objects = json.loads(gzip.decompress(Path(sys.argv[1]).read_bytes()))["objects"]
    patterns = [o for o in objects if o["type"] == "attack-pattern"]
    relationships = [o for o in objects if o["type"] == "relationship"]
    tactics = ",\n".join(f"  {json.dumps(list(t))}" for t in TACTICS)
    OUT.write_text(
        f'{{\n "notice": {json.dumps(NOTICE, ensure_ascii=False)},\n'
        ' "version": "Enterprise ATT&CK 18.1 with the ids, names and tactics of 19",\n'
        f' "tactics": [\n{tactics}\n ],\n'
        f' "replaced": {{\n{lines(replaced(patterns, relationships))}\n }},\n'
        f' "techniques": {{\n{lines(techniques(patterns))}\n }}\n}}\n',
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
