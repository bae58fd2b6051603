"""What there is to say about a weight file, as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs
from styletalker.core.errors import CheckpointError
from styletalker.core.files import digest_of
from styletalker.core.public_files import PublicFile, found_in_folders
from styletalker.core.registry import Registry
from styletalker.core.weights_file.family import WeightsFamily

__all__ = ["describe_file", "known_files", "provenance"]


def describe_file(path: Path, registry: Registry) -> dict[str, Any]:
    """Layout, networks, tensors, values, and which families recognise it, ready for JSON.

    Raises:
        InputError: there is no such file.
        CheckpointError: it is damaged, of an unknown layout, or refused; the message says why.
    """
    from styletalker.core.weights_file.read import read_weights_file

    file = read_weights_file(path)
    dtypes = {name: str(d).removeprefix("torch.") for name, d in file.tensors.dtypes.items()}
    return {
        "file": str(file.path),
        "bytes": file.path.stat().st_size,
        "sha256": digest_of(file.path),
        "layout": file.layout,
        "holds": [_holds(family, fit, file) for family, fit in _asked(file, registry)],
        "networks": {
            name: {"class": kind, "arguments": dict(file.arguments.get(name, {}))}
            for name, kind in file.classes.items()
        },
        "dtypes": dict(Counter(dtypes.values())),
        "tensor_bytes": file.tensors.nbytes,
        "tensors": [
            {"name": name, "shape": list(shape), "dtype": dtypes[name]}
            for name, shape in file.tensors.shapes.items()
        ],
        "values": dict(file.values),
    }


def provenance(
    path: Path, sha256: str, layout: str, family: WeightsFamily | None
) -> dict[str, Any]:
    """Where converted weights are from: for the JSON file beside them."""
    names = (path.name, path.parent.name)  # a public folder is called what it is, not its file
    known = [file for file in (family.files if family else ()) if file.name in names]
    facts: dict[str, Any] = {"file": path.name, "sha256": sha256, "layout": layout}
    if family is not None:
        facts |= {
            "family": family.name,
            "licence": known[0].licence if known else family.licence,
            "preprocessing": family.preprocessing,
        }
    if known:
        facts |= {"purpose": known[0].purpose, "published": known[0].source}
    return facts


def known_files(
    registry: Registry, folders: Iterable[Path] = ()
) -> list[tuple[WeightsFamily, PublicFile, Path | None]]:
    """Every public file that an installed plug-in can read, and where it is, if it is.

    *folders* are looked into besides those of
    :func:`~styletalker.core.public_files.weights_folders`, before them.
    """
    given = list(folders)
    return [
        (family, file, found_in_folders(file.name, given))
        for family in registry.families()
        for file in family.files
    ]


def _asked(file: Any, registry: Registry) -> list[tuple[WeightsFamily, Any]]:
    """Families that recognise the file, with their fit, or why it cannot be used."""
    from styletalker.core.weights_file.fit import ask

    found: list[tuple[WeightsFamily, Any]] = []
    for family in registry.families():
        try:
            fit = ask(family, file)
        except CheckpointError as error:
            found.append((family, str(error)))
            continue
        if fit is not None:
            found.append((family, fit))
    return found


def _holds(family: WeightsFamily, fit: Any, file: Any) -> Mapping[str, Any]:
    facts: dict[str, Any] = {
        "family": family.name,
        "summary": family.summary,
        "role": family.role,
        "component": family.component,
    }
    if isinstance(fit, str):
        return {**facts, "problem": fit}
    about = provenance(file.path, "", file.layout, family)
    own = attrs.asdict(fit, filter=lambda field, _: field.name not in ("tensors", "notes"))
    return {
        **facts,
        **own,
        "licence": about["licence"],
        "preprocessing": family.preprocessing,
        "notes": list(fit.notes),
    }
