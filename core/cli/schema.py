"""``toolkit schema``: the JSON Schema of recipes, for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from styletalker.core.cli.output import print_json
from styletalker.core.registry import Registry

__all__ = ["schema"]


def schema(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file instead.")
    ] = None,
) -> None:
    """Print the JSON Schema of recipes over the installed components, for editors.

    Put `# yaml-language-server: $schema=recipe.schema.json` at the top of a recipe, and an editor
    with a YAML language server completes and checks it.
    """
    from styletalker.core.config.schema import recipe_schema
    from styletalker.core.files import write_text

    registry: Registry = context.obj
    found = recipe_schema(registry)
    if output is None:
        print_json(found)
    else:
        write_text(output, json.dumps(found, indent=2, ensure_ascii=False) + "\n")
        typer.echo(f"wrote {output}", err=True)
