"""``toolkit check``: is a recipe right, without running it?"""

from __future__ import annotations

from typing import Annotated

import typer
from styletalker.core.cli.output import print_json
from styletalker.core.registry import Registry

__all__ = ["check"]


def check(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="A YAML file, or the name of a packaged recipe.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="Changes: key.path=value.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, also about faults.")] = False,
) -> None:
    """Validate a recipe: keys, types, ranges, components, and that each stage has its inputs."""
    from styletalker.core.errors import ConfigError, StyletalkerError
    from styletalker.core.recipe.read import read_recipe
    from styletalker.core.run.plan import make_plan

    registry: Registry = context.obj
    try:
        found = read_recipe(recipe, registry, overrides or ())
        plan = make_plan(found, registry)
    except StyletalkerError as error:
        if not json:
            raise
        print_json({"recipe": recipe, "valid": False, "faults": str(error).splitlines()})
        raise typer.Exit(ConfigError.exit_code) from error
    if json:
        stages = [{"name": step.name, "type": step.type} for step in plan]
        notes = list(found.notes)
        print_json({"recipe": found.name, "valid": True, "stages": stages, "notes": notes})
        return
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    stages_text = " -> ".join(step.name for step in plan) or "no stages"
    typer.echo(f"{found.sources[0]}: valid ({stages_text})")
