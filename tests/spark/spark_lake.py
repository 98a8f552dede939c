"""What the tests on Spark share: the lake, the rules."""

from dataclasses import dataclass
from pathlib import Path

from tocsin.detect.analytics import AnalyticSet
from tocsin.spark.published import PublishedTable

PARTITIONS = 2
SETTINGS = {  # for many queries over few rows: nothing is compiled, and tasks are few
    "spark.sql.shuffle.partitions": str(PARTITIONS),
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.files.openCostInBytes": "65536",  # many small files are one task
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",  # they are listed here, not by a job
    "spark.driver.memory": "2g",  # plans of forty branches
    "spark.driver.extraJavaOptions": "-Xss16m",  # and deep ones
}
MASTER = "local-cluster[2,1,1024]"  # two workers of one core
RULE = """\
title: {title}
id: {id}
status: test
logsource: {{category: process_creation, product: windows}}
detection:
  selection: {{{selection}}}
  condition: selection
level: medium
"""
RULES = (
    ("Shells", "11111111-1111-4111-8111-111111111111", "Image|endswith: ['\\\\cmd.exe', '\\\\powershell.exe']"),
    ("Words of discovery", "22222222-2222-4222-8222-222222222222", "CommandLine|contains: [whoami, 'net ', nltest]"),
    ("Encoded", "33333333-3333-4333-8333-333333333333", "CommandLine|re: '-[eE][nN]?[cC]? .{20,}'"),
)


@dataclass
class Published:
    """A published lake, with what DuckDB says of it."""

    lake: Path
    rules: Path
    chosen: AnalyticSet
    tables: dict[str, PublishedTable]
