"""Seeds: one for everything random in a stage."""

from __future__ import annotations

import hashlib
import random

import numpy as np

__all__ = ["seed_everything", "stage_seed"]


def stage_seed(seed: int, name: str) -> int:
    """The seed of a stage, from the recipe's: each stage of each seed has its own."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:4], "big")


def seed_everything(seed: int) -> None:
    """Seed the global generators of Python, numpy and torch."""
    import torch

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (for libraries that still use the global generator)
    torch.manual_seed(seed)
