"""Conditions, maps and lists (Sigma rules specification, "Condition", "Lists", "Maps")."""

from spec_cases import case

ABC = "a:\n    A: 1\nb:\n    B: 1\nc:\n    C: 1\ncondition: "
SELECTIONS = "selection_a:\n    A: 1\nselection_b:\n    B: 1\nfilter_c:\n    C: 1\nfilter_d:\n    D: 1\ncondition: "


def on(*names: str) -> dict[str, object]:
    """An event with these fields set."""
    return dict.fromkeys(names, 1) | {"Z": 0}


CONDITIONS = [
    case("a map needs all its fields", "A: 1\nB: 1", fires=[on("A", "B")], silent=[on("A"), on("B")]),
    case(
        "a list of maps needs one",
        "s:\n    - A: 1\n    - B: 1\n      C: 1\ncondition: s",
        fires=[on("A"), on("B", "C")],
        silent=[on("B"), on("C")],
    ),
    case("and", ABC + "a and b", fires=[on("A", "B")], silent=[on("A"), on("B"), on()]),
    case("or", ABC + "a or b", fires=[on("A"), on("B"), on("A", "B")], silent=[on("C"), on()]),
    case("not", ABC + "not a", fires=[on("B"), on()], silent=[on("A")]),
    case("and binds before or", ABC + "a or b and c", fires=[on("A"), on("B", "C")], silent=[on("B"), on("C")]),
    case("or after and", ABC + "a and b or c", fires=[on("C"), on("A", "B")], silent=[on("A"), on("B")]),
    case("not binds before and", ABC + "not a and b", fires=[on("B")], silent=[on("A", "B"), on()]),
    case("not binds before or", ABC + "not a or b", fires=[on(), on("A", "B")], silent=[on("A")]),
    case("a double negation", ABC + "not not a", fires=[on("A")], silent=[on()]),
    case("not over brackets", ABC + "not (a or b)", fires=[on("C"), on()], silent=[on("A"), on("B")]),
    case("not over and", ABC + "not (a and b)", fires=[on("A"), on()], silent=[on("A", "B")]),
    case("brackets first", ABC + "(a or b) and c", fires=[on("A", "C"), on("B", "C")], silent=[on("A"), on("C")]),
    case(
        "nested brackets",
        ABC + "((a and (b or c)) or (not (a or b) and c))",
        fires=[on("A", "B"), on("A", "C"), on("C")],
        silent=[on("A"), on("B", "C")],
    ),
    case("brackets without blanks", ABC + "a and(b or c)", fires=[on("A", "C")], silent=[on("A"), on("B", "C")]),
    case("a chain of and", ABC + "a and b and c", fires=[on("A", "B", "C")], silent=[on("A", "B"), on("A", "C")]),
    case("a chain of or and not", ABC + "a or not b or c", fires=[on(), on("A", "B"), on("B", "C")], silent=[on("B")]),
    case("1 of them", ABC + "1 of them", fires=[on("A"), on("C")], silent=[on()]),
    case("all of them", ABC + "all of them", fires=[on("A", "B", "C")], silent=[on("A", "B")]),
    case(
        "any of them",
        ABC + "any of them",
        fires=[on("B")],
        silent=[on()],
        may_refuse="only 1 and all are in the specification",
    ),
    case(
        "them leaves out underscores",
        "a:\n    A: 1\n_b:\n    B: 1\ncondition: 1 of them",
        fires=[on("A")],
        silent=[on("B")],
    ),
    case(
        "all of them leaves out underscores",
        "a:\n    A: 1\n_b:\n    B: 1\ncondition: all of them",
        fires=[on("A")],
        silent=[on("B")],
    ),
    case(
        "an underscore name can be used by name",
        "a:\n    A: 1\n_b:\n    B: 1\ncondition: a and _b",
        fires=[on("A", "B")],
        silent=[on("A")],
    ),
    case("1 of a pattern", SELECTIONS + "1 of selection_*", fires=[on("A"), on("B", "C")], silent=[on("C"), on()]),
    case("all of a pattern", SELECTIONS + "all of selection_*", fires=[on("A", "B")], silent=[on("A"), on("B", "C")]),
    case("a pattern with a star in front", SELECTIONS + "1 of *_c", fires=[on("C")], silent=[on("A"), on("D")]),
    case("a pattern with a star in the middle", SELECTIONS + "1 of sel*_b", fires=[on("B")], silent=[on("A")]),
    case("a pattern without a star", SELECTIONS + "1 of filter_c", fires=[on("C")], silent=[on("D")]),
    case(
        "1 of selections and not 1 of filters",
        SELECTIONS + "1 of selection_* and not 1 of filter_*",
        fires=[on("A"), on("A", "B")],
        silent=[on("A", "C"), on("B", "D"), on()],
    ),
    case(
        "all of selections and not all of filters",
        SELECTIONS + "all of selection_* and not all of filter_*",
        fires=[on("A", "B"), on("A", "B", "C")],
        silent=[on("A", "B", "C", "D"), on("A")],
    ),
    case(
        "selector in brackets",
        SELECTIONS + "(1 of selection_*) and not (1 of filter_*)",
        fires=[on("A")],
        silent=[on("A", "D")],
    ),
    case(
        "selector or name",
        SELECTIONS + "selection_a or all of filter_*",
        fires=[on("A"), on("C", "D")],
        silent=[on("C"), on("B")],
    ),
    case("not 1 of alone", SELECTIONS + "not 1 of filter_*", fires=[on(), on("A")], silent=[on("C")]),
    case(
        "names that begin with an operator",
        "notepad:\n    A: 1\nandroid:\n    B: 1\norigin:\n    C: 1\ncondition: notepad and android or origin",
        fires=[on("A", "B"), on("C")],
        silent=[on("A")],
    ),
    case(
        "names with dashes and digits",
        "sel-1:\n    A: 1\n2b:\n    B: 1\ncondition: sel-1 and 2b",
        fires=[on("A", "B")],
        silent=[on("A")],
    ),
    case(
        "several conditions are alternatives",
        "a:\n    A: 1\nb:\n    B: 1\ncondition:\n    - a\n    - b",
        fires=[on("A"), on("B")],
        silent=[on("C")],
    ),
    case("an unused search is no condition", ABC + "a", fires=[on("A")], silent=[on("B", "C")]),
    case(
        "the same field twice with different modifiers",
        "F|startswith: a\nF|endswith: z",
        fires=["a-z"],
        silent=["a-y", "b-z"],
    ),
    case(
        "a list of maps in a filter",
        "s:\n    A: 1\nf:\n    - B: 1\n    - C: 1\ncondition: s and not f",
        fires=[on("A")],
        silent=[on("A", "B"), on("A", "C")],
    ),
    case(
        "a filter of several fields suppresses only together",
        "s:\n    A: 1\nf:\n    B: 1\n    C: 1\ncondition: s and not f",
        fires=[on("A"), on("A", "B")],
        silent=[on("A", "B", "C")],
    ),
    case(
        "keywords and a map",
        "s:\n    A: 1\nk:\n    - evil\ncondition: s and k",
        fires=[{"A": 1, "X": "so evil"}],
        silent=[{"A": 1}, {"X": "evil"}],
    ),
]
