"""Stage ``model_summary``: what a recipe's components are, and how large."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from styletalker.core.assembly import Components
from styletalker.core.files import write_json
from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.core.run.plan import EVERY_ROLE

__all__ = ["ModelSummary"]

_SIZES = ("resolution", "num_ws", "w_dim", "audio_dim", "motion_dim", "embedding_dim")
"""Sizes by which components fit together; each is shown where a component declares it."""


class ModelSummary(Stage):
    """Builds every component of the recipe, as training would, and writes ``summary.json``.

    A quick test that a recipe's parts fit together, and a record of their parameter counts.
    """

    outputs: ClassVar[Mapping[str, str]] = {"summary": "summary.json"}
    roles: ClassVar[tuple[str, ...]] = EVERY_ROLE

    def run(self, context: StageContext) -> None:
        """Build, count, write."""
        rows = {role: _row(context.components, role) for role in context.components.roles}
        for role, row in rows.items():
            sizes = ", ".join(f"{name} {size}" for name, size in row["sizes"].items())
            count = f"{row['parameters']:,} parameters" if row["parameters"] else "no parameters"
            context.say(f"{role}: {row['class']}, {count}" + (f" ({sizes})" if sizes else ""))
        write_json(context.outputs["summary"], rows)
        context.record(0, parameters=sum(row["parameters"] for row in rows.values()))


def _row(components: Components, role: str) -> dict[str, Any]:
    from torch import nn

    component: Any = components.get(role)  # type: ignore[call-overload]
    parameters = list(component.parameters()) if isinstance(component, nn.Module) else []
    return {
        "class": type(component).__name__,
        "parameters": sum(parameter.numel() for parameter in parameters),
        "trainable": sum(p.numel() for p in parameters if p.requires_grad),
        "sizes": {name: getattr(component, name) for name in _SIZES if hasattr(component, name)},
    }
