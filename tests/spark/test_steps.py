"""What is DuckDB's alone is said otherwise, and steps that name each other often stay small."""

import pytest
from pyspark.sql import SparkSession

from tocsin.errors import LakeError
from tocsin.spark.sql import transpiled
from tocsin.spark.steps import run_steps

pytestmark = pytest.mark.spark
FRAME = "SELECT sum(n) OVER (ORDER BY t RANGE BETWEEN {} PRECEDING AND CURRENT ROW) AS s FROM u"
DOUBLINGS = 16  # written out, the first step would be named 65,536 times


def test_the_bound_of_a_frame_is_worked_out() -> None:
    assert "RANGE BETWEEN 9 PRECEDING AND" in transpiled(FRAME.format("(600 // 60) * 1 - 1"))


def test_a_bound_that_is_no_number_is_refused() -> None:
    with pytest.raises(LakeError, match="not a number in the frame of a window: n"):
        transpiled(FRAME.format("n - 1"))


def test_steps_that_name_the_one_before_twice_are_planned_once_each(spark: SparkSession) -> None:
    steps = ["s0 AS (SELECT 1 AS n)"]
    steps += [
        f"s{at} AS (SELECT a.n FROM s{at - 1} AS a JOIN s{at - 1} ON a.n = s{at - 1}.n)" for at in range(1, DOUBLINGS)
    ]
    assert run_steps(spark, f"WITH {', '.join(steps)} SELECT n FROM s{DOUBLINGS - 1}").collect() == [(1,)]


def test_a_step_with_the_name_of_a_view_leaves_the_view_alone(spark: SparkSession) -> None:
    spark.sql("SELECT 7 AS n").createOrReplaceTempView("hosts")
    assert run_steps(spark, "WITH hosts AS (SELECT n + 1 AS n FROM hosts) SELECT hosts.n FROM hosts").collect() == [
        (8,)
    ]
    assert spark.table("hosts").collect() == [(7,)]
    spark.catalog.dropTempView("hosts")
