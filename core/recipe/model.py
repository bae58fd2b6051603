"""A recipe, validated: which components, on which corpus, through which stages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs
from styletalker.core.config.options import Chosen, within

__all__ = ["Recipe", "RecipeKeys", "StageEntry"]


@attrs.frozen(kw_only=True)
class RecipeKeys:
    """The keys a recipe file may have, each documented in docs/recipes.md."""

    extends: str | None = None
    """Another recipe (a path relative to this file, or a packaged name) to start from."""
    name: str | None = None
    """Name of the recipe and of its default run directory; by default the file's name."""
    seed: int = attrs.field(default=0, validator=within(0, 2**32 - 1))
    """Seed of everything random in the run."""
    components: Mapping[str, object] = attrs.field(factory=dict)
    """One component per role: ``role: {type: NAME, options}``, or just ``role: NAME``."""
    corpus: object = None
    """The corpus the stages read: ``{type: NAME, options}``."""
    pipeline: tuple[object, ...] = ()
    """The stages in order: ``{type: NAME, name: NAME, options}``, or just ``NAME``."""


@attrs.frozen(kw_only=True)
class StageEntry:
    """One stage of a recipe's pipeline."""

    name: str
    """Its name, unique in the pipeline; by default its type."""
    chosen: Chosen
    """Its type and options."""


@attrs.frozen(kw_only=True)
class Recipe:
    """A recipe in which every value has been validated."""

    name: str
    path: Path
    """The file it was read from."""
    sources: tuple[str, ...]
    """That file and those it extends, as messages name them."""
    overrides: tuple[str, ...]
    """The overrides given with it."""
    seed: int
    components: Mapping[str, Chosen]
    """Role name -> the chosen component."""
    corpus: Chosen | None
    pipeline: tuple[StageEntry, ...]
    notes: tuple[str, ...] = ()
    """What a reader should know, such as inherited options that were dropped."""
    origins: Mapping[str, str] = attrs.field(factory=dict)
    """Key path -> ``file:line:column`` where its value was written."""
