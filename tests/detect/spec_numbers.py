"""Numbers, times, addresses (modifiers appendix 2.1: numeric, time, IP modifiers)."""

from spec_cases import case

TIME = "2024-03-07T05:09:59.123Z"

NUMBERS = [
    case("lt", "F|lt: 10", fires=[{"F": 9}, "9", "-20", "9.99"], silent=[{"F": 10}, "10", "100", {"G": 1}]),
    case("lte", "F|lte: 10", fires=[{"F": 10}, "10.0", "2"], silent=["10.01", "11"]),
    case("gt", "F|gt: 10", fires=[{"F": 11}, "10.5", "100", "1e3"], silent=["10", "9", "2"]),
    case("gte", "F|gte: 10", fires=["10", "10.0", "11"], silent=["9.99", "-10"]),
    case("numbers compare as numbers, not as text", "F|gt: 9", fires=["10", "100"], silent=["8", "09"]),
    case(
        "a text that is no number fails every comparison",
        "F|gt: 0",
        silent=["abc", "", "12abc", "1,5", "nan", "inf", "1_000", "--1"],
    ),
    case(
        "a text that is no number is not less either",
        "F|lt: 1000",
        silent=["abc", "", "-", "nan", "-inf", "1 2", "0-1"],
    ),
    case(
        "a hexadecimal number compares as a number",  # the specification is silent; Windows writes ids and masks so
        "F|gte: 999",
        fires=["0x3e7", "0X3E8"],
        silent=["0x3e6", "0x", "0xg", "3e"],
    ),
    case("a negative bound", "F|lt: -5", fires=["-6", {"F": -7}], silent=["-5", "0"]),
    case("a fraction as bound", "F|gte: 0.5", fires=["0.5", "1", {"F": 0.75}], silent=["0.49", {"F": 0.25}]),
    case(
        "large numbers compare exactly",
        "F|gt: 9007199254740992",
        fires=["9007199254740993"],
        silent=["9007199254740992"],
    ),
    case(
        "a range over two selections",
        "a:\n    F|gte: 5\nb:\n    F|lt: 8\ncondition: a and b",
        fires=["5", "7.9"],
        silent=["8", "4"],
    ),
    case("a range in one map", "F|gte: 5\nF|lt: 8", fires=["5", "7"], silent=["8", "4"]),
    case("a comparison with one of several bounds", "F|gt:\n    - 10\n    - 5", fires=["6"], silent=["5"]),
    case("a comparison with all bounds", "F|gt|all:\n    - 10\n    - 5", fires=["11"], silent=["6"]),
    case("a comparison on a list in the event", "F|gt: 10", fires=[{"F": [1, 20]}], silent=[{"F": [1, 2]}]),
    case("a comparison on a boolean is none", "F|gte: 0", silent=[{"F": True}, {"F": False}, "true"]),
    case(
        "a negated comparison holds on other text",
        "s:\n    G: x\nf:\n    F|gt: 10\ncondition: s and not f",
        fires=[{"G": "x", "F": "abc"}, {"G": "x"}],
        silent=[{"G": "x", "F": "11"}],
    ),
    case("blanks around a number do not count", "F|gt: 9", fires=[" 10", "10 ", " 0xA\t"], silent=["1 0", " "]),
    case(
        "large fractions compare exactly",
        "F|gt: 9007199254740992",
        fires=["9007199254740993.0", "9007199254740992.5", "1e300"],
        silent=["9007199254740992.0", "-1e300", "1e1000"],
    ),
    case("a fraction is a fraction in the rule", "F: 1.0", fires=[{"F": 1.0}, "1.0"], silent=["10", "1.00"]),
    # --- times, as written in the event
    case("minute", "F|minute: 9", fires=[TIME, "2024-03-07 05:09:59"], silent=["2024-03-07T09:10:00Z", "abc"]),
    case("hour", "F|hour: 5", fires=[TIME, "2024-03-07T05:59:59+02:00"], silent=["2024-03-07T06:00:00Z"]),
    case("day", "F|day: 7", fires=[TIME], silent=["2024-07-03T05:09:59Z"]),
    case("month", "F|month: 3", fires=[TIME], silent=["2024-07-03T05:09:59Z"]),
    case("year", "F|year: 2024", fires=[TIME], silent=["2023-12-31T23:59:59Z"]),
    case("week", "F|week: 10", fires=[TIME], silent=["2024-03-11T00:00:00Z", "2024-01-01T00:00:00Z"]),
    case("one of several hours", "F|hour:\n    - 4\n    - 5", fires=[TIME], silent=["2024-03-07T06:00:00Z"]),
    case("a day has no hour", "F|hour: 0", fires=["2024-03-07T00:09:59Z"], silent=["2024-03-07"]),
    case("a day has a week", "F|week: 10", fires=["2024-03-07"], silent=["2024-03-11"]),
    case("hours from a number on", "F|hour|gte: 22", fires=["2024-03-07T22:09:59Z"], silent=[TIME, "23", {"F": 23}]),
    case("hours before a number", "F|hour|lt: 6", fires=[TIME], silent=["2024-03-07T06:00:00Z", "5", "abc"]),
    case("a fraction of an hour is no part", "F|hour: 5.5", silent=[TIME], may_refuse="a part is a whole number"),
    case("an impossible time has no parts", "F|month: 13", silent=["2024-13-01T00:00:00Z"]),
    # --- addresses
    case(
        "cidr of IPv4",
        "F|cidr: 10.0.0.0/8",
        fires=["10.1.2.3", "10.255.255.255"],
        silent=["11.0.0.1", "1.10.0.0", "10.1.2", "x10.1.2.3"],
    ),
    case(
        "cidr on a boundary inside a byte",
        "F|cidr: 172.16.0.0/12",
        fires=["172.16.0.1", "172.31.255.255"],
        silent=["172.32.0.0", "172.15.0.1"],
    ),
    case("cidr of one address", "F|cidr: 192.0.2.1/32", fires=["192.0.2.1"], silent=["192.0.2.2", "192.0.2.10"]),
    case(
        "cidr list",
        "F|cidr:\n    - 10.0.0.0/8\n    - 192.168.0.0/16",
        fires=["192.168.3.4", "10.0.0.1"],
        silent=["172.16.0.1"],
    ),
    case(
        "cidr of IPv6",
        "F|cidr: 'fe80::/10'",
        fires=["fe80::1", "FE80:0:0:0:1::2", "febf::"],
        silent=["fec0::1", "10.0.0.1", "fe80"],
    ),
    case(
        "cidr of IPv6 in every spelling",
        "F|cidr: '2001:db8::/32'",
        fires=["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:DB8::1"],
        silent=["2001:db9::1", "2001:db8"],
    ),
    case(
        "cidr of IPv6 on an odd boundary",
        "F|cidr: '2001:db8::/33'",
        fires=["2001:db8:7fff::1"],
        silent=["2001:db8:8000::1"],
    ),
    case(
        "cidr of the loopback", "F|cidr: '::1/128'", fires=["::1", "0:0:0:0:0:0:0:1"], silent=["::2", "127.0.0.1", "::"]
    ),
    case("cidr of everything IPv4", "F|cidr: 0.0.0.0/0", fires=["1.2.3.4"], silent=["::1", "-", "", "host"]),
    case("cidr is no text comparison", "F|cidr: 10.0.0.0/8", silent=["10.0.0.0/8", "10.0.0.300", "10.", "10.0.0.1.5"]),
    case(
        "cidr on a list in the event",
        "F|cidr: 10.0.0.0/8",
        fires=[{"F": ["192.0.2.1", "10.0.0.1"]}],
        silent=[{"F": ["192.0.2.1"]}],
    ),
    case("neq with cidr", "F|cidr|neq: 10.0.0.0/8", fires=["192.0.2.1"], silent=["10.0.0.1"]),
    case(
        "not in the network",
        "s:\n    G: x\nf:\n    F|cidr:\n        - 10.0.0.0/8\n        - ::1/128\ncondition: s and not f",
        fires=[{"G": "x", "F": "192.0.2.1"}, {"G": "x", "F": "-"}],
        silent=[{"G": "x", "F": "10.0.0.1"}],
    ),
]
