"""`tocsin rules …`: every rule loaded or refused, and what the rules cover; another set for a node."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli import rules_update
from tocsin.cli.places import cache_folder
from tocsin.cli.values import read_values
from tocsin.errors import UsageError

app = typer.Typer(help="Look at detection rules, and give a node others.", no_args_is_help=True)
app.command("update")(rules_update.update)

REFUSED = 1


@app.command()
def check(
    rules: Annotated[list[Path], typer.Argument(help="Sigma rules: files or folders.", show_default=False)],
    values: Annotated[Path | None, typer.Option(help="TOML file with values for rule placeholders (%name%).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of tables.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 when a rule is refused.")] = False,
) -> None:
    """Say which rules load, which are refused and why (file:line), and what they cover of ATT&CK and of log sources.

    Also fills the rule cache, so that the next scan with these rules starts at once.

    Example: [bold]tocsin rules check sigma/rules --strict[/bold]
    """
    from rich.console import Console

    from tocsin.detect.sigma import coverage, load_rules

    with Console(stderr=True).status("reading rules") as status:
        loaded = load_rules(
            tuple(rules),
            cache_dir=cache_folder(),
            values=read_values(values),
            progress=lambda done, total: status.update(f"reading rules: {done:,} of {total:,} files"),
        )
    if not loaded.rules and not loaded.refused:
        raise UsageError("no rule file (.yml, .yaml) was found", "Name the folder of a Sigma rule tree.")
    covered = coverage(loaded)
    if as_json:
        refused = [{"place": r.place, "id": r.rule_id, "title": r.title, "reason": r.reason} for r in loaded.refused]
        waiting = [loaded.rules[number].path for number in loaded.without_table]
        typer.echo(
            json.dumps(
                {
                    "loaded": len(loaded.rules),
                    "correlations": len(loaded.correlations),
                    "refused": refused,
                    "without_table": waiting,
                    "techniques": [asdict(entry) for entry in covered.techniques],
                    "logsources": [asdict(entry) for entry in covered.sources],
                    "fingerprint": loaded.fingerprint,
                },
                indent=2,
            )
        )
    else:
        from tocsin.console.coverage import print_check

        print_check(loaded, covered)
    if strict and loaded.refused:
        raise typer.Exit(REFUSED)
