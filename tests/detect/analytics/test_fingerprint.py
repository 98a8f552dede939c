"""The fingerprint document: its fields, what it adds up and what it never says."""

from dataclasses import replace

from tocsin.detect.analytics.fingerprint import Vector, fingerprint

BEGIN = 1_772_532_000_000_000  # 2026-03-03 10:00:00 UTC
SYN = Vector(
    protocol="TCP", service=None, source_port=None, destination_ports={"443": 1.0}, tcp_flags={"......S.": 1.0},
    flows=10, packets=3_000, octets=132_000_000, first_us=BEGIN, last_us=BEGIN + 60_000_000, sources=("192.0.2.1",),
)  # fmt: skip
DNS = Vector(
    protocol="UDP", service="DNS", source_port=53, destination_ports={}, tcp_flags={},
    flows=5, packets=1_000, octets=2_000_000_000, first_us=BEGIN + 30_000_000, last_us=BEGIN + 100_000_000,
    sources=("192.0.2.1", "192.0.2.2"),
)  # fmt: skip
WEB = replace(
    SYN,
    service="HTTPS",
    packets=None,
    octets=None,
    tcp_flags={},
    http={"http_uri": {"/search": 1.0}, "http_method": {}},
)


def test_a_vector_has_the_fields_of_the_dissector_for_flows() -> None:
    (vector,) = _vectors(fingerprint([SYN]))
    assert list(vector) == [
        "service", "protocol", "fraction_of_attack", "source_port", "destination_ports", "tcp_flags", "nr_flows",
        "nr_packets", "nr_megabytes", "time_start", "duration_seconds", "source_ips",
    ]  # fmt: skip
    assert vector["source_port"] == "random"
    assert vector["nr_megabytes"] == 132


def test_vectors_add_up_and_the_largest_is_first() -> None:
    document = fingerprint([DNS, SYN])
    assert [each["fraction_of_attack"] for each in _vectors(document)] == [0.75, 0.25]
    assert document["total_packets"] == 4_000
    assert document["total_megabytes"] == 2_132
    assert document["total_ips"] == 2
    assert document["duration_seconds"] == 100
    assert document["avg_pps"] == 40
    assert document["tags"] == ["Amplification attack", "Multi-vector attack", "TCP", "TCP SYN flag attack", "UDP"]


def test_times_say_that_they_are_utc_and_the_target_is_not_told() -> None:
    document = fingerprint([SYN])
    assert document["time_start"] == "2026-03-03 10:00:00+00:00"
    assert document["target"] == "Anonymous"


def test_what_an_access_log_does_not_count_is_null() -> None:
    document = fingerprint([WEB])
    (vector,) = _vectors(document)
    assert (vector["nr_packets"], document["total_packets"], document["avg_bps"]) == (None, None, None)
    assert (vector["http_uri"], vector["http_method"]) == ({"/search": 1.0}, "random")
    assert document["tags"] == ["HTTP flood attack", "TCP"]


def test_the_key_names_the_content() -> None:
    assert fingerprint([SYN])["key"] == fingerprint([SYN])["key"]
    assert fingerprint([SYN])["key"] != fingerprint([replace(SYN, flows=11)])["key"]


def _vectors(document: dict[str, object]) -> list[dict[str, object]]:
    vectors = document["attack_vectors"]
    assert isinstance(vectors, list)
    return vectors
