"""``toolkit list``: which components there are."""

from __future__ import annotations

from typing import Annotated

import typer
from styletalker.core.cli.output import console, print_json, print_table
from styletalker.core.component import Component
from styletalker.core.registry import Registry
from styletalker.core.roles import ROLES

__all__ = ["list_components"]


def list_components(
    context: typer.Context,
    role: Annotated[str | None, typer.Argument(help="Only this role, such as generator.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the components that recipes can use, by role."""
    registry: Registry = context.obj
    offers = registry.offers(role)
    if json:
        print_json(
            [
                {
                    "role": offer.component.role,
                    "name": offer.component.name,
                    "summary": offer.component.summary,
                    "source": offer.component.source,
                    "licence": offer.component.licence,
                    "distribution": offer.plugin.distribution,
                    "version": offer.plugin.version,
                    "pretrained": sorted(offer.component.pretrained),
                }
                for offer in offers
            ]
        )
        return
    for known in ROLES:
        if role not in (None, known.name):
            continue
        here = [offer for offer in offers if offer.component.role == known.name]
        clashing = {offer for group in registry.conflicts() for offer in group}
        rows = [
            (
                "  " + (offer.qualified if offer in clashing else offer.component.name),
                _summary(offer.component),
                f"{offer.plugin.distribution} {offer.plugin.version}",
            )
            for offer in here
        ]
        console().print(f"{known.name}: {known.summary}", style="bold", markup=False)
        if rows:
            print_table(("  name", "summary", "from"), rows)
        else:
            console().print("  none installed", style="dim")
    troubles = len(registry.discovery.refusals) + len(registry.conflicts())
    if troubles:
        typer.echo(f"{troubles} refused; `toolkit doctor` says why.", err=True)


def _summary(component: Component) -> str:
    """What it is, and the built-in weights it has."""
    names = ", ".join(sorted(component.pretrained))
    return f"{component.summary} (weights: {names})" if names else component.summary
