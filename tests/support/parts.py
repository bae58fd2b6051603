"""Small components for tests: configurations, stages that write and read, and a registry."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import attrs
from styletalker.core.component import Component
from styletalker.core.config.options import OPERATIONAL, Chosen, OfRole, above, within
from styletalker.core.files import write_text
from styletalker.core.interfaces.stage import Stage
from styletalker.core.registry import Registry
from styletalker.core.run.context import StageContext

__all__ = ["component", "make_registry"]


class Mood(Enum):
    CALM = "calm"
    LIVELY = "lively"


@attrs.frozen(kw_only=True)
class Optimiser:
    """Nested options."""

    rate: float = attrs.field(default=1e-3, validator=above(0.0, 1.0))
    """Learning rate, above 0 to 1."""
    betas: tuple[float, float] = (0.9, 0.99)
    """Two decay rates."""


@attrs.frozen(kw_only=True)
class FlowConfig:
    """Options of the prior ``flow``."""

    hidden: int = attrs.field(default=64, validator=within(1, 4096))
    """Channels, 1 to 4096."""
    layers: int = attrs.field(default=4, validator=within(1, 32))
    """Couplings, 1 to 32."""


@attrs.frozen(kw_only=True)
class GaussianConfig:
    """Options of the prior ``gaussian``."""

    hidden: int = attrs.field(default=64, validator=within(1, 4096))
    """Channels, 1 to 4096."""


@attrs.frozen(kw_only=True)
class EveryKindConfig:
    """One option of every kind a configuration may have."""

    count: int = attrs.field(validator=within(1, 10))
    """A whole number that is required."""
    rate: float = 1.0
    """A number."""
    on: bool = False
    """A switch."""
    text: str = "a"
    """A text."""
    path: Path = Path("x")
    """A path."""
    mode: Literal["one", "two", 3] = "one"
    """A choice."""
    mood: Mood = Mood.CALM
    """An enumeration."""
    sizes: tuple[int, ...] = (1, 2)
    """A list."""
    pair: tuple[int, str] = (1, "a")
    """A pair."""
    shares: Mapping[str, float] = attrs.field(factory=dict)
    """A mapping."""
    maybe: float | None = None
    """Optional."""
    either: int | Literal["auto"] = "auto"
    """One or the other."""
    optimiser: Optimiser = attrs.field(factory=Optimiser)
    """Nested."""
    prior: Annotated[Chosen, OfRole("prior")] | None = None
    """Another component."""
    priors: tuple[Annotated[Chosen, OfRole("prior")], ...] = ()
    """Other components."""
    even: int = attrs.field(default=2)
    """A number with a validator of its own."""

    @even.validator
    def _check_even(self, _: Any, value: int) -> None:
        if value % 2:
            raise ValueError("must be even")


@attrs.frozen(kw_only=True)
class NoteConfig:
    """Options of the test stages."""

    text: str = "note"
    """What to write."""
    fail: Literal["no", "bug", "kill", "interrupt", "no-output"] = "no"
    """How to fail."""


@attrs.frozen(kw_only=True)
class Pace:
    """Nested options, one of them operational."""

    rate: float = 1.0
    """Changes the result."""
    threads: int = attrs.field(default=1, metadata=OPERATIONAL)
    """Does not."""


@attrs.frozen(kw_only=True)
class PacedConfig(NoteConfig):
    """Options of the test stage ``paced``."""

    pace: Pace = attrs.field(factory=Pace)
    """Nested."""


class WriteNote(Stage):
    """Writes a note, or fails in the way its options say."""

    outputs: ClassVar[Mapping[str, str]] = {"note": "note.txt"}

    def run(self, context: StageContext) -> None:
        context.record(0, attempt=1.0, nothing=float("nan"))
        write_text(context.directory / "attempt.txt", f"resuming {context.resuming}")
        if self.config.fail == "bug":
            raise ZeroDivisionError("a bug")
        if self.config.fail == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.config.fail == "interrupt":
            raise KeyboardInterrupt
        if self.config.fail != "no-output":
            write_text(context.outputs["note"], f"{self.config.text} {context.seed}")


class CopyNote(Stage):
    """Reads the note of an earlier stage."""

    inputs = ("note",)
    outputs: ClassVar[Mapping[str, str]] = {"copy": "copy/note.txt"}

    def run(self, context: StageContext) -> None:
        text = context.inputs["note"].read_text(encoding="utf-8")
        write_text(context.outputs["copy"], f"{self.config.text}: {text}")


class UsePrior(Stage):
    """Needs a prior and a corpus, and so, indirectly, most other roles."""

    roles = ("prior",)
    uses_corpus = True

    def run(self, context: StageContext) -> None:
        raise NotImplementedError


def component(role: str, name: str, config: type, target: str = "", **more: Any) -> Component:
    """A record with everything else filled in."""
    record: dict[str, Any] = {
        "summary": f"the {name}",
        "source": "a test",
        "licence": "Apache-2.0",
        "smoke": {},
        "target": target or f"support.parts:{config.__name__}",
    }
    return Component(role=role, name=name, config=config, **{**record, **more})


def make_registry(*more: Component) -> Registry:
    """A registry of the test components and *more*."""
    return Registry.of(
        component("prior", "flow", FlowConfig),
        component("prior", "gaussian", GaussianConfig),
        component("generator", "every_kind", EveryKindConfig),
        component("corpus", "nothing", NoteConfig),
        component("stage", "write", NoteConfig, "support.parts:WriteNote"),
        component("stage", "paced", PacedConfig, "support.parts:WriteNote"),
        component("stage", "copy", NoteConfig, "support.parts:CopyNote"),
        component("stage", "use_prior", NoteConfig, "support.parts:UsePrior"),
        *more,
    )
