"""The directory of a run: whose it is, what is finished in it, and who is using it now.

::

    run.json           recipe, status, format
    recipe.yaml        the resolved recipe, each value with where it was written
    environment.json   versions, hardware, git state (one entry per start)
    metrics.jsonl      every recorded scalar
    events/            the same for TensorBoard
    log.txt
    stages/NAME/       what a stage wrote, and its stage.json
"""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path
from typing import Any, Self

from styletalker.core.errors import RunError
from styletalker.core.files import listing_of, read_json, remove_torn, write_json
from styletalker.core.lock import FolderLock, holds_others
from styletalker.core.run.plan import Step

__all__ = ["RunDirectory", "now"]

_FORMAT = 1
"""Version of the directory's layout."""
_LOCK = "run"


class RunDirectory:
    """A run's directory, opened and locked by this process; a context manager."""

    def __init__(self, path: Path) -> None:
        """Use :meth:`open`."""
        self.path = path
        self._lock: FolderLock | None = None

    @classmethod
    def open(cls, path: Path, recipe: str, *, resume: bool = False) -> Self:
        """Open the directory for a run of *recipe*, making it if there is none.

        Raises:
            RunError: it cannot be made or written, is something else, belongs to another recipe,
                is in use, or holds an unfinished run and *resume* is false.
        """
        self = cls(path)
        if path.exists() and not path.is_dir():
            raise RunError(f"{path}: is a file; a run needs a directory of its own")
        try:
            path.mkdir(parents=True, exist_ok=True)
            foreign = holds_others(path, _LOCK) and not self._state_path.exists()
        except OSError as error:
            raise RunError(f"{path}: cannot be used as run directory: {error.strerror}") from error
        if foreign:
            raise RunError(
                f"{path}: is not empty and not a run directory (it has no run.json). "
                "Choose another with --run-dir."
            )
        self._lock = FolderLock(path, _LOCK)
        try:
            remove_torn(path)
            self._claim(recipe, resume)
        except BaseException:
            self.close()
            raise
        return self

    def __enter__(self) -> Self:
        """The directory itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Unlock."""
        self.close()

    @property
    def state(self) -> dict[str, Any]:
        """The content of ``run.json``."""
        state: dict[str, Any] = read_json(self._state_path)
        return state

    def set_status(self, status: str) -> None:
        """Note in ``run.json`` that the run is ``running``, ``done``, ``failed`` or ``stopped``."""
        write_json(self._state_path, {**self.state, "status": status, "updated": now()})

    def stage_directory(self, name: str) -> Path:
        """Where stage *name* writes."""
        return self.path / "stages" / name

    def stage_state(self, name: str) -> dict[str, Any]:
        """The content of a stage's ``stage.json``; empty if it never started."""
        path = self.stage_directory(name) / "stage.json"
        state: dict[str, Any] = read_json(path) if path.exists() else {}
        return state

    def set_stage_state(self, step: Step, status: str, **details: Any) -> None:
        """Write a stage's ``stage.json``."""
        state = {"stage": step.name, "type": step.type, "status": status}
        state |= {"fingerprint": step.fingerprint, "updated": now(), **details}
        write_json(self.stage_directory(step.name) / "stage.json", state)

    def is_finished(self, step: Step) -> bool:
        """Whether a stage is done, for this very fingerprint, with its outputs in place."""
        state = self.stage_state(step.name)
        if state.get("status") != "done" or state.get("fingerprint") != step.fingerprint:
            return False
        folder = self.stage_directory(step.name)
        return all(
            (folder / relative).exists()
            and listing_of(folder / relative) == state.get("outputs", {}).get(artifact)
            for artifact, relative in step.outputs.items()
        )

    def can_resume(self, step: Step) -> bool:
        """Whether an attempt at this very stage was begun and not finished."""
        state = self.stage_state(step.name)
        return bool(state) and (
            state["status"] != "done" and state["fingerprint"] == step.fingerprint
        )

    def set_aside(self, name: str) -> Path | None:
        """Rename what a stage wrote to ``NAME.previous``, replacing an older one; or nothing."""
        folder = self.stage_directory(name)
        if not folder.exists():
            return None
        previous = folder.with_name(f"{name}.previous")
        shutil.rmtree(previous, ignore_errors=True)
        folder.rename(previous)
        return previous

    def close(self) -> None:
        """Unlock the directory."""
        if self._lock is not None:
            self._lock.release()

    @property
    def _state_path(self) -> Path:
        return self.path / "run.json"

    def _claim(self, recipe: str, resume: bool) -> None:
        if not self._state_path.exists():
            state = {"format": _FORMAT, "recipe": recipe, "status": "running", "created": now()}
            write_json(self._state_path, state)
            return
        state = self.state
        if state.get("format") != _FORMAT:
            raise RunError(
                f"{self.path}: was written by another version of styletalker "
                f"(format {state.get('format')}, this one writes {_FORMAT}). "
                "Choose another with --run-dir."
            )
        if state["recipe"] != recipe:
            raise RunError(
                f"{self.path}: belongs to a run of the recipe {state['recipe']!r}, not {recipe!r}. "
                "Choose another with --run-dir."
            )
        if state["status"] != "done" and not resume:
            raise RunError(
                f"{self.path}: holds an unfinished run of this recipe ({state['status']}). "
                "Go on with --resume, or choose another with --run-dir."
            )


def now() -> str:
    """The time in UTC, to the second, as ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
