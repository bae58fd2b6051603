"""``toolkit weights``: look into weight files of any origin, convert them, list those there are."""

from __future__ import annotations

import json as json_module
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from styletalker.core.cli.output import console, print_json, print_table
from styletalker.core.registry import Registry

__all__ = ["weights_app"]

weights_app = typer.Typer(
    help="Look into weight files, convert them, and list the public ones.", no_args_is_help=True
)

_SHOWN = 12
"""Tensors that are shown unless all are asked for."""
_MEGA = 1e6


@weights_app.command()
def inspect(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A weight file of any origin.")],
    all_tensors: Annotated[bool, typer.Option("--all", help="Show every tensor.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a weight file holds; nothing in it is executed."""
    from styletalker.core.weights_file.recognise import LAYOUTS
    from styletalker.core.weights_file.report import describe_file

    facts = describe_file(file, context.obj)
    if json:
        print_json(facts)
        return
    out = console()
    out.print(f"{file}: {facts['layout']}", style="bold", markup=False)
    dtypes = ", ".join(f"{count} {kind}" for kind, count in facts["dtypes"].items())
    rows = [
        ("  layout", LAYOUTS[facts["layout"]]),
        ("  size", f"{facts['bytes'] / _MEGA:.1f} MB"),
        ("  sha256", facts["sha256"]),
        ("  tensors", f"{dtypes}; {facts['tensor_bytes'] / _MEGA:.1f} MB"),
    ]
    for name, network in facts["networks"].items():
        rows.append((f"  {name}", f"{network['class']} {json_module.dumps(network['arguments'])}"))
    if facts["values"]:
        rows.append(("  says", _short(facts["values"])))
    print_table(("", ""), rows)
    for held in facts["holds"]:
        out.print(f"\n{held['family']}: {held['summary']}", style="bold", markup=False)
        print_table(("", ""), list(_rows_of(held)))
    if not facts["holds"]:
        out.print("\nNo installed component knows these tensors.")
    out.print("\ntensors", style="bold")
    shown = facts["tensors"] if all_tensors else facts["tensors"][:_SHOWN]
    print_table(
        ("  name", "shape", "type"),
        [("  " + one["name"], str(one["shape"]), one["dtype"]) for one in shown],
    )
    if len(shown) < len(facts["tensors"]):
        out.print(f"  and {len(facts['tensors']) - len(shown)} more; --all shows them")


@weights_app.command()
def convert(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A weight file of any origin.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="A .safetensors file, or one of a public layout.")
    ],
    family: Annotated[
        str | None, typer.Option(help="Which of the file's networks, or which layout to write.")
    ] = None,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Keep all tensors under their own names.")
    ] = False,
) -> None:
    """Convert weights to a file of our own, with where they are from beside it, or back."""
    from styletalker.core.weights_file.convert import convert_weights

    facts = convert_weights(file, output, context.obj, family=family, as_is=as_is)
    typer.echo(output)
    licence = facts.get("source", {}).get("licence")
    if licence:
        typer.echo(f"licence: {licence}", err=True)


@weights_app.command("list")
def list_files(
    context: typer.Context,
    folder: Annotated[
        list[Path] | None, typer.Option(help="Where to look besides; may be repeated.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the public weight files that can be read: what for, licence, source, whether found."""
    from styletalker.core.weights_file.report import known_files

    registry: Registry = context.obj
    known = known_files(registry, folder or ())
    if json:
        print_json(
            [
                {
                    "name": file.name,
                    "purpose": file.purpose.rstrip(","),
                    "licence": file.licence,
                    "source": file.source,
                    "family": family.name,
                    "role": family.role,
                    "component": family.component,
                    "found": None if path is None else str(path),
                }
                for family, file, path in known
            ]
        )
        return
    rows = [
        (
            file.name,
            file.purpose.rstrip(","),
            f"{family.role} {family.component}" if family.role else family.name,
            file.licence,
            file.source,
            "not found" if path is None else str(path),
        )
        for family, file, path in known
    ]
    print_table(("file", "for", "use as", "licence", "from", "here"), rows)


def _rows_of(held: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "problem" in held:
        return [("  problem", held["problem"])]
    rows = [("  network", held["architecture"])]
    if held["part"]:
        rows.append(("  part", held["part"]))
    if held["role"]:
        rows.append(("  use as", f"{held['role']} {held['component']}"))
    rows.append(("  options", json_module.dumps(held["options"])))
    rows += [("  licence", held["licence"]), ("  expects", held["preprocessing"])]
    return rows + [("  note", note) for note in held["notes"]]


def _short(values: Mapping[str, Any]) -> str:
    text = json_module.dumps(values)
    return text if len(text) < 400 else text[:400] + " ..."
