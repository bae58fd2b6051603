"""Finding a recipe: a path on disk, or the bare name of one that ships with the package."""

from __future__ import annotations

import importlib.resources
from importlib.resources.abc import Traversable
from pathlib import Path

import attrs
from styletalker.core.errors import ConfigError, compose

__all__ = ["RecipeFile", "find_recipe", "packaged_recipes"]

_PACKAGE = "styletalker.recipes"
_SUFFIX = ".yaml"


@attrs.frozen(kw_only=True)
class RecipeFile:
    """A recipe that was found."""

    path: Path
    """The file."""
    shown: str
    """How messages name it: as the user wrote it, or its bare name's file."""
    name: str
    """The recipe's name unless it says another: the file name without suffix."""


def packaged_recipes() -> dict[str, Path]:
    """Bare name -> file of every recipe inside the installed package, such as ``ablations/x``."""
    found: dict[str, Path] = {}
    root = importlib.resources.files(_PACKAGE)
    _collect(root, "", found)
    return dict(sorted(found.items()))


def find_recipe(name: str, beside: Path | None = None) -> RecipeFile:
    """The recipe a user means.

    Args:
        name: a path (relative to *beside*), or the bare name of a packaged recipe.
        beside: the folder that relative paths start from; by default the current one.

    Raises:
        ConfigError: there is no such file; the closest packaged recipe is suggested.
    """
    path = Path(name).expanduser()
    if beside is not None:
        path = beside / path
    if path.is_file():
        shown = str(path) if beside is None else _shortest(path)
        return RecipeFile(path=path, shown=shown, name=path.stem)
    if path.is_dir():
        raise ConfigError(f"{name}: is a folder, not a recipe file")
    known = packaged_recipes()
    bare = name.removesuffix(_SUFFIX)
    if bare in known and (bare == name or "/" not in name):
        return RecipeFile(path=known[bare], shown=f"{bare}{_SUFFIX}", name=Path(bare).name)
    raise ConfigError(
        compose(
            "no such recipe",
            given=name,
            name=Path(bare).name,
            choices=known,
            fix="Give the path of a YAML file or the name of a recipe that ships with styletalker.",
        )
    )


def _collect(folder: Traversable, prefix: str, found: dict[str, Path]) -> None:
    for item in folder.iterdir():
        if item.is_dir():
            _collect(item, f"{prefix}{item.name}/", found)
        elif item.name.endswith(_SUFFIX):
            found[prefix + item.name.removesuffix(_SUFFIX)] = Path(str(item))


def _shortest(path: Path) -> str:
    resolved = path.resolve()
    here = Path.cwd()
    return str(resolved.relative_to(here)) if resolved.is_relative_to(here) else str(resolved)
