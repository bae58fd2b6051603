"""Finding what a run has written, from outside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from styletalker.core.errors import RunError
from styletalker.core.files import read_json
from styletalker.core.recipe.merge import stage_name
from styletalker.core.recipe.nodes import read_yaml

__all__ = ["is_run", "latest_artifact"]


def is_run(path: Path) -> bool:
    """Whether *path* is the directory of a run."""
    return (path / "run.json").is_file() and (path / "recipe.yaml").is_file()


def latest_artifact(run: Path, artifact: str) -> Path:
    """The file or folder *artifact* of the last finished stage of a run that writes it.

    Raises:
        RunError: no finished stage wrote it; the message says how the stages stand.
        ConfigError: the run's recipe is damaged.
    """
    states = {name: _state(run, name) for name in _stages(run)}
    for name, state in reversed(states.items()):
        place = state.get("places", {}).get(artifact) if state.get("status") == "done" else None
        if place is None:
            continue
        path: Path = run / "stages" / name / place
        if not path.exists():
            raise RunError(f"{path}: is gone; stage {name!r} wrote it as its {artifact!r}")
        return path
    stand = ", ".join(
        f"{name} ({state.get('status', 'not begun')})" for name, state in states.items()
    )
    raise RunError(
        f"{run}: no finished stage wrote an artifact {artifact!r}; the stages are {stand or 'none'}"
    )


def _stages(run: Path) -> list[str]:
    """Names of the run's stages, in order."""
    pipeline = read_yaml(run / "recipe.yaml").value.get("pipeline")
    names = [stage_name(stage) for stage in pipeline.value] if pipeline is not None else []
    return [name for name in names if name is not None]


def _state(run: Path, name: str) -> dict[str, Any]:
    path = run / "stages" / name / "stage.json"
    state: dict[str, Any] = read_json(path) if path.is_file() else {}
    return state
