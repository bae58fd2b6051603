"""``toolkit data prepare``: raw videos become a training corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from styletalker.core.cli.output import print_json
from styletalker.core.interfaces.command import Command
from styletalker.core.registry import Registry

if TYPE_CHECKING:
    from styletalker.core.config.options import Chosen
    from styletalker.plugins.preparation.config import PrepareConfig

__all__ = ["DataCommand"]


class DataCommand(Command):
    """``toolkit data prepare``."""

    def app(self) -> typer.Typer:
        """A group with one subcommand."""
        app = typer.Typer(no_args_is_help=True)
        app.callback()(data)
        app.command(no_args_is_help=True)(prepare)
        return app


def data() -> None:
    """Make training corpora from raw videos.

    Example: toolkit data prepare videos/ -o corpus/

    Then: toolkit corpus info corpus/ --verify, and open corpus/index.html.
    """


def prepare(
    context: typer.Context,
    raw: Annotated[str, typer.Argument(help="A folder of raw videos, one file, or an fsspec URL.")],
    output: Annotated[
        str, typer.Option("--output", "-o", help="New folder or URL for the corpus, or to go on.")
    ],
    options: Annotated[
        list[str] | None,
        typer.Argument(
            help="What is wanted, as name=value: `toolkit show stage prepare_corpus`. "
            "Such as analysis.size=512 or identities=folders."
        ),
    ] = None,
    listing: Annotated[
        Path | None, typer.Option("--list", help="A list of what to take of which file.")
    ] = None,
    list_kind: Annotated[
        str,
        typer.Option(
            "--list-kind", help="table (a CSV file), or hdtf or voxceleb2 (a folder of theirs)."
        ),
    ] = "table",
    engine: Annotated[str, typer.Option("--engine", help="local, or ray for a cluster.")] = "local",
    address: Annotated[
        str | None, typer.Option("--address", help="Of a Ray cluster; else one on this machine.")
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, help="Processes; 0 for one per core.")
    ] = 0,
    face_analyser: Annotated[
        str,
        typer.Option("--face-analyser", help="What finds faces; `toolkit list face_analyser`."),
    ] = "dlib",
    keep_parts: Annotated[
        bool, typer.Option("--keep-parts", help="Keep the work, to add more videos later.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the totals as JSON.")] = False,
) -> None:
    """Turn raw videos into a training corpus, and say what was rejected and why.

    Any container and codec; the result is 25 fps, 16 kHz, square crops of one talking face, in
    shards that the corpus `shards` reads. Sound that is late or early is moved. No person stands
    in two splits. Every input's fate is in manifest.csv, a page with pictures in index.html.

    Can be killed at any time and called again: what was done is kept, and the result is the same.

    Exit status: 0 if something was kept; 5 if an input could not be tried (a full disk, a file
    that may not be read): mend it and call again; 7 if nothing was good enough.
    """
    from styletalker.core.engine import open_engine
    from styletalker.core.run.progress import Reporter
    from styletalker.plugins.preparation.lists import read_listing
    from styletalker.plugins.preparation.prepare import prepare as prepare_corpus
    from styletalker.plugins.preparation.summary import exit_status, summary_of

    registry: Registry = context.obj
    config = _config(registry, options or [])
    chosen = _chosen(registry, face_analyser)
    reporter = Reporter()
    with reporter.live():
        made = prepare_corpus(
            raw,
            output,
            config,
            face_analyser=chosen,
            registry=registry,
            engine=open_engine(engine, workers=workers or None, address=address),
            listing=read_listing(listing, list_kind) if listing is not None else None,
            keep_parts=keep_parts,
            reporter=reporter,
        )
    if made.before:
        reporter.say("finished before; nothing has changed")
    for line in summary_of(made.totals):
        reporter.say(line)
    if json:
        print_json(dict(made.totals))
    else:
        typer.echo(made.page)
    status = exit_status(made.totals)
    if status:
        raise typer.Exit(status)


def _config(registry: Registry, options: list[str]) -> PrepareConfig:
    """What is wanted, from ``name=value`` on the command line.

    Raises:
        ConfigError: an option does not exist, or a value is wrong.
    """
    from styletalker.core.config.structure import Structurer
    from styletalker.core.errors import ConfigError
    from styletalker.core.recipe.merge import with_overrides
    from styletalker.plugins.preparation.config import PrepareConfig

    groups: dict[str, dict[str, object]] = {"analysis": {}, "sound": {}, "sync": {}}
    values = with_overrides(groups, options)
    config, faults = Structurer(registry).check(values, PrepareConfig)
    if faults:
        raise ConfigError("\n".join(fault.line("options") for fault in faults))
    wanted: PrepareConfig = config
    return wanted


def _chosen(registry: Registry, name: str) -> Chosen:
    from styletalker.core.config.options import Chosen

    offer = registry.get("face_analyser", name)
    return Chosen(role="face_analyser", type=name, config=offer.component.config())
