"""What a stage is given to work with."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from styletalker.core.assembly import Components, build
from styletalker.core.config.options import Chosen
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import ConfigError, RunError
from styletalker.core.registry import Registry
from styletalker.core.run.metrics import MetricsLog
from styletalker.core.run.progress import Reporter, Task

if TYPE_CHECKING:
    from styletalker.core.interfaces.corpus import Corpus
    from torch.utils.tensorboard.writer import SummaryWriter

__all__ = ["StageContext"]


@attrs.frozen(kw_only=True, eq=False)
class StageContext:
    """A stage's surroundings: where to read and write, what to use, whom to tell."""

    name: str
    """The stage's name in the pipeline."""
    directory: Path
    """The stage's own directory; it writes nowhere else."""
    inputs: Mapping[str, Path]
    """Artifact -> the file or folder an earlier stage wrote."""
    outputs: Mapping[str, Path]
    """Artifact -> the file or folder this stage must write."""
    seed: int
    """Seed of this stage, from the recipe's seed and the stage's name."""
    resuming: bool
    """Whether *directory* holds what a killed attempt of this very stage left."""
    components: Components
    """The recipe's components."""
    registry: Registry
    """For components chosen in the stage's options."""
    log: logging.Logger
    """Writes to the run's ``log.txt``."""
    corpus_choice: Chosen | None
    """The recipe's corpus, not built yet."""
    metrics: MetricsLog
    """Scalars of this stage."""
    reporter: Reporter
    """Words and bars for the person who waits."""

    @property
    def tensorboard(self) -> SummaryWriter:
        """TensorBoard writer of the run, for images, video and sound."""
        return self.metrics.tensorboard

    def corpus(self) -> Corpus:
        """A new instance of the recipe's corpus.

        Raises:
            ConfigError: the recipe has none.
        """
        if self.corpus_choice is None:
            raise ConfigError(f"stage {self.name!r} needs a corpus; add corpus: to the recipe")
        corpus: Corpus = build(self.corpus_choice, self.registry)
        return corpus

    def corpus_description(self) -> dict[str, Any]:
        """The recipe's corpus as plain values: ``type`` and options."""
        if self.corpus_choice is None:
            return {}
        plain: dict[str, Any] = Structurer(self.registry).plain(self.corpus_choice)
        return plain

    def choose(self, chosen: Chosen, **arguments: Any) -> Any:
        """An instance of a component chosen in the stage's options."""
        return build(chosen, self.registry, **arguments)

    def record(self, step: int, **values: float) -> None:
        """Record scalars of a step in ``metrics.jsonl`` and TensorBoard."""
        self.metrics.record(step, values)

    def resume_at(self, step: int | None) -> None:
        """Say from which checkpoint a resuming stage goes on; later records are forgotten."""
        self.metrics.rewind(step)
        self.log.info("resumes after step %s", step)

    def say(self, text: str) -> None:
        """Tell the person, and the log."""
        self.log.info("%s", text)
        self.reporter.say(f"  {text}")

    @contextlib.contextmanager
    def progress(self, title: str, total: int, *, done: int = 0) -> Iterator[Task]:
        """A progress bar of *total* steps, of which *done* were done before."""
        with self.reporter.task(f"{self.name}: {title}", total, done=done) as task:
            yield task

    def check_outputs(self) -> None:
        """Raise RunError, naming it, if a declared output is missing."""
        for artifact, path in self.outputs.items():
            if not path.exists():
                raise RunError(
                    f"stage {self.name!r} declares the output {artifact!r} and did not write {path}"
                )
