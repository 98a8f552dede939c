"""What never enters a block list, however it is spelled and whatever is proposed."""

import time
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin import limits
from tocsin.errors import ConfigError, UsageError
from tocsin.lake.facts.suffixes import Suffixes
from tocsin.triage.never_block import (
    Guard,
    Protected,
    Target,
    TargetKind,
    guard,
    objection,
    own_list,
    protect,
    shipped,
    target,
)

SUFFIXES = Suffixes(["uk", "co.uk", "al", "com", "*.ck", "!www.ck", "example"])
OWN = ["192.0.2.0/24", "2001:db8:7::/48", "ministry.example", "αθήνα.example"]


def table() -> list[Protected]:
    return shipped("never_block.toml", files("tocsin.triage").joinpath("never_block.toml").read_text("utf-8"))


def is_suffix(name: str) -> bool:
    parts = SUFFIXES.parts(name)
    return parts is not None and parts[1] == name


BY = guard([*table(), *(protect(value, "your own") for value in OWN)], is_suffix)
FORBIDDEN = [each.target.network for _, each in BY.networks]


def entered(value: str, by: Guard = BY) -> Target | None:
    """What enters a list for a value, None where nothing does."""
    try:
        wanted = target(value)
    except UsageError:
        return None
    return None if objection(wanted, by) else wanted


@pytest.mark.parametrize(
    "value",
    [
        "0.0.0.0/0",
        "::/0",
        "0.0.0.0",
        "10.1.2.3",
        "192.168.0.0/16",
        "127.0.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "100.64.0.1",
        "::1",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::",
        "198.41.0.4",
        "198.41.0.0/24",
        "193.0.14.129",
        "2001:7fd::1",
        "2001:500::/32",
        "8.8.8.8",
        "8.8.8.0/24",
        "1.1.1.1",
        "192.0.2.9",
        "192.0.2.0/25",
        "192.0.0.0/22",
        "2001:db8:7::1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:0/96",
        "::ffff:c000:209",
        "::8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:0808:0808::1",
        "2002:c000:0209::/48",
        "2002::/16",
        "2001::1",
        "11.0.0.0/8",
        "2a00::/16",
        "2001:db8::/32",
        "8.8.8.8/32",
        "128.0.0.0/1",
        "200::1",
        "4000::1",
    ],
)
def test_addresses_that_never_enter(value: str) -> None:
    assert entered(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "com",
        "uk",
        "co.uk",
        "CO.UK.",
        "gov.al",
        "foo.ck",
        "a.root-servers.net",
        "root-servers.net",
        "net",
        "dns.google",
        "ministry.example",
        "Mail.MINISTRY.example.",
        "example",
        "github.io",
        "amazonaws.com",
        "s3.amazonaws.com",
        "localhost",
        "x.local",
        "1.0.0.10.in-addr.arpa",
        "αθήνα.example",
        "www.ΑΘΉΝΑ.example",
        "xn--jxafb0a0a.example",
        "ｍinistry.example",
        "ministry。example",
        "evil.example/24",
        "*.evil.example",
        "http://evil.example/",
        "",
        ".",
        "..",
        "a..b",
        "evil.example;}",
        "evil.example\nflush ruleset",
        "-",
        "203.0.113",
        "203.0.113.7/24",
        "0x7f.0.0.1",
        "2130706433",
        "010.0.0.1",
        "203.0.113.7%eth0",
        "fe80::1%eth0",
        "203.0.113.7, 10.0.0.1",
        "{ 0.0.0.0/0 }",
        "rpz-ip",
        "32.7.rpz-ip",
    ],
)
def test_names_and_texts_that_never_enter(value: str) -> None:
    assert entered(value) is None


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.0/24 ", "203.0.113.0/24"),
        ("::FFFF:203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("2002:cb00:7107::1", "2002:cb00:7107::1"),
        ("Evil.Example.", "evil.example"),
        ("evil.co.uk", "evil.co.uk"),
        ("www.ck", "www.ck"),
        ("evil.github.io", "evil.github.io"),
        ("notministry.example", "notministry.example"),
        ("αλφα.example", "xn--mxaa3a7b.example"),
    ],
)
def test_what_may_be_blocked_enters_in_one_spelling(value: str, written: str) -> None:
    found = entered(value)
    assert found is not None and found.text == written


def test_a_refusal_names_the_rule_and_the_entry() -> None:
    told = objection(target("198.41.0.0/24"), BY)
    assert "a DNS root server" in told and "198[.]41[.]0[.]4" in told and "IANA" in told
    assert "wider than /16" in objection(target("203.0.0.0/8"), BY)
    assert "public suffix" in objection(target("co.uk"), BY)
    assert "6to4" in objection(target("2002:c000:0209::1"), BY) and "your own" in objection(
        target("2002:c000:0209::1"), BY
    )


V4 = st.builds(lambda a, p: IPv4Network((int(a), p), strict=False), st.ip_addresses(v=4), st.integers(0, 32))
V6 = st.builds(lambda a, p: IPv6Network((int(a), p), strict=False), st.ip_addresses(v=6), st.integers(0, 128))
NEAR = st.sampled_from(FORBIDDEN).flatmap(
    lambda each: st.integers(0, each.max_prefixlen).map(
        lambda p: (
            each.supernet(new_prefix=p)
            if p <= each.prefixlen
            else next(each.subnets(new_prefix=min(p, each.prefixlen + 8)))
        )
    )
)
SPELLINGS = (
    str,
    lambda n: n.exploded,
    lambda n: str(n).upper(),
    lambda n: f"::ffff:{n.network_address}/{96 + n.prefixlen}" if n.version == 4 else str(n),
    lambda n: f"::{n.network_address}/{96 + n.prefixlen}" if n.version == 4 else str(n),
    lambda n: (
        f"{IPv6Address((0x2002 << 112) | (int(n.network_address) << 80))}/{16 + n.prefixlen}"
        if n.version == 4
        else str(n)
    ),
)


def inner(found: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """What a network stands for, worked out apart from the code: 6to4 and mapped ones as IPv4."""
    if isinstance(found, IPv6Network):
        six = found.network_address.sixtofour
        if six is not None and found.prefixlen >= 16:
            return ip_network(f"{six}/{min(found.prefixlen - 16, 32)}", strict=False)
        if found.network_address.ipv4_mapped is not None and found.prefixlen >= 96:
            return ip_network(f"{found.network_address.ipv4_mapped}/{found.prefixlen - 96}")
    return found


@settings(max_examples=200)
@given(V4 | V6 | NEAR, st.sampled_from(SPELLINGS))
@example(ip_network("0.0.0.0/0"), SPELLINGS[3])
@example(ip_network("8.8.8.8/32"), SPELLINGS[5])
def test_no_list_ever_holds_or_covers_a_forbidden_network(network, spelling) -> None:  # type: ignore[no-untyped-def]
    found = entered(spelling(network))
    if found is None:
        return
    for meant in {found.network, inner(found.network)}:
        assert not any(type(meant) is type(each) and meant.overlaps(each) for each in FORBIDDEN)
    wide = limits.ACTION_IPV4_PREFIX if isinstance(found.network, IPv4Network) else limits.ACTION_IPV6_PREFIX
    assert found.network.prefixlen >= wide and inner(found.network).prefixlen >= limits.ACTION_IPV4_PREFIX


LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_αßéΑ", min_size=1, max_size=6)
DOMAINS = st.builds(
    lambda labels, end, dots, upper: (
        (".".join([*labels, end]).upper() if upper else ".".join([*labels, end])) + "." * dots
    ),
    st.lists(LABEL, max_size=3),
    st.sampled_from(
        [
            "ministry.example",
            "co.uk",
            "com",
            "example",
            "root-servers.net",
            "github.io",
            "αθήνα.example",
            "evil.example",
            "arpa",
            "foo.ck",
        ]
    ),
    st.integers(0, 2),
    st.booleans(),
)


@settings(max_examples=200)
@given(DOMAINS)
def test_no_list_ever_holds_or_covers_a_forbidden_name(value: str) -> None:
    found = entered(value)
    if found is None:
        return
    name = found.text
    assert found.kind is TargetKind.DOMAIN and name == name.lower() and not name.endswith(".") and name.isascii()
    assert not is_suffix(name) and "." in name
    for own in ("ministry.example", "xn--jxafb0a0a.example", "root-servers.net", "arpa"):
        assert name != own and not name.endswith(f".{own}") and not own.endswith(f".{name}")
    assert name not in ("github.io", "amazonaws.com")


@given(st.text(max_size=40))
def test_any_text_is_a_target_or_refused(value: str) -> None:
    try:
        found = target(value)
    except UsageError as error:
        assert error.advice()
    else:
        assert target(found.text) == found


def test_the_list_of_a_node_is_read_line_by_line_and_a_fault_names_its_line() -> None:
    read = own_list("never-block.txt", "# ours\n198.51.100.0/24 # partner CERT\n\npartner.example\n")
    assert [each.target.text for each in read] == ["198.51.100.0/24", "partner.example"]
    by = guard(read, lambda name: False)
    assert "never-block.txt:2 partner CERT" in objection(target("198.51.100.7"), by)
    assert objection(target("www.partner.example"), by) and not objection(target("203.0.113.7"), by)
    with pytest.raises(ConfigError, match=r"never-block\.txt:2:"):
        own_list("never-block.txt", "203.0.113.7\nnot a value\n")
    with pytest.raises(ConfigError, match="lines"):
        own_list("never-block.txt", "\n" * (limits.NEVER_BLOCK_LINES + 1))


def test_a_long_list_of_values_is_judged_by_a_long_list_of_assets_in_no_time() -> None:
    """An errand has limits.ACTION_SECONDS for limits.ACTION_VALUES."""
    assets = guard((protect(f"20.0.{number // 256}.{number % 256}", "an asset") for number in range(10_000)), is_suffix)
    values = [target(f"203.0.113.{number}") for number in range(200)]
    began = time.process_time()
    assert not any(objection(value, assets) for value in values)
    assert time.process_time() - began < 5.0


def test_the_shipped_table_has_all_thirteen_root_servers_in_both_families() -> None:
    roots = [each.target for each in table() if each.rule == "a DNS root server"]
    networks = [each.network for each in roots if each.kind is TargetKind.NETWORK]
    assert sum(isinstance(each, IPv4Network) for each in networks) >= 13
    assert sum(isinstance(each, IPv6Network) for each in networks) >= 13
