"""``toolkit corpus``: build, preview and describe corpora."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from styletalker.core.cli.output import print_json, print_table
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.command import Command
from styletalker.core.registry import Registry

__all__ = ["CorpusCommand"]

_QUALITIES = ("lossless", "high")
_Name = Annotated[str, typer.Argument(help="A corpus, such as one of `toolkit list corpus`.")]
_Options = Annotated[
    list[str] | None, typer.Argument(help="Its options, as name=value; `toolkit show corpus NAME`.")
]


class CorpusCommand(Command):
    """``toolkit corpus build | preview | info``."""

    def app(self) -> typer.Typer:
        """The three subcommands."""
        app = typer.Typer(help="Build, preview and describe corpora.", no_args_is_help=True)
        app.command()(build)
        app.command()(preview)
        app.command()(info)
        return app


def build(
    context: typer.Context,
    name: _Name,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")],
    options: _Options = None,
    split: Annotated[
        list[str] | None, typer.Option("--split", help="Only this split (repeatable).")
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, help="Processes; 0 for one per core.")
    ] = 0,
    clips_per_shard: Annotated[
        int, typer.Option("--clips-per-shard", min=1, help="Clips in one archive.")
    ] = 32,
    quality: Annotated[
        str, typer.Option("--quality", help="lossless, or high at a fifth of the size.")
    ] = "lossless",
) -> None:
    """Write a corpus to shards on disk (WebDataset archives).

    Can be killed at any time and called again: finished shards are kept. The bytes are the same
    for any number of workers.
    """
    from styletalker.core.run.progress import Reporter
    from styletalker.plugins.shards.build import build_corpus, plan_of

    if quality not in _QUALITIES:
        problem = "--quality: no such quality"
        raise InputError(compose(problem, given=quality, name=quality, choices=_QUALITIES))
    corpus, description = _corpus(context.obj, name, options or [])
    plan = plan_of(
        corpus,
        description,
        splits=split or (),
        clips_per_shard=clips_per_shard,
        quality="lossless" if quality == "lossless" else "high",
    )
    reporter = Reporter()
    with reporter.live(), reporter.task("clips", sum(plan.counts.values())) as task:
        build_corpus(corpus, plan, output, workers=workers or None, done=task.advance)
    typer.echo(output)


def preview(
    context: typer.Context,
    name: _Name,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")],
    options: _Options = None,
    split: Annotated[str, typer.Option("--split", help="The split to look at.")] = "test",
    clips: Annotated[int, typer.Option("--clips", min=1, help="How many clips.")] = 4,
    size: Annotated[
        int | None, typer.Option("--size", help="Height and width in pixels (resolution=SIZE).")
    ] = None,
) -> None:
    """Write a contact sheet, and clips as videos with sound and their ground truth beside them."""
    from styletalker.core.run.progress import Reporter
    from styletalker.plugins.shards.preview import preview as write_preview

    chosen = [*(options or []), *([f"resolution={size}"] if size is not None else [])]
    corpus, _ = _corpus(context.obj, name, chosen)
    reporter = Reporter()
    with reporter.live(), reporter.task("clips", min(clips, corpus.count(split))) as task:
        written = write_preview(corpus, split, clips, output, task.advance)
    for path in written:
        typer.echo(path)


def info(
    folder: Annotated[Path, typer.Argument(help="A folder that `toolkit corpus build` wrote.")],
    verify: Annotated[bool, typer.Option("--verify", help="Check every checksum.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Describe a corpus on disk: what it holds, and which shards are missing or damaged.

    The exit status is 7 if any is.
    """
    from styletalker.core.errors import MediaError
    from styletalker.plugins.shards.info import describe_folder

    found = describe_folder(folder, verify=verify)
    if json:
        print_json(found)
    else:
        _print_description(found)
    if found["faults"]:
        raise typer.Exit(MediaError.exit_code)


def _print_description(found: dict[str, Any]) -> None:
    source = ", ".join(f"{key}={value}" for key, value in found["description"].items())
    facts = ("folder", "resolution", "fps", "sample_rate", "quality")
    print_table(("", ""), [*((fact, str(found[fact])) for fact in facts), ("from", source)])
    rows = [
        (name, *(str(value) for value in one.values())) for name, one in found["splits"].items()
    ]
    print_table(("split", "clips", "seconds", "shards", "whole", "bytes"), rows)
    for fault in found["faults"]:
        typer.echo(fault, err=True)


def _corpus(registry: Registry, name: str, options: list[str]) -> tuple[Any, dict[str, Any]]:
    """The corpus called *name* with ``name=value`` options, and its description."""
    from styletalker.core.assembly import build as build_component
    from styletalker.core.config.structure import Structurer
    from styletalker.core.errors import ConfigError
    from styletalker.core.recipe.merge import with_overrides

    wanted = with_overrides({"type": name}, options)
    structurer = Structurer(registry)
    registry.get("corpus", name)
    chosen, faults = structurer.choose("corpus", wanted)
    if chosen is None:
        raise ConfigError("\n".join(fault.line(f"corpus {name}") for fault in faults))
    return build_component(chosen, registry), structurer.plain(chosen)
