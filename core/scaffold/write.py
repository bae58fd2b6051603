"""Writing a new plug-in package from the templates."""

from __future__ import annotations

import importlib.resources
import keyword
import re
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

from styletalker.core.errors import InputError, compose
from styletalker.core.files import write_text
from styletalker.core.roles import role_named

__all__ = ["write_plugin"]

_SUFFIX = ".tmpl"
_SMOKE = {
    "generator": '{"resolution": 16, "channels": 8}',
    "inverter": '{"channels": 8}',
    "audio_encoder": '{"channels": 8}',
    "sync_discriminator": '{"channels": 8}',
    "motion_vae": '{"channels": 8}',
    "prior": '{"channels": 8}',
    "corpus": '{"resolution": 32, "clips": 2}',
}
"""Tiny configurations of the templates' components; others are tiny by default."""


_PLACE = re.compile(r"@\{(\w+)\}")
"""Where a name goes in a template: ``@{component}``."""


def write_plugin(name: str, role: str, component: str | None, parent: Path) -> list[Path]:
    """Write a plug-in package called *name* with one working component.

    Args:
        name: distribution and folder name, such as ``styletalker-ripple``.
        role: the role of the component.
        component: its name in recipes; by default the last word of *name*.
        parent: the folder to make it in.

    Returns:
        The files written.

    Raises:
        InputError: a name is not usable, or the folder exists.
        PluginError: the role does not exist.
    """
    title = role_named(role).title
    if not re.fullmatch(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", name):
        expected = "lower-case words joined by '-', such as styletalker-ripple"
        raise InputError(compose("not a package name", expected=expected, given=name))
    own = component or re.split("[-_]", name)[-1]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", own) or keyword.iskeyword(own):
        expected = "snake_case, such as ripple"
        raise InputError(compose("not a component name", expected=expected, given=own))
    folder = parent / name
    if folder.exists():
        raise InputError(f"{folder}: exists already; choose another name or --output")
    names = {
        "distribution": name,
        "package": name.replace("-", "_"),
        "component": own,
        "Class": _class_name(own, role_named(role).interface.partition(":")[2]),
        "role": role,
        "title": title,
        "article": "an" if title[0] in "aeiou" else "a",
        "smoke": _SMOKE.get(role, "{}"),
    }
    templates = importlib.resources.files("styletalker.core.scaffold") / "templates"
    written = []
    for relative, template in _templates(templates, ""):
        if relative.startswith("roles/"):
            _, of_role, relative = relative.split("/", 2)
            if of_role != role:
                continue
        path = folder / re.sub("^package/", f"{names['package']}/", relative)
        write_text(path, _filled(template.read_text(encoding="utf-8"), names))
        written.append(path)
    return sorted(written)


def _class_name(component: str, interface: str) -> str:
    """The class of a component; not the interface's own name, which its module imports."""
    name = "".join(part.capitalize() for part in component.split("_"))
    return f"My{name}" if name == interface else name


def _filled(template: str, names: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: names[place[1]], template)


def _templates(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found = []
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            found += _templates(item, f"{prefix}{item.name}/")
        elif item.name.endswith(_SUFFIX):
            found.append((prefix + item.name.removesuffix(_SUFFIX), item))
    return found
