"""Indicators in a whole node: imported under a login, found in the past and in the next event, without a restart."""

import zlib
from base64 import b64encode

import pytest
from running_node import Running, node

__all__ = ["node"]

HEAD = "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n"
LINE = "{time}.0\tC{number}\t10.0.0.{host}\t50000\t{far}\t443\ttcp\n"


def connection(number: int, host: int, far: str) -> str:
    return LINE.format(time=1_764_590_400 + number, number=number, host=host, far=far)


def sent(text: str, **said: object) -> dict[str, object]:
    return {"packed": b64encode(zlib.compress(text.encode())).decode(), "asked": said}


@pytest.mark.slow
def test_a_node_finds_an_indicator_in_its_past_and_in_what_comes_next(node: Running) -> None:
    logs = node.folder.parent / "logs"
    logs.mkdir(exist_ok=True)
    log = logs / "conn.log"
    log.write_text(HEAD + connection(1, 5, "203.0.113.7"))
    client = node.client("lead")
    node.until(lambda: node.state("engine").get("events") == 1)
    answer = client.post(
        "/api/v1/indicators", json=sent("203[.]0[.]113[.]7\n198.51.100.9\n", source="ESET"), timeout=60
    )
    told = answer.raise_for_status().json()["imported"]
    assert (told["taken"], told["new"], told["seen"]) == (2, 2, 1)
    assert told["past"][0]["host"] == "10.0.0.5"
    node.until(lambda: node.state("engine").get("indicators") == 2)
    with log.open("a") as file:
        file.write(connection(9, 6, "198.51.100.9"))

    def titles() -> set[str]:
        rows = client.get("/api/v1/incidents").raise_for_status().json()["incidents"]
        return {f"{row['title']} {row['hosts']}" for row in rows}

    node.until(lambda: len(titles()) == 2)
    assert any("Before the warning" in each and "10.0.0.5" in each for each in titles())
    assert any("An address that ESET warned about" in each and "10.0.0.6" in each for each in titles())
    assert not list((node.folder / "lake" / "indicators" / "past").iterdir())
    listed = client.post("/api/v1/indicators/list", json={"kind": "ip"}).raise_for_status().json()["indicators"]
    assert [row["value"] for row in listed["rows"]] == ["203.0.113.7", "198.51.100.9"]
    assert listed["rows"][0]["by"].startswith("account:")
    gone = client.post("/api/v1/indicators/remove", json={"what": "ESET"}).raise_for_status().json()
    assert gone == {"removed": 2}
    node.until(lambda: node.state("engine").get("indicators") == 0)
