"""Components are built once, in the order their needs imply."""

from __future__ import annotations

from pathlib import Path

import pytest
from styletalker.core.assembly import Components, with_needed
from styletalker.core.config.options import Chosen
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import ConfigError
from styletalker.core.registry import Registry
from support.scaffolds import registry_of_scaffolds


@pytest.fixture(scope="module")
def scaffolds(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return registry_of_scaffolds(tmp_path_factory.mktemp("scaffolds"))


def components(registry: Registry, *roles: str) -> Components:
    structurer = Structurer(registry)
    chosen: dict[str, Chosen] = {}
    for role in roles:
        component, faults = structurer.choose(role, f"example_{role}")
        assert component is not None, faults
        chosen[role] = component
    return Components(chosen, registry)


def test_with_needed() -> None:
    assert with_needed(["inverter"]) == ("generator", "inverter")
    assert with_needed(["prior"]) == ("audio_encoder", "generator", "motion_vae", "prior")
    assert with_needed([]) == ()


def test_sizes_flow_from_one_component_to_the_next(scaffolds: Registry) -> None:
    parts = components(scaffolds, "prior", "motion_vae", "audio_encoder", "generator")
    prior = parts.get("prior")
    assert prior.motion_dim == parts.get("motion_vae").motion_dim == 4
    assert prior.audio_dim == parts.get("audio_encoder").audio_dim == 64
    assert (prior.num_ws, prior.w_dim) == (2, 64)
    assert parts.get("prior") is prior


def test_a_missing_component_is_named(scaffolds: Registry) -> None:
    with pytest.raises(ConfigError) as caught:
        components(scaffolds, "prior", "audio_encoder", "generator").get("prior")
    assert str(caught.value) == (
        "the prior 'example_prior' needs the motion_dim of a motion VAE, and the recipe chooses "
        "none; add motion_vae: under components:"
    )
    with pytest.raises(ConfigError) as caught:
        components(scaffolds).get("generator")
    assert str(caught.value) == (
        "the recipe chooses no generator; add generator: under components:"
    )


def test_scaffolds_are_where_they_should_be(scaffolds: Registry) -> None:
    assert all(Path(offer.plugin.distribution).name for offer in scaffolds.offers())
    assert scaffolds.discovery.refusals == ()
    assert len(scaffolds.offers()) == 11
