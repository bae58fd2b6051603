"""The folder of a trained talker: everything that makes a portrait speak.

::

    talker.json              what it is: name, rates, resolution, card, and its components
    generator.safetensors    the tensors of one role
    generator.json           what they are: role, type, options, sizes, checksum
    ...
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from styletalker.core.errors import InputError, RunError
from styletalker.core.files import write_json
from styletalker.core.roles import role_named
from styletalker.core.weights import SUFFIX, read_facts

if TYPE_CHECKING:
    from styletalker.core.checkpoint import HalfType
    from torch import nn

__all__ = ["TALKER_FILE", "TALKER_FORMAT", "TALKER_ROLES", "save_talker"]

TALKER_ROLES = ("generator", "inverter", "audio_encoder", "motion_vae", "prior")
"""The roles a talker cannot do without; it may have more."""

TALKER_FILE = "talker.json"
"""What makes a folder a talker."""

TALKER_FORMAT = 1
"""Version of the folder's layout."""


def save_talker(
    folder: Path,
    components: Mapping[str, tuple[nn.Module, str, Mapping[str, Any]]],
    *,
    name: str,
    step: int = 0,
    dtype: HalfType | None = None,
    card: Mapping[str, Any] | None = None,
) -> None:
    """Write a talker; a talker that is there already is replaced as a whole.

    Args:
        folder: where to; made if there is none.
        components: role -> (network, its name in the registry, its options as plain values). All
            of :data:`TALKER_ROLES`, made for each other's sizes.
        name: what to call it.
        step: the training step it comes from.
        dtype: what floating-point tensors are rounded to; None keeps them.
        card: for its users: what it was trained on, how well it does, its licence.

    Raises:
        InputError: a role is missing, or two components do not fit each other.
        CheckpointError: a value is not finite, or beyond *dtype*.
        RunError: *folder* is something else, or cannot be written.
    """
    from styletalker.core.checkpoint import save_component

    _check_fit(components)
    folder = Path(folder)
    if folder.exists() and not (folder / TALKER_FILE).is_file() and _is_used(folder):
        raise RunError(f"{folder}: is not empty and not a talker; choose another folder")
    modules: dict[str, Any] = {role: part[0] for role, part in components.items()}
    entries = {}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as beside:
            new, old = Path(beside) / "new", Path(beside) / "old"
            for role, (module, kind, options) in components.items():
                path = new / f"{role}{SUFFIX}"
                own = {"framing": card["framing"]} if card and "framing" in card else {}
                save_component(
                    path,
                    module,
                    role=role,
                    type=kind,
                    options=options,
                    step=step,
                    dtype=dtype,
                    **(own if role == "generator" else {}),  # the weights alone know it too
                )
                facts = read_facts(path)
                entries[role] = {
                    "type": kind,
                    "options": facts["options"],
                    "file": path.name,
                    "sha256": facts["sha256"],
                }
            about = {
                "format": TALKER_FORMAT,
                "name": name,
                "fps": int(modules["audio_encoder"].fps),
                "sample_rate": int(modules["audio_encoder"].sample_rate),
                "resolution": int(modules["generator"].resolution),
                "card": dict(card or {}),
                "components": entries,
            }
            write_json(new / TALKER_FILE, about)
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
    except OSError as error:
        raise RunError(f"{folder}: cannot be written: {error.strerror or error}") from error


def _check_fit(components: Mapping[str, tuple[nn.Module, str, Mapping[str, Any]]]) -> None:
    """That a talker is complete, and its parts are of each other's sizes."""
    lacking = [role for role in TALKER_ROLES if role not in components]
    if lacking:
        raise InputError(f"a talker needs {', '.join(TALKER_ROLES)}; missing: {', '.join(lacking)}")
    modules: dict[str, Any] = {role: part[0] for role, part in components.items()}
    for role, module in modules.items():
        for keyword, origin in role_named(role).needs.items():
            other, _, attribute = origin.partition(".")
            here, there = getattr(module, keyword), getattr(modules[other], attribute)
            if here != there:
                raise InputError(
                    f"the {role_named(role).title} was made for {keyword} {here}, and the "
                    f"{role_named(other).title} has {there}"
                )


def _is_used(folder: Path) -> bool:
    return not folder.is_dir() or any(folder.iterdir())
