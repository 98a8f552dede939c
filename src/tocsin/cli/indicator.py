"""`tocsin indicator …`: values that somebody warned about: import them, list, show, remove."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.lakes import LakeReason, LakeRescue
from tocsin.cli.node_options import AsJson, Authority, Node

if TYPE_CHECKING:
    pass

app = typer.Typer(help="Values that somebody warned about: import, list, show, remove.", no_args_is_help=True)

Lake = Annotated[
    Path | None,
    typer.Option(
        "--lake", help="A lake without a node. Default: the named node, else $TOCSIN_HOME or user data folder."
    ),
]


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file; - reads it from the input.", show_default=False)
    ],
    source: Annotated[str, typer.Option(help="Who warns. Default: who the file names, else its name.")] = "",
    tlp: Annotated[str, typer.Option("--tlp", help="Its marking where it has none, such as TLP:AMBER.")] = "",
    until: Annotated[str | None, typer.Option(help="How long its values count, where it does not say (a day).")] = None,
    confidence: Annotated[
        int | None, typer.Option(min=0, max=100, help="How sure it is, where it does not say: 0 to 100.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="What these sources gave before goes.")] = False,
    even_common: Annotated[
        bool, typer.Option("--even-common", help="Also addresses of clouds, names that everybody calls, and the like.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be taken and what not.")] = False,
    as_json: AsJson = False,
    lake: Lake = None,
    node: Node = None,
    ca: Authority = None,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Take indicators from a file: CSV with a header, STIX 2.1, a MISP event, a list, or pasted and defanged text.

    They are looked for at once in all that the lake remembers, and then in every new event; what is found is an
    incident. What is none here (private, your own, everybody's) is left out and told. docs/indicators.md tells more.

    Example: [bold]tocsin indicator import report.txt --source ESET --tlp TLP:AMBER[/bold]
    """
    from tocsin.cli import indicator_asking, indicator_output
    from tocsin.cli.indicator_asking import Place

    place = Place(lake, node, ca, rescue, reason)
    asked = indicator_asking.asked(file, source, tlp, until, confidence, replace, even_common, dry_run)
    done = indicator_asking.import_file(place, indicator_asking.content(file), asked)
    indicator_output.show_import(done, dry_run=dry_run, as_json=as_json)


@app.command("list")
def list_(
    kind: Annotated[str, typer.Option(help="Only one kind: ip, domain, uri, hash, file, account, service, task.")] = "",
    source: Annotated[str, typer.Option(help="Only those of one source.")] = "",
    expired: Annotated[bool, typer.Option("--expired", help="Only those that no longer count.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write a CSV that `import` reads.")] = False,
    as_json: AsJson = False,
    lake: Lake = None,
    node: Node = None,
    ca: Authority = None,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """List what is kept, and how much of it each source gave. As a table the first thousand, as CSV or JSON all.

    Example: [bold]tocsin indicator list --source ESET --csv > eset.csv[/bold]
    """
    from tocsin.cli import indicator_asking, indicator_output
    from tocsin.cli.indicator_asking import Place

    place = Place(lake, node, ca, rescue, reason)
    found = indicator_asking.listing(place, kind, source, "", expired, whole=as_csv or as_json)
    if as_csv:
        indicator_output.write_csv(found)
    else:
        indicator_output.show_listing(found, as_json=as_json)


@app.command()
def show(
    value: Annotated[str, typer.Argument(metavar="VALUE", help="As a log or a report writes it.", show_default=False)],
    as_json: AsJson = False,
    lake: Lake = None,
    node: Node = None,
    ca: Authority = None,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Show who warned about a value, until when it counts, and where it was seen.

    Example: [bold]tocsin indicator show 'c2[.]evil[.]example'[/bold]
    """
    from tocsin.cli import indicator_asking, indicator_output
    from tocsin.cli.indicator_asking import Place

    place = Place(lake, node, ca, rescue, reason)
    found = indicator_asking.listing(place, "", "", value, expired=False, whole=True)
    seen = indicator_asking.sightings_of(place, value)
    indicator_output.show_one(value, found, seen, as_json=as_json)


@app.command()
def remove(
    what: Annotated[
        str, typer.Argument(metavar="SOURCE|VALUE", help="All of a source, or one value.", show_default=False)
    ],
    lake: Lake = None,
    node: Node = None,
    ca: Authority = None,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Remove all that a source gave, or one value. New events are no longer matched with it; what was found stays.

    Example: [bold]tocsin indicator remove ESET[/bold]
    """
    from tocsin.cli import indicator_asking
    from tocsin.cli.indicator_asking import Place
    from tocsin.words.messages import say_many

    gone = indicator_asking.remove(Place(lake, node, ca, rescue, reason), what)
    typer.echo(say_many("{n} indicator was removed.", "{n} indicators were removed.", gone))
