"""``toolkit run``: run a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from styletalker.core.cli.output import print_json, print_table
from styletalker.core.registry import Registry

if TYPE_CHECKING:
    from styletalker.core.recipe.model import Recipe

__all__ = ["run"]


def run(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="A YAML file, or the name of a packaged recipe.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(help="Changes: key.path=value, such as seed=3 or pipeline.talker.steps=9."),
    ] = None,
    run_dir: Annotated[
        Path | None,
        typer.Option("--run-dir", help="Where everything goes; by default runs/NAME."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a killed run.")] = False,
    force: Annotated[
        list[str] | None,
        typer.Option("--force", help="Redo this finished stage (repeatable), or 'all'."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the resolved recipe and the plan; do nothing.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print what was done, or the plan, as JSON.")
    ] = False,
) -> None:
    """Run a recipe: its stages in order, in a directory that holds all they write.

    A stage that finished before, with the same options and inputs, is skipped.
    """
    import attrs
    from styletalker.core.recipe.read import read_recipe
    from styletalker.core.run.runner import run_recipe

    registry: Registry = context.obj
    found = read_recipe(recipe, registry, overrides or ())
    directory = run_dir or Path("runs") / found.name
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    if dry_run:
        _print_plan(found, registry, directory, json)
        return
    report = run_recipe(found, registry, directory, resume=resume, force=force or ())
    if json:
        print_json(attrs.asdict(report))
        return
    for stage in report.stages:
        for path in stage.outputs.values():
            typer.echo(path)


def _print_plan(found: Recipe, registry: Registry, directory: Path, as_json: bool) -> None:
    """The resolved recipe, and what each stage would do in *directory*."""
    from styletalker.core.config.structure import Structurer
    from styletalker.core.recipe.dump import dump_recipe, plain_recipe
    from styletalker.core.run.directory import RunDirectory
    from styletalker.core.run.plan import make_plan

    plan, structurer = make_plan(found, registry), Structurer(registry)
    run_directory = RunDirectory(directory)
    todo = {
        step.name: "skip (finished)"
        if run_directory.is_finished(step)
        else ("continue" if run_directory.can_resume(step) else "run")
        for step in plan
    }
    if as_json:
        steps = [
            {
                "name": step.name,
                "type": step.type,
                "do": todo[step.name],
                "reads": dict(step.inputs),
                "writes": dict(step.outputs),
                "fingerprint": step.fingerprint,
            }
            for step in plan
        ]
        print_json(
            {
                "recipe": plain_recipe(found, structurer),
                "directory": str(directory),
                "plan": steps,
            }
        )
        return
    typer.echo(dump_recipe(found, structurer))
    rows = [
        (
            step.name,
            todo[step.name],
            ", ".join(f"{artifact} of {source}" for artifact, source in step.inputs.items()) or "-",
            ", ".join(step.outputs) or "-",
        )
        for step in plan
    ]
    print_table(("stage", "would", "reads", "writes"), rows, title=f"plan in {directory}")
