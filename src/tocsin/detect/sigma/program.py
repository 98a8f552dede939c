"""What a rule becomes: leaves (a field and tests, any of which suffices) joined by and, or, not.

Rules:
1. Leaves are shared: the same field with the same tests is one leaf, evaluated once per distinct value.
2. A node is a leaf's number or `And`, `Or`, `Not` over nodes.
3. A leaf without field is a keyword: it is true if any column of the event has a matching value.
4. All types are plain data, so that the cache holds them as msgpack.

Operators of a `Test`, with `value` as text:
- `exact`, `contains`, `startswith`, `endswith`, `any` (every value), `glob` (`value` with `*` and
  `?`, literal ones and `\\` escaped by `\\`): strings, folded unless `cased`;
- `re` (RE2, flags inside), `cidr`;
- `lt`, `lte`, `gt`, `gte`, `ne`: numbers;
- `minute`, `hour`, `day`, `week`, `month`, `year`: parts of a time, `value` is a number or `gte 22` and the like;
- `exists`, `missing` (also for null); `fieldref`, `fieldref_contains`, `fieldref_startswith`, `fieldref_endswith`
  (`value` is the other field's name), folded unless `cased`.
"""

from typing import Union

from msgspec import Struct

STRING_OPERATORS = frozenset({"exact", "contains", "startswith", "endswith", "glob", "any"})
NUMBER_OPERATORS = frozenset({"lt", "lte", "gt", "gte", "ne"})
TIME_OPERATORS = frozenset({"minute", "hour", "day", "week", "month", "year"})
FIELD_OPERATORS = frozenset({"fieldref", "fieldref_contains", "fieldref_startswith", "fieldref_endswith"})


class Test(Struct, frozen=True, array_like=True):
    """One comparison of a value. String values are folded already unless `cased`."""

    __test__ = False  # not a pytest class

    operator: str
    value: str = ""
    cased: bool = False


class Leaf(Struct, frozen=True, array_like=True):
    """A field and tests, any of which suffices. `field` is None for keywords."""

    field: str | None
    tests: tuple[Test, ...]

    @property
    def when_missing(self) -> bool:
        """The verdict for an event without the field."""
        return any(test.operator == "missing" for test in self.tests)

    @property
    def when_present(self) -> bool:
        """Whether presence alone suffices, even of a list without elements."""
        return any(test.operator == "exists" for test in self.tests)

    @property
    def compares_fields(self) -> bool:
        """Whether the leaf reads a second field."""
        return any(test.operator in FIELD_OPERATORS for test in self.tests)


class And(Struct, frozen=True, array_like=True, tag="&"):
    """True if all children are."""

    children: tuple["Node", ...]


class Or(Struct, frozen=True, array_like=True, tag="|"):
    """True if any child is."""

    children: tuple["Node", ...]


class Not(Struct, frozen=True, array_like=True, tag="!"):
    """True if the child is not."""

    child: "Node"


Node = Union[int, And, Or, Not]  # noqa: UP007  (a forward reference inside Structs)


def leaves_of(node: Node) -> set[int]:
    """The numbers of all leaves below a node."""
    if isinstance(node, int):
        return {node}
    if isinstance(node, Not):
        return leaves_of(node.child)
    return {leaf for child in node.children for leaf in leaves_of(child)}
