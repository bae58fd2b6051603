"""``toolkit show``: everything about one component."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated, Any

import typer
from styletalker.core.cli.output import console, print_json, print_table
from styletalker.core.config.describe import Field, describe
from styletalker.core.registry import Registry
from styletalker.core.weights import BUILTIN

__all__ = ["show"]


def show(
    context: typer.Context,
    role: Annotated[str, typer.Argument(help="The role, such as generator.")],
    name: Annotated[str, typer.Argument(help="The component's name in that role.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a component: its options with defaults and ranges, its source and its licence."""
    registry: Registry = context.obj
    offer = registry.get(role, name)
    component, fields = offer.component, describe(offer.component.config)
    facts = {
        "source": component.source,
        "licence": component.licence,
        "class": component.target,
        "from": f"{offer.plugin.distribution} {offer.plugin.version}",
    }
    if component.requires:
        facts["requires"] = ", ".join(component.requires.values())
    if component.pretrained:
        facts["weights"] = ", ".join(f"{BUILTIN}{name}" for name in sorted(component.pretrained))
    if json:
        options = [
            {
                "name": field.name,
                "type": field.type_text,
                "required": field.required,
                "default": field.default,
                "range": str(field.limits) if field.limits else None,
                "doc": field.doc,
            }
            for field in fields
        ]
        print_json(
            {
                "role": role,
                "name": name,
                "summary": component.summary,
                **facts,
                "pretrained": dict(component.pretrained),
                "options": options,
            }
        )
        return
    out = console()
    out.print(f"{role} {name}: {component.summary}", style="bold", markup=False)
    print_table(("", ""), [(f"  {fact}", value) for fact, value in facts.items()])
    if not fields:
        out.print("\nIt has no options.")
        return
    out.print("\noptions", style="bold")
    rows = [(f"  {field.name}", _value(field), _kind(field), _plain(field.doc)) for field in fields]
    print_table(("  name", "default", "type", "meaning"), rows)


def _plain(doc: str) -> str:
    """A docstring without the marks of reStructuredText."""
    return doc.replace("``", "'")


def _kind(field: Field) -> str:
    return f"{field.type_text}, {field.limits}" if field.limits else field.type_text


def _value(field: Field) -> str:
    if field.required:
        return "(required)"
    value: Any = field.default
    return json_module.dumps(value, default=lambda v: str(v) if isinstance(v, Path) else repr(v))
