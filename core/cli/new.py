"""``toolkit new``: start a plug-in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["new"]


def new(
    name: Annotated[str, typer.Argument(help="Package name, such as styletalker-ripple.")],
    role: Annotated[str, typer.Option("--role", help="What it plugs in.")] = "generator",
    component: Annotated[
        str | None,
        typer.Option("--component", help="Its name in recipes; by default the name's last word."),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Make the package in this folder.")
    ] = Path(),
) -> None:
    """Write a plug-in package with one working component, a recipe and its contract test."""
    from styletalker.core.scaffold.write import write_plugin

    written = write_plugin(name, role, component, output)
    for path in written:
        typer.echo(path)
    folder = output / name
    steps = [f"pip install -e '{folder}[test]'", f"toolkit list {role}", f"pytest {folder}"]
    steps += [f"toolkit run {path}" for path in written if path.suffix == ".yaml"]
    typer.echo("\nNext:" + "".join(f"\n  {step}" for step in steps), err=True)
