"""What a stage measures while it runs: JSON lines for machines, TensorBoard for people."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from styletalker.core.errors import RunError
from styletalker.core.files import write_text

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter

__all__ = ["MetricsLog", "read_metrics"]


class MetricsLog:
    """Scalars of one stage, appended to the run's ``metrics.jsonl`` and TensorBoard events.

    A line is ``{"stage": ..., "step": ..., NAME: VALUE, ...}``. Each is one write to a file opened
    for appending, so a killed run leaves whole lines; a torn last line, after a power cut, is
    removed when the file is opened again.
    """

    def __init__(self, path: Path, events: Path, stage: str) -> None:
        """Append to *path*; events go to the folder *events*, made when first needed."""
        self._path, self._events, self._stage = path, events, stage
        self._purge: int | None = None
        self._writer: SummaryWriter | None = None
        self._mend()
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise RunError(f"{path}: cannot be written: {error.strerror}") from error

    @property
    def tensorboard(self) -> SummaryWriter:
        """The TensorBoard writer, for images, video and sound beside the scalars."""
        if self._writer is None:
            from torch.utils.tensorboard.writer import SummaryWriter

            self._writer = SummaryWriter(str(self._events), purge_step=self._purge)
        return self._writer

    def record(self, step: int, values: dict[str, float]) -> None:
        """Append scalars of a step; values that are not finite are kept as text."""
        line: dict[str, Any] = {"stage": self._stage, "step": step}
        for name, value in values.items():
            number = float(value)
            line[name] = number if math.isfinite(number) else str(number)
            self.tensorboard.add_scalar(f"{self._stage}/{name}", number, step)
        os.write(self._descriptor, (json.dumps(line) + "\n").encode())

    def rewind(self, step: int | None) -> None:
        """Forget what this stage recorded after *step* (all of it for None).

        Called before a resumed stage repeats those steps.
        """
        lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [
            line
            for line in lines
            if (entry := json.loads(line))["stage"] != self._stage
            or (step is not None and entry["step"] <= step)
        ]
        if len(kept) < len(lines):
            os.close(self._descriptor)
            write_text(self._path, "".join(kept))
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        self._purge = 0 if step is None else step + 1

    def close(self) -> None:
        """Flush and close both files."""
        os.close(self._descriptor)
        if self._writer is not None:
            self._writer.close()

    def _mend(self) -> None:
        if self._path.exists():
            content = self._path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                write_text(self._path, content[:whole].decode("utf-8"))


def read_metrics(path: Path, stage: str | None = None) -> list[dict[str, Any]]:
    """The recorded lines, those of one stage if given; a torn last line is left out."""
    if not path.exists():
        return []
    content = path.read_text(encoding="utf-8")
    entries = [json.loads(line) for line in content[: content.rfind("\n") + 1].splitlines()]
    return [entry for entry in entries if stage is None or entry["stage"] == stage]
