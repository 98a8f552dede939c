"""Text modifiers (modifiers appendix 2.1): contains to exists. Long because it is a table."""

import base64

from spec_cases import case

EN, EM, BAR = "\u2013", "\u2014", "\u2015"


def b64(text: str, encoding: str = "utf-8", shift: int = 0) -> str:
    """A longer text in base64, with the searched one `shift` bytes from a boundary."""
    return base64.b64encode(b"z" * shift + text.encode(encoding) + b" and more").decode()


MODIFIERS = [
    # --- contains, startswith, endswith, all
    case("contains finds anywhere", "F|contains: b", fires=["abc", "B", "ab"], silent=["ac", ""]),
    case(
        "contains of the empty text needs the field",
        "F|contains: ''",
        fires=["", "x"],
        silent=[{"G": "x"}],
        may_refuse="an empty text to contain",
    ),
    case("startswith looks at the beginning", "F|startswith: ab", fires=["ABc", "ab"], silent=["xab", "a"]),
    case("endswith looks at the end", "F|endswith: bc", fires=["aBC", "bc"], silent=["bcd", "c"]),
    case(
        "contains of a list is one of them",
        "F|contains:\n    - ab\n    - yz",
        fires=["xabx", "xyz"],
        silent=["a b y z"],
    ),
    case(
        "contains all needs each", "F|contains|all:\n    - ab\n    - yz", fires=["yzab", "ab yz"], silent=["ab", "yz"]
    ),
    case("contains all may overlap", "F|contains|all:\n    - abc\n    - bcd", fires=["abcd"], silent=["abc bd"]),
    case(
        "contains all in a list is met by several elements",
        "F|contains|all:\n    - a\n    - b",
        fires=[{"F": ["xa", "xb"]}],
        silent=[{"F": ["xa", "xc"]}],
    ),
    case("all before contains is the same", "F|all|contains:\n    - ab\n    - yz", fires=["yzab"], silent=["ab"]),
    case("startswith all", "F|startswith|all:\n    - a\n    - ab", fires=["abc"], silent=["acb"]),
    case(
        "all of exact values needs a list",
        "F|all:\n    - a\n    - b",
        fires=[{"F": ["b", "a", "c"]}],
        silent=["a", {"F": ["a"]}],
    ),
    case(
        "all with a single value",
        "F|contains|all: ab",
        fires=["xabx"],
        silent=["x"],
        may_refuse="the specification forbids it",
    ),
    case(
        "two maps of a list with all each",
        "s:\n    - F|contains|all:\n        - a\n        - b\n    - G|contains: c\ncondition: s",
        fires=["ab", {"G": "c"}],
        silent=["a"],
    ),
    # --- cased
    case("cased compares letters as they are", "F|cased: AbC", fires=["AbC"], silent=["abc", "ABC", "AbCd"]),
    case("cased contains", "F|contains|cased: Ab", fires=["xAbx"], silent=["xabx"]),
    case(
        "cased before contains", "F|cased|contains: Ab", fires=["xAbx"], silent=["xabx"], may_refuse="pySigma's order"
    ),
    case("cased keeps wildcards", "F|cased: 'A?c*'", fires=["Abcd", "AxC".replace("C", "c")], silent=["abcd"]),
    case("cased with all", "F|contains|cased|all:\n    - Ab\n    - Yz", fires=["YzAb"], silent=["yzAb", "Abyz"]),
    case("cased beyond ASCII", "F|contains|cased: Ärger", fires=["xÄrger"], silent=["xärger"]),
    case(
        "cased beside caseless in one rule",
        "F|cased|startswith: A\nG: b",
        fires=[{"F": "Ax", "G": "B"}],
        silent=[{"F": "ax", "G": "B"}],
        may_refuse="pySigma's order",
    ),
    case(
        "cased before wide",
        "F|cased|wide|contains: Ab",
        fires=["xA\0b\0"],
        silent=["xa\0b\0"],
    ),
    case("cased before windash", "F|cased|windash|contains: -Ab", fires=["/Ab"], silent=["/ab"]),
    case("cased before base64", "F|cased|base64: Ab", fires=["QWI="], silent=["qwi="]),
    case(
        "cased before base64offset",
        "F|cased|base64offset|contains: searched",
        fires=[b64("searched")],
        silent=[b64("searched").lower()],
    ),
    case(
        "cased with a field reference",
        "F|cased|fieldref: G",
        fires=[{"F": "Ab", "G": "Ab"}],
        silent=[{"F": "Ab", "G": "ab"}],
    ),
    case(
        "cased with the end of a field reference",
        "F|cased|fieldref|endswith: G",
        fires=[{"F": "xAb", "G": "Ab"}],
        silent=[{"F": "xAb", "G": "ab"}],
    ),
    # --- neq
    case("neq is another text", "F|neq: abc", fires=["abcd", ""], silent=["abc", "ABC"]),
    case("neq of a list is none of them", "F|neq:\n    - a\n    - b", fires=["c"], silent=["a", "B"]),
    case("neq of a number", "F|neq: 5", fires=[{"F": 6}, "55"], silent=[{"F": 5}, "5"]),
    case("neq with contains", "F|contains|neq: bad", fires=["good"], silent=["so bad"]),
    case(
        "neq with endswith and a list",
        "F|endswith|neq:\n    - '.exe'\n    - '.dll'",
        fires=["a.txt"],
        silent=["a.EXE", "b.dll"],
    ),
    case(
        "neq is the negation, so it holds on a missing field",
        "F|neq: abc\nG: x",
        fires=[{"G": "x"}],
        silent=[{"G": "x", "F": "abc"}],
    ),
    case("neq on a list in the event", "F|neq: a", fires=[{"F": ["b", "c"]}], silent=[{"F": ["a", "b"]}]),
    case("neq of a field reference", "F|fieldref|neq: G", fires=[{"F": "a", "G": "b"}], silent=[{"F": "a", "G": "A"}]),
    case("neq of a regular expression", "F|re|neq: '^a.c$'", fires=["abd"], silent=["abc"]),
    case("a negated neq", "s:\n    F|neq: a\ncondition: not s", fires=["a"], silent=["b"]),
    # --- re
    case("a regular expression is found anywhere", "F|re: 'b.d'", fires=["abcde", "bxd"], silent=["bd", "ABCDE"]),
    case("a regular expression respects case", "F|re: 'Abc'", fires=["xAbcx"], silent=["xabcx"]),
    case("re with i ignores case", "F|re|i: 'Abc'", fires=["xaBCx"], silent=["xac"]),
    case("re anchored", "F|re: '^ab+$'", fires=["abbb"], silent=["xab", "abx", "AB"]),
    case("a dot is not a line feed", "F|re: 'a.b'", fires=["a b"], silent=["a\nb"]),
    case("re with s lets the dot be a line feed", "F|re|s: 'a.b'", fires=["a\nb", "axb"], silent=["ab"]),
    case("anchors are the text's ends", "F|re: '^b$'", fires=["b"], silent=["a\nb\nc"]),
    case("re with m anchors at lines", "F|re|m: '^b$'", fires=["a\nb\nc", "b"], silent=["ab\nc"]),
    case("re with i, m and s", "F|re|i|m|s: '^b.c$'", fires=["a\nB\nC\nd"], silent=["ab\nc"]),
    case(
        "the end is also before a last line feed",
        "F|re: 'end$'",
        fires=["the end", "the end\n"],
        silent=["end\n\n", "endx"],
    ),
    case(
        "a list of regular expressions is one of them",
        "F|re:\n    - '^a'\n    - 'z$'",
        fires=["ab", "yz"],
        silent=["ba"],
    ),
    case("all regular expressions", "F|re|all:\n    - '^a'\n    - 'z$'", fires=["a z"], silent=["ab", "yz"]),
    case("an alternation", "F|re: '(?:foo|ba[rz])qux'", fires=["xbazqux"], silent=["baqux"]),
    case("a quantifier with bounds", "F|re: '^a{2,3}$'", fires=["aa", "aaa"], silent=["a", "aaaa"]),
    case("character classes are ASCII", r"F|re: '^\d+$'", fires=["123"], silent=["١٢٣", "12a"]),
    case("a negated class", "F|re: '^[^a-c]+$'", fires=["xyz"], silent=["xaz", ""]),
    case("a word boundary", r"F|re: '\bcmd\b'", fires=["run cmd /c", "cmd"], silent=["cmdlet"]),
    case(
        "a backslash in a regular expression stays",
        r"F|re: '\\Temp\\[a-z]+\.exe'",
        fires=[r"C:\Temp\abc.exe"],
        silent=[r"C:\Temp\abcxexe", r"C:\\Temp\\a.exe".replace("exe", "dll")],
    ),
    case("stars are quantifiers", "F|re: '^ab*c$'", fires=["ac", "abbc"], silent=["abxc"]),
    case(
        "an empty regular expression needs the field",
        "F|re: ''",
        fires=["", "x"],
        silent=[{"G": "x"}],
        may_refuse="nothing to search",
    ),
    case("a regular expression on a number", "F|re: '^46'", fires=[{"F": 4688}], silent=[{"F": 5688}]),
    case("a regular expression on a list", "F|re: '^b'", fires=[{"F": ["a", "bc"]}], silent=[{"F": ["ab", "cb"]}]),
    case("letters beyond ASCII in a regular expression", "F|re: 'Ä.ß'", fires=["xÄöß"], silent=["xäöß"]),
    case("letters beyond ASCII without case", "F|re|i: 'ÄÖ'", fires=["xäöx"], silent=["ao"]),
    case("nested quantifiers end", "F|re: '^(a+)+$'", fires=["aaa"], silent=["a" * 2000 + "b"]),
    # --- windash
    case(
        "windash swaps the dash",
        "F|windash: '-enc'",
        fires=["-enc", "/enc", EN + "enc", EM + "enc", BAR + "ENC"],
        silent=["enc", "--enc", "+enc"],
    ),
    case("windash swaps the slash", "F|windash|contains: ' /c '", fires=["cmd /c x", "cmd -c x"], silent=["cmd c x"]),
    case(
        "contains then windash",
        "F|contains|windash: ' -enc '",
        fires=["p -enc x", "p /ENC x", "p " + EN + "enc x"],
        silent=["p enc x"],
    ),
    case(
        "windash leaves inner dashes", "F|contains|windash: '-a-b'", fires=["x /a-b", "-a-b"], silent=["-a/b", "/a/b"]
    ),
    case(
        "windash with two parameters",
        "F|contains|windash: '-a -b'",
        fires=["/a -b", "-a /b", "/a /b", EN + "a " + EM + "b"],
        silent=["a b"],
    ),
    case("windash without a dash changes nothing", "F|contains|windash: 'abc'", fires=["xabcx"], silent=["ab"]),
    case("windash before a space changes nothing", "F|contains|windash: '- a'", fires=["x - a"], silent=["x / a"]),
    case(
        "contains, all and windash",
        "F|contains|all|windash:\n    - ' -a '\n    - ' -b '",
        fires=["x /a  -b y", "x -b  " + EN + "a y"],
        silent=["x -a y", "x /b y", "x -a b"],
    ),
    case(
        "windash, contains and all", "F|windash|contains|all:\n    - '-a'\n    - '/b'", fires=["/a -b"], silent=["/a"]
    ),
    case("endswith and windash", "F|endswith|windash: ' -s'", fires=["x /s"], silent=["x /s y"]),
    case("windash with a wildcard", "F|windash: '*-a*x'", fires=["y /a z x"], silent=["y a x"]),
    case(
        "windash with cased",
        "F|contains|windash|cased: '-Ab'",
        fires=["/Ab"],
        silent=["/ab"],
        may_refuse="pySigma's types",
    ),
    # --- encodings
    case("base64 is the whole encoded value", "F|base64: 'hello'", fires=["aGVsbG8="], silent=["hello", "aGVsbG8"]),
    case("base64 with contains", "F|base64|contains: 'hello!'", fires=["x aGVsbG8h y"], silent=["hello!"]),
    case(
        "base64offset finds all three shifts",
        "F|base64offset|contains: 'searched'",
        fires=[b64("searched", shift=n) for n in range(3)],
        silent=["searched", b64("researchers")],
    ),
    case(
        "base64offset of one byte more",
        "F|base64offset|contains: 'searched!'",
        fires=[b64("searched!", shift=n) for n in range(6)],
        silent=[b64("searched?")],
    ),
    case(
        "base64offset of two bytes more",
        "F|base64offset|contains: 'searched!!'",
        fires=[b64("searched!!", shift=n) for n in range(3)],
    ),
    case(
        "base64offset beyond ASCII counts bytes",
        "F|base64offset|contains: 'größe'",
        fires=[b64("größe", shift=n) for n in range(3)],
        silent=[b64("grosse")],
    ),
    case(
        "wide and base64offset",
        "F|wide|base64offset|contains: 'IEX'",
        fires=[base64.b64encode(b"z\0" * n + "IEX (x)".encode("utf-16-le")).decode() for n in range(3)],
        silent=["IEX"],
    ),
    case(
        "utf16le is wide",
        "F|utf16le|base64offset|contains: 'IEX'",
        fires=[base64.b64encode("IEX (x)".encode("utf-16-le")).decode()],
        silent=["IEX"],
    ),
    case(
        "utf16be and base64offset",
        "F|utf16be|base64offset|contains: 'IEX'",
        fires=[base64.b64encode("IEX (x)".encode("utf-16-be")).decode()],
        silent=[base64.b64encode("IEX (x)".encode("utf-16-le")).decode()],
    ),
    case(
        "utf16 begins with a byte order mark",
        "F|utf16|base64offset|contains: 'IEX'",
        fires=[base64.b64encode(b"\xff\xfe" + "IEX".encode("utf-16-le")).decode()],
        silent=[base64.b64encode(b"xx" + "IEX".encode("utf-16-le")).decode()],
    ),
    case(
        "wide beyond ASCII",
        "F|wide|base64offset|contains: 'größe'",
        fires=[base64.b64encode("größe".encode("utf-16-le")).decode()],
        may_refuse="pySigma encodes ASCII only",
    ),
    case("wide with contains sees NUL bytes", "F|wide|contains: 'cmd'", fires=["xc\0m\0d\0x"], silent=["cmd"]),
    case(
        "base64 with all",
        "F|base64offset|contains|all:\n    - 'first text'\n    - 'other text'",
        fires=[b64("first text") + " " + b64("other text", shift=1)],
        silent=[b64("first text")],
    ),
    case(
        "a wildcard in base64 is refused or plain",
        r"F|base64offset|contains: 'what\?'",
        fires=[b64("what?")],
        silent=[b64("whatx")],
    ),
    # --- expand
    case(
        "expand takes the values",
        "F|expand: '%names%'",
        fires=["one", "TWO"],
        silent=["%names%", "three"],
        placeholders={"names": ["one", "two"]},
    ),
    case(
        "expand with contains",
        "F|contains|expand: '%names%'",
        fires=["xonex"],
        silent=["x"],
        placeholders={"names": ["one"]},
    ),
    case(
        "expand with text around",
        "F|expand: 'a-%names%-b'",
        fires=["a-one-b", "a-two-b"],
        silent=["a-%names%-b"],
        placeholders={"names": ["one", "two"]},
    ),
    case(
        "expand with two placeholders",
        "F|expand: '%a%-%b%'",
        fires=["1-3", "2-4"],
        silent=["1-1"],
        placeholders={"a": ["1", "2"], "b": ["3", "4"]},
    ),
    case(
        "a placeholder's value may hold wildcards",
        "F|expand: '%names%'",
        fires=["srv01"],
        silent=["asrv"],
        placeholders={"names": ["srv*"]},
    ),
    case(
        "an escaped percent is plain",
        r"F|expand: '\%plain%names%'",
        fires=["%plainone"],
        silent=["plainone"],
        placeholders={"names": ["one"]},
        may_refuse="pySigma takes the backslash as literal, or a Windows path before a placeholder would break",
    ),
    case(
        "expand before base64",
        "F|expand|base64: '%names%'",
        fires=["b25l", "dHdv"],
        silent=["one", "JW5hbWVzJQ=="],
        placeholders={"names": ["one", "two"]},
    ),
    case(
        "expand before base64offset",
        "F|expand|base64offset|contains: '%names%'",
        fires=[b64("searched", shift=n) for n in range(3)],
        silent=["searched"],
        placeholders={"names": ["searched"]},
    ),
    case(
        "expand before wide and base64offset, with all",
        "F|expand|wide|base64offset|contains|all:\n    - '%names%'\n    - 'xyz'",
        fires=[b64("abc", "utf-16-le") + b64("xyz", "utf-16-le")],
        silent=[b64("abc", "utf-16-le")],
        placeholders={"names": ["abc", "def"]},
    ),
    case(
        "expand before windash",
        "F|expand|windash|contains: '%names%'",
        fires=["x -enc", "x /enc"],
        silent=["x enc"],
        placeholders={"names": ["-enc"]},
    ),
    case(
        "expand with cased",
        "F|cased|expand|contains: '%names%'",
        fires=["xOnex"],
        silent=["xonex"],
        placeholders={"names": ["One"]},
    ),
    # --- fieldref
    case(
        "fieldref compares two fields",
        "F|fieldref: G",
        fires=[{"F": "a", "G": "A"}],
        silent=[{"F": "a", "G": "b"}, {"F": "G"}, {"G": "a"}, {"F": "a"}, {"X": "a"}],
    ),
    case(
        "fieldref with endswith",
        "F|fieldref|endswith: G",
        fires=[{"F": "xyz", "G": "YZ"}],
        silent=[{"F": "xyz", "G": "xy"}, {"F": "z", "G": "yz"}],
    ),
    case(
        "fieldref with startswith",
        "F|fieldref|startswith: G",
        fires=[{"F": "xyz", "G": "XY"}],
        silent=[{"F": "xyz", "G": "yz"}],
    ),
    case(
        "fieldref with contains",
        "F|fieldref|contains: G",
        fires=[{"F": "xyz", "G": "Y"}, {"F": "y", "G": "y"}],
        silent=[{"F": "y", "G": "xy"}],
    ),
    case(
        "fieldref takes the other text as it is",
        "F|fieldref: G",
        fires=[{"F": "a*", "G": "a*"}],
        silent=[{"F": "abc", "G": "a*"}, {"F": "abc", "G": "a.c"}],
    ),
    case("fieldref of a number", "F|fieldref: G", fires=[{"F": 5, "G": "5"}], silent=[{"F": 5, "G": 6}]),
    case("fieldref of a missing field is no match", "F|fieldref: G", silent=[{"F": "", "X": "x"}, {"X": "x"}]),
    case(
        "fieldref takes the elements of lists",
        "F|fieldref: G",
        fires=[{"F": ["a", "b"], "G": "B"}, {"F": "b", "G": ["a", "b"]}],
        silent=[{"F": '["c"]', "G": "c"}, {"F": [], "G": "a"}],
    ),
    case("fieldref finds names without regard to case", "F|fieldref: gee", fires=[{"F": "a", "GEE": "a"}]),
    # --- exists
    case("exists is true for a field", "F|exists: true", fires=["x", "", {"F": 0}, {"F": False}], silent=[{"G": "x"}]),
    case(
        "exists false for a missing field",
        "F|exists: false\nG: x",
        fires=[{"G": "x"}],
        silent=[{"G": "x", "F": ""}, {"F": "x"}],
    ),
    case(
        "not exists",
        "s:\n    G: x\nf:\n    F|exists: true\ncondition: s and not f",
        fires=[{"G": "x"}],
        silent=[{"G": "x", "F": "a"}],
    ),
]
