"""Puppet: synthetic talking heads whose ground truth is exactly known."""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.puppet.config import PuppetConfig

__all__ = ["styletalker_components"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the corpus."""
    return [
        Component(
            role="corpus",
            name="puppet",
            target="styletalker.plugins.puppet.corpus:Puppet",
            config=PuppetConfig,
            summary="synthetic talking heads with exactly known ground truth, made on the fly",
            source="our own renderer; speech by espeak-ng (GPL-3.0, a separate program library)",
            licence="Apache-2.0",
            smoke={
                "resolution": 32,
                "frames": 3,
                "train_identities": 2,
                "val_identities": 1,
                "test_identities": 1,
                "clips_per_identity": 1,
            },
        )
    ]
