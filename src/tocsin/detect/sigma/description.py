"""What people are told about a rule, read from its descriptive parts without ever refusing it for them.

ATT&CK ids are those of version 19 (words.attack); unknown ids are kept. Tags such as `tlp.amber` are its marking; what
they say is judged where something is to leave (policy.markings), and several or unknown ones keep it here.
"""

from sigma.correlations import SigmaCorrelationRule
from sigma.rule import SigmaRule

from tocsin.detect.sigma.parsing import Place
from tocsin.model import LEVELS, RuleInfo
from tocsin.words.attack import current

DEFAULT_LEVEL = "informational"  # of a rule that states none
TECHNIQUE_PREFIX = "t"


def rule_info(rule: SigmaRule | SigmaCorrelationRule, place: Place, logsource: str) -> RuleInfo:
    """The description of a rule."""
    attack, tactics = _attack(rule)
    return RuleInfo(
        id=rule_id(rule, place),
        title=str(rule.title or place.name.rpartition("/")[2]),
        level=_level(rule),
        status=str(getattr(rule.status, "name", rule.status) or "").lower(),
        description=str(rule.description or "").strip(),
        attack=attack,
        tactics=tactics,
        falsepositives=_texts(rule.falsepositives),
        references=_texts(rule.references),
        author=str(rule.author or ""),
        path=f"{place.name}:{place.line}" if not place.alone else place.name,
        logsource=logsource,
        marking=_marking(rule),
    )


def rule_id(rule: SigmaRule | SigmaCorrelationRule, place: Place) -> str:
    """The rule's own id, else its name, else the file's name and the document's number."""
    if rule.id or rule.name:
        return str(rule.id or rule.name)
    stem = place.name.rpartition("/")[2].rpartition(".")[0]
    return stem if place.alone else f"{stem}#{place.number + 1}"


def _level(rule: SigmaRule | SigmaCorrelationRule) -> str:
    level = str(getattr(rule.level, "name", rule.level) or "").lower()
    return level if level in LEVELS else DEFAULT_LEVEL


def _texts(values: object) -> tuple[str, ...]:
    if isinstance(values, list):
        return tuple(str(value) for value in values if value is not None)
    return (str(values),) if values else ()


def _marking(rule: SigmaRule | SigmaCorrelationRule) -> str:
    """`TLP:AMBER` for the tag `tlp.amber` (Sigma's tag namespaces)."""
    return " ".join(f"TLP:{tag.name.upper()}" for tag in rule.tags if tag.namespace.lower() == "tlp")


def _attack(rule: SigmaRule | SigmaCorrelationRule) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Technique ids and tactics from tags such as `attack.t1059.001` and `attack.defense-evasion`."""
    techniques: list[str] = []
    tactics: list[str] = []
    for tag in rule.tags:
        if tag.namespace.lower() != "attack":
            continue
        name = tag.name.lower()
        if name.startswith(TECHNIQUE_PREFIX) and name[1:5].isdigit():
            techniques.append(current(name))
        elif name[:1] not in {"g", "s"} or not name[1:].isdigit():
            tactics.append(name.replace("_", "-"))
    return tuple(dict.fromkeys(techniques)), tuple(dict.fromkeys(tactics))
