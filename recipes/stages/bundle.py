"""Stage ``bundle``: everything that was trained, as one talker folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.core.talker_folder import TALKER_ROLES
from styletalker.recipes.stages.config import BundleConfig
from styletalker.recipes.stages.networks import kind_and_options, network

__all__ = ["BundleTalker"]

_JUDGE = "sync_discriminator"


class BundleTalker(Stage):
    """Writes the talker's networks to one folder, which ``toolkit generate --model`` takes.

    Their weights are those of earlier stages, or those the recipe names.
    """

    config: BundleConfig
    optional_inputs: ClassVar[tuple[str, ...]] = (*TALKER_ROLES, _JUDGE)
    outputs: ClassVar[Mapping[str, str]] = {"talker": "talker"}

    @property
    def roles(self) -> tuple[str, ...]:  # type: ignore[override]
        """The talker's, and the sync discriminator's if it goes along."""
        return (*TALKER_ROLES, *((_JUDGE,) if self.config.sync_discriminator else ()))

    def run(self, context: StageContext) -> None:
        """Collect and write."""
        from styletalker.core.talker_folder import save_talker

        parts: dict[str, tuple[Any, str, dict[str, Any]]] = {}
        for role in self.roles:
            parts[role] = (network(context, role), *kind_and_options(context, role))  # type: ignore[call-overload]
        dtype = None if self.config.dtype == "float32" else self.config.dtype
        folder = context.outputs["talker"]
        corpus = context.corpus_description()
        card: dict[str, Any] = {"corpus": corpus, **self.config.card}
        if {"eye_row", "eye_distance"} <= set(corpus):  # portraits must be framed like its people
            card["framing"] = {name: corpus[name] for name in ("eye_row", "eye_distance")}
        save_talker(folder, parts, name=self.config.talker_name, dtype=dtype, card=card)
        size = sum(path.stat().st_size for path in folder.iterdir())
        context.say(f"{len(parts)} networks, {size / 1e6:.1f} MB: {folder}")
        context.record(0, bytes=size)
