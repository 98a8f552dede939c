"""One Spark with two workers and one published lake for all tests of this folder (`make test-spark`)."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pytest
from pyspark.sql import SparkSession
from spark_lake import MASTER, PARTITIONS, RULE, RULES, SETTINGS, Published

from tocsin import clock, limits
from tocsin.detect.analytics import Window, load_analytics, open_window
from tocsin.exercise import network_intrusion, windows_intrusion
from tocsin.lake.catalog import Catalog, Origin
from tocsin.lake.compact import respell
from tocsin.lake.database import connect
from tocsin.lake.facts import import_facts
from tocsin.lake.publish import publish
from tocsin.lake.rollups import rollup_files, update_rollups
from tocsin.lake.views import open_views as open_duckdb_views
from tocsin.node.captures import ATTACK, BENIGN, FACTS
from tocsin.node.pipeline import ONLY_RULES, ScanRequest, scan
from tocsin.spark.analytics import SparkWindow, open_spark_window, open_views
from tocsin.spark.published import open_tables, published_tables
from tocsin.spark.session import spark_session


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The attacks of all analytics, each on an organisation of its own, all harmless captures, and two exercises."""
    folder = tmp_path_factory.mktemp("spark")
    rules = folder / "rules"
    rules.mkdir()
    for title, id, selection in RULES:
        (rules / f"{id}.yml").write_text(RULE.format(title=title, id=id, selection=selection), "utf-8")
    lake = folder / "lake"
    chosen = load_analytics()
    places = {id: Path(analytic.path).parent for id, analytic in chosen.analytics.items()}
    facts = [place / FACTS for place in places.values() if (place / FACTS).is_dir()]
    if facts:
        lake.mkdir()
        assert not import_facts(lake, facts).refused
    for id, place in places.items():
        _read(lake, rules, [place / ATTACK], id)
    _read(lake, rules, [place / BENIGN for place in places.values()], "harmless")
    windows_intrusion(folder / "exercise" / "windows", seed=7, events=2_000)
    network_intrusion(folder / "exercise" / "network", seed=7, events=5_000)
    _read(lake, rules, [folder / "exercise"], "exercise")
    catalog = Catalog(lake)
    with catalog.writing():
        update_rollups(catalog, clock.now().date())
        respell(catalog)
        publish(lake, catalog.files(), clock.now(), rollup_files(catalog))
    catalog.close()
    return Published(lake, rules, chosen, published_tables(lake))


def _read(lake: Path, rules: Path, paths: Sequence[Path], organisation: str) -> None:
    origin = Origin(organisation, "office", "sensor")
    places = tuple(map(str, paths))
    scan(ScanRequest(places, lake, (rules,), None, workers=1, origin=origin, only=ONLY_RULES), lambda _stage: None)


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    session = spark_session(MASTER, SETTINGS)
    yield session
    session.stop()


@pytest.fixture(scope="session")
def spark_window(spark: SparkSession, published: Published) -> Iterator[SparkWindow]:
    window = open_spark_window(spark, published.lake, list(published.chosen.analytics.values()), PARTITIONS)
    yield window
    window.close()


@pytest.fixture(scope="session")
def normal_on_spark(spark: SparkSession, published: Published) -> SparkSession:
    """The views of the normal form on Spark; those of a window lack rows without a time."""
    session = spark.newSession()
    open_tables(session, published.tables)
    open_views(session, published.tables)
    return session


@pytest.fixture(scope="session")
def duckdb_window(published: Published) -> Iterator[Window]:
    catalog = Catalog(published.lake)
    analytics = list(published.chosen.analytics.values())
    with open_window(published.lake, catalog.files(), analytics, rollups=rollup_files(catalog)) as window:
        yield window
    catalog.close()


@pytest.fixture(scope="session")
def normal(published: Published) -> Iterator[duckdb.DuckDBPyConnection]:
    """The views of the normal form on DuckDB."""
    catalog = Catalog(published.lake)
    tables = {name: [Path(path) for path in table.files] for name, table in published.tables.items()}
    connection = connect(limits.ANALYTIC_BYTES, 2, None)
    open_duckdb_views(connection, tables)
    yield connection
    connection.close()
    catalog.close()
