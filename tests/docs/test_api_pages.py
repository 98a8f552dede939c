"""`docs/api.md` and `docs/security.md` against the code: endpoints, who may, and the tests that are named."""

import re
from pathlib import Path

from tocsin.node.api.app import ENDPOINTS
from tocsin.node.people.accounts import Role
from tocsin.node.people.permissions import PERMISSIONS, Access

ROOT = Path(__file__).parents[2]
API = (ROOT / "docs" / "api.md").read_text("utf-8")
SECURITY = (ROOT / "docs" / "security.md").read_text("utf-8")
ROWS = re.findall(r"^\| (GET|POST) \| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$", API, re.MULTILINE)


def who_may(access: Access) -> str:
    if access.everybody:
        return "everybody"
    roles = (
        "every role" if access.roles == frozenset(Role) else ", ".join(role for role in Role if role in access.roles)
    )
    scopes = ", ".join(f"`{scope}`" for scope in sorted(access.scopes))
    return "; ".join(part for part in (roles, scopes) if part)


def test_the_page_lists_every_endpoint_with_who_may() -> None:
    told = [(method, path, who) for method, path, who, _ in ROWS]
    assert told == [(each.method, each.path, who_may(PERMISSIONS[each.name])) for each in ENDPOINTS]


def test_every_test_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", SECURITY))
    written = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert named
    assert {name for name in named if f"def {name}(" not in written} == set()
