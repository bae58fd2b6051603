"""The recipe's networks in a stage: with the weights an earlier stage trained, if one did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from styletalker.core.config.structure import Structurer
from styletalker.core.run.context import StageContext

if TYPE_CHECKING:
    from styletalker.core.interfaces.audio_encoder import AudioEncoder
    from styletalker.core.interfaces.generator import Generator
    from styletalker.core.interfaces.inverter import Inverter
    from styletalker.core.interfaces.motion_vae import MotionVAE
    from styletalker.core.interfaces.prior import Prior
    from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator
    from torch import nn

__all__ = ["kind_and_options", "network", "save_network"]


@overload
def network(context: StageContext, role: Literal["generator"]) -> Generator: ...
@overload
def network(context: StageContext, role: Literal["inverter"]) -> Inverter: ...
@overload
def network(context: StageContext, role: Literal["audio_encoder"]) -> AudioEncoder: ...
@overload
def network(context: StageContext, role: Literal["sync_discriminator"]) -> SyncDiscriminator: ...
@overload
def network(context: StageContext, role: Literal["motion_vae"]) -> MotionVAE: ...
@overload
def network(context: StageContext, role: Literal["prior"]) -> Prior: ...
def network(context: StageContext, role: Any) -> Any:
    """The recipe's network of *role*.

    Its weights are those of the artifact *role*, where an earlier stage wrote it; else those the
    recipe names under ``weights:``; else random.
    """
    from styletalker.core.checkpoint import load_checkpoint, load_into

    found = context.components.get(role)
    if role in context.inputs:
        load_into(found, load_checkpoint(context.inputs[role]))
    return found


def kind_and_options(context: StageContext, role: str) -> tuple[str, dict[str, Any]]:
    """The name of the recipe's component of *role*, and its options as plain values."""
    options = Structurer(context.registry).plain(context.components.chosen(role))
    kind = options.pop("type")
    options.pop("weights", None)
    return kind, options


def save_network(
    context: StageContext, role: str, module: nn.Module, *, step: int, path: Path | None = None
) -> None:
    """Write a network to the artifact *role* (or to *path*), so that recipes can name it."""
    from styletalker.core.checkpoint import save_component

    kind, options = kind_and_options(context, role)
    save_component(
        path or context.outputs[role], module, role=role, type=kind, options=options, step=step
    )
