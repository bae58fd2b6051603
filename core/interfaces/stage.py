"""Stage: one step of a recipe's pipeline."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from styletalker.core.interfaces.contract import Contract
from styletalker.core.run.context import StageContext

__all__ = ["Stage"]


class Stage(Contract, interface=True):
    """Does one piece of work in a run: builds a corpus, trains a part, makes videos, evaluates.

    **Declares** what it reads and writes by *artifact* names. ``outputs`` maps each artifact to a
    file or folder inside the stage's own directory; ``inputs`` lists artifacts that an earlier
    stage must have written (the latest one before it counts), ``optional_inputs`` those that one
    may have written. From these, its options, the
    components it uses and the seed comes the stage's fingerprint: as long as that stays the same
    a finished stage is skipped.

    **Does** its work in :meth:`run`, given a
    :class:`~styletalker.core.run.context.StageContext`: paths, components, corpus, seed, metrics
    and progress. It writes only inside ``context.directory``.

    **Can be killed at any moment** and continued: with ``context.resuming`` true the directory
    holds what the killed attempt left. Files written through ``styletalker.core.files`` are never
    half-written. A stage that keeps no checkpoints just starts again.

    **Randomness.** Python's, numpy's and torch's global generators are seeded with
    ``context.seed``, which depends on the recipe's seed and the stage's name.

    **Raises** StyletalkerError for what a user can mend; anything else is reported as the
    stage's failure with the traceback in the log.
    """

    inputs: ClassVar[tuple[str, ...]] = ()
    """Artifacts it reads; override with a property where it depends on options."""
    optional_inputs: ClassVar[tuple[str, ...]] = ()
    """Artifacts it reads if an earlier stage writes them, and does without if none does."""
    outputs: ClassVar[Mapping[str, str]] = {}
    """Artifact -> path inside the stage's directory; override with a property likewise."""
    roles: ClassVar[tuple[str, ...]] = ()
    """Roles whose components it uses from the recipe; ``EVERY_ROLE`` for all there are."""
    uses_corpus: ClassVar[bool] = False
    """Whether it reads the recipe's corpus."""

    def __init__(self, config: Any) -> None:
        """Build it from an instance of its configuration class; does no work yet."""
        self.config = config

    @abstractmethod
    def run(self, context: StageContext) -> None:
        """Do the work; every declared output must exist afterwards."""
