"""One component under test, and the checks of its role."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import Any

import attrs
from styletalker.core.assembly import build
from styletalker.core.config.options import Chosen
from styletalker.core.config.structure import Structurer
from styletalker.core.contract.sizes import arguments_for
from styletalker.core.discovery import Offer
from styletalker.core.errors import PluginError, compose
from styletalker.core.registry import Registry
from styletalker.core.run.seeding import seed_everything

__all__ = ["Case", "ContractCheck", "checks_of"]

_GENERAL = ("record",)
"""Modules of checks that every role must pass."""

_BY_ROLE = {
    "generator": ("neural", "generator"),
    "inverter": ("neural", "inverter"),
    "audio_encoder": ("neural", "audio_encoder"),
    "sync_discriminator": ("neural", "sync_discriminator"),
    "motion_vae": ("neural", "motion_vae"),
    "prior": ("neural", "prior"),
    "corpus": ("corpus",),
    "face_analyser": ("face_analyser",),
    "metric": ("metric",),
    "stage": ("stage",),
    "command": ("command",),
}
"""Modules of checks by role; a test compares the keys with the roles."""


@attrs.frozen(kw_only=True)
class Case:
    """A component in its tiny configuration."""

    offer: Offer
    registry: Registry

    @property
    def role(self) -> str:
        """The component's role."""
        return self.offer.component.role

    @property
    def cls(self) -> type:
        """The component's class."""
        return self.registry.load(self.role, self.offer.qualified)

    @property
    def config(self) -> Any:
        """The tiny configuration, structured."""
        component = self.offer.component
        return Structurer(self.registry).structure(dict(component.smoke), component.config)

    def build(self, *, seed: int = 0) -> Any:
        """A new instance, with the random generators seeded first, at the kit's sizes.

        An inverter that works with one generator only is built at that generator's sizes.
        """
        seed_everything(seed)
        chosen = Chosen(role=self.role, type=self.offer.qualified, config=self.config)
        partner, arguments = self.partner(), arguments_for(self.role)
        if partner is not None:
            arguments = {name: getattr(partner, name) for name in arguments}
        return build(chosen, self.registry, **arguments)

    def partner(self) -> Any:
        """The generator that the component names as the only one it works with, or None."""
        name = getattr(self.cls, "partner", "")
        if not name:
            return None
        offer = self.registry.get("generator", name)
        return Case(offer=offer, registry=self.registry).build()


@attrs.frozen(kw_only=True)
class ContractCheck:
    """A check, bound to a component: call it; it raises AssertionError where it is not passed."""

    case: Case
    check: Callable[[Case], None]

    @property
    def label(self) -> str:
        """``role-name-check`` for test reports."""
        name = self.check.__name__.removeprefix("check_")
        return f"{self.case.role}-{self.case.offer.component.name}-{name}"

    def __call__(self) -> None:
        """Run the check."""
        self.check(self.case)


def checks_of(registry: Registry, distributions: Iterable[str]) -> list[ContractCheck]:
    """Every check of every component that the named distributions bring.

    Raises:
        PluginError: a distribution brings none (with the refusals), or a plug-in of it was
            refused.
    """
    checks: list[ContractCheck] = []
    for distribution in distributions:
        refused = [
            refusal
            for refusal in registry.discovery.refusals
            if refusal.plugin.distribution == distribution
        ]
        if refused:
            raise PluginError("\n".join(map(str, refused)))
        offers = [o for o in registry.offers() if o.plugin.distribution == distribution]
        if not offers:
            known = {offer.plugin.distribution for offer in registry.offers()}
            raise PluginError(
                compose(
                    "no installed distribution of this name brings a component",
                    given=distribution,
                    name=distribution,
                    choices=known,
                    fix="Is it installed (pip install -e .), with its entry point?",
                )
            )
        for offer in offers:
            case = Case(offer=offer, registry=registry)
            checks.extend(ContractCheck(case=case, check=check) for check in _checks_for(offer))
    return checks


def _checks_for(offer: Offer) -> list[Callable[[Case], None]]:
    modules = (*_GENERAL, *_BY_ROLE[offer.component.role])
    found: list[Callable[[Case], None]] = []
    for name in modules:
        module = importlib.import_module(f"styletalker.core.contract.checks.{name}")
        found += [value for key, value in vars(module).items() if key.startswith("check_")]
    return found
