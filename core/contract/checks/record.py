"""Checks of a component's record and configuration, for every role."""

from __future__ import annotations

import subprocess
import sys

import attrs
from styletalker.core.config.describe import describe
from styletalker.core.config.structure import Structurer
from styletalker.core.contract.case import Case

_RESERVED = {"type", "name"}
"""Keys that recipes use beside a component's options."""


def check_can_be_imported(case: Case) -> None:
    """The target is a class of the role."""
    assert isinstance(case.cls, type)


def check_options_are_documented(case: Case) -> None:
    """Every option has a docstring under it, with its unit and range."""
    config = case.offer.component.config
    bare = [field.name for field in describe(config) if not field.doc]
    assert not bare, f"put a docstring under {', '.join(bare)} in {config.__name__}"
    clashing = _RESERVED & {field.name for field in describe(config)}
    assert not clashing, f"{config.__name__}: {sorted(clashing)} mean something else in recipes"


def check_configuration_is_frozen(case: Case) -> None:
    """Options cannot change after a recipe was read, and are given by name."""
    config = case.config
    fields = attrs.fields(type(config))
    assert "__setattr__" in vars(type(config)), "use @attrs.frozen(kw_only=True)"
    assert all(field.kw_only for field in fields), "use @attrs.frozen(kw_only=True)"


def check_configuration_round_trip(case: Case) -> None:
    """Writing the options to a recipe and reading them again gives the same options."""
    structurer = Structurer(case.registry)
    plain = structurer.plain(case.config)
    again = structurer.structure(plain, type(case.config))
    assert again == case.config, f"{plain} reads as {again}, not {case.config}"


def check_plugin_is_light(case: Case) -> None:
    """Importing the plug-in module, as every `toolkit` command does, imports no torch."""
    module = case.offer.plugin.module.partition(":")[0]
    code = f"import sys, {module}; print(*sorted({{'torch', 'cv2', 'numba'}} & set(sys.modules)))"
    answer = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    heavy = answer.stdout.split()
    assert not heavy, f"{module} imports {', '.join(heavy)}: name the class in `target` instead"
