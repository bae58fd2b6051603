"""Checks of stages."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath

from styletalker.core.component import Component
from styletalker.core.config.options import Chosen
from styletalker.core.contract.case import Case
from styletalker.core.contract.sizes import ToyConfig
from styletalker.core.discovery import Discovery
from styletalker.core.recipe.model import Recipe, StageEntry
from styletalker.core.registry import Registry
from styletalker.core.run.plan import EVERY_ROLE
from styletalker.core.run.progress import Reporter
from styletalker.core.run.runner import run_recipe

_STANDS_IN = "contract_toy"


def check_declarations(case: Case) -> None:
    """Inputs are names; outputs stay inside the stage's directory."""
    stage = case.build()
    assert not isinstance(stage.inputs, str), "inputs must be a tuple of artifact names"
    for artifact, relative in stage.outputs.items():
        path = PurePosixPath(relative)
        inside = not path.is_absolute() and ".." not in path.parts
        assert inside, f"output {artifact!r} lies outside the stage's directory: {relative}"
        assert path != PurePosixPath("stage.json"), "stage.json is written by the run itself"


def check_runs(case: Case) -> None:
    """With a toy generator it runs, writes what it declares, and is skipped the second time.

    A stage that reads artifacts or a corpus, or other roles' components, can only be tried in a
    recipe: for those this checks nothing.
    """
    stage = case.build()
    others = set(stage.roles) - {"generator", *EVERY_ROLE}
    if stage.inputs or stage.uses_corpus or others:
        return
    chosen = Chosen(role="stage", type=case.offer.qualified, config=case.config)
    recipe = Recipe(
        name="contract",
        path=Path("contract.yaml"),
        sources=("contract.yaml",),
        overrides=(),
        seed=0,
        components={"generator": Chosen(role="generator", type=_STANDS_IN, config=ToyConfig())},
        corpus=None,
        pipeline=(StageEntry(name="it", chosen=chosen),),
    )
    registry = _with_toy(case.registry)
    with tempfile.TemporaryDirectory() as folder:
        first = run_recipe(recipe, registry, Path(folder) / "run", reporter=_silent())
        again = run_recipe(recipe, registry, Path(folder) / "run", reporter=_silent())
        assert first.stages[0].outcome == "done"
        assert again.stages[0].outcome == "skipped", "a finished stage is not recognised"


def _with_toy(registry: Registry) -> Registry:
    toy = Component(
        role="generator",
        name=_STANDS_IN,
        target="styletalker.core.contract.toys:ToyGenerator",
        config=ToyConfig,
        summary="stands in for a generator",
        source="none",
        licence="Apache-2.0",
        smoke={},
    )
    offers = (*registry.discovery.offers, *Registry.of(toy).discovery.offers)
    return Registry(Discovery(plugins=registry.discovery.plugins, offers=offers))


def _silent() -> Reporter:
    from rich.console import Console

    return Reporter(Console(quiet=True))
