"""Folders in Hugging Face layout: a weight file, and JSON files that say what it is."""

from __future__ import annotations

from pathlib import Path

from styletalker.core.errors import CheckpointError, InputError, compose

__all__ = ["WEIGHTS_NAMES", "weights_in"]

WEIGHTS_NAMES = ("model.safetensors", "pytorch_model.bin")
"""What the weight file of such a folder is called; the first that is there is taken."""
_INDICES = tuple(f"{name}.index.json" for name in WEIGHTS_NAMES)


def weights_in(path: Path) -> Path:
    """*path* itself; the weight file in it if it is a folder in Hugging Face layout.

    Raises:
        InputError: it is a folder without a weight file.
        CheckpointError: the folder's weights are split into several files.
    """
    if not path.is_dir():
        return path
    for name in WEIGHTS_NAMES:
        if (path / name).is_file():
            return path / name
    for name in _INDICES:
        if (path / name).is_file():
            fix = f"Join them into one {WEIGHTS_NAMES[0]}."
            raise CheckpointError(
                compose("its weights are split into several files", where=str(path), fix=fix)
            )
    held = sorted(one.name for one in path.iterdir())
    expected = " or ".join(WEIGHTS_NAMES)
    given = ", ".join(held[:5]) or "nothing"
    problem = "is a folder without a weight file"
    raise InputError(compose(problem, where=str(path), expected=expected, given=given))
