"""What a run ran on: versions, hardware and the state of the code."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from styletalker.core.registry import Registry

__all__ = ["cores", "describe_environment", "git_state", "hardware", "version_of"]

_PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "attrs",
    "cattrs",
    "pluggy",
    "safetensors",
    "av",
    "lightning-fabric",
)
"""Packages whose version may change a result."""


def version_of(distribution: str) -> str | None:
    """The installed version of a distribution, or None."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def describe_environment(registry: Registry) -> dict[str, Any]:
    """Everything about this machine and installation that a result may depend on."""
    plugins = {f"{plugin.distribution} {plugin.version}" for plugin in registry.discovery.plugins}
    return {
        "styletalker": version_of("styletalker"),
        "command": sys.argv,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: version for name in _PACKAGES if (version := version_of(name))},
        "plugins": sorted(plugins),
        "hardware": hardware(),
        "git": git_state(Path.cwd()),
    }


def hardware() -> dict[str, Any]:
    """Processor, memory and, where torch is already imported, accelerators."""
    found: dict[str, Any] = {
        "processor": _processor(),
        "cores": cores(),
        "memory_gb": _memory_gb(),
    }
    torch = sys.modules.get("torch")
    if torch is not None:
        found["accelerators"] = [
            torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())
        ]
    return found


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit and cleanness of the checkout *folder* is in; None outside one."""
    git = shutil.which("git")
    if git is None:
        return None

    def ask(*words: str) -> str | None:
        answer = subprocess.run(  # noqa: S603
            [git, "-C", str(folder), *words], capture_output=True, text=True, check=False
        )
        return answer.stdout.strip() if answer.returncode == 0 else None

    commit = ask("rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit, "dirty": bool(ask("status", "--porcelain"))}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def cores() -> int | None:
    """Cores this process may use, which a container may have limited."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _memory_gb() -> float | None:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
    return round(total / 2**30, 1)
