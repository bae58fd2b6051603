"""``toolkit doctor``: is this installation in order?"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from styletalker.core.cli.output import console, print_json, print_table
from styletalker.core.registry import Registry, conflict_text, missing_modules

__all__ = ["doctor"]


def doctor(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the installation: versions, devices, plug-ins and optional dependencies.

    The exit status is 4 if a plug-in was refused or a name is claimed twice.
    """
    from styletalker.core.errors import PluginError

    registry: Registry = context.obj
    findings = _findings(registry)
    if json:
        print_json(findings)
    else:
        _print(findings)
    if findings["refused"] or findings["conflicts"]:
        raise typer.Exit(PluginError.exit_code)


def _findings(registry: Registry) -> dict[str, Any]:
    import torch
    from styletalker.core.run.environment import describe_environment

    environment = describe_environment(registry)
    environment.pop("command")
    discovery = registry.discovery
    missing = {
        f"{offer.component.role} {offer.component.name}": f"pip install '{requirement}'"
        for offer in registry.offers()
        for requirement in missing_modules(offer.component).values()
    }
    return {
        **environment,
        "devices": ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
        + (["mps"] if torch.backends.mps.is_available() else []),
        "plugins": [
            {
                "plugin": plugin.name,
                "distribution": plugin.distribution,
                "version": plugin.version,
                "components": sum(offer.plugin == plugin for offer in discovery.offers),
            }
            for plugin in discovery.plugins
        ],
        "refused": [str(refusal) for refusal in discovery.refusals],
        "conflicts": [conflict_text(group) for group in registry.conflicts()],
        "skipped": [str(plugin) for plugin in discovery.skipped],
        "optional": missing,
    }


def _print(findings: dict[str, Any]) -> None:
    out = console()
    hardware = findings["hardware"]
    devices, cores = ", ".join(findings["devices"]), hardware["cores"]
    rows = [
        ("styletalker", str(findings["styletalker"])),
        ("python", f"{findings['python']} on {findings['platform']}"),
        ("hardware", f"{hardware['processor']}, {cores} cores, {hardware['memory_gb']} GB"),
        ("devices", devices),
        ("packages", ", ".join(f"{k} {v}" for k, v in findings["packages"].items())),
    ]
    print_table(("", ""), rows)
    out.print("\nplug-ins", style="bold")
    print_table(
        ("  name", "from", "components"),
        [
            (
                f"  {plugin['plugin']}",
                f"{plugin['distribution']} {plugin['version']}",
                str(plugin["components"]),
            )
            for plugin in findings["plugins"]
        ],
    )
    sections = {
        "refused": "Refused",
        "conflicts": "Names claimed twice",
        "skipped": "Left out by the environment variable STYLETALKER_PLUGINS",
    }
    for key, title in sections.items():
        if findings[key]:
            out.print(f"\n{title}", style="bold")
            for line in findings[key]:
                out.print(f"  {line}", markup=False)
    if findings["optional"]:
        out.print("\nOptional, not installed", style="bold")
        print_table(
            ("  for", "install with"),
            [(f"  {what}", command) for what, command in findings["optional"].items()],
        )
    healthy = not (findings["refused"] or findings["conflicts"])
    out.print("\nEverything is in order." if healthy else "\nSomething was refused, see above.")
