"""A JSON Schema of recipes, generated from the registered configuration classes.

Editors (through the YAML language server) complete and check recipes with it::

    # yaml-language-server: $schema=recipe.schema.json
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import attrs
from styletalker.core.component import Component
from styletalker.core.config.describe import describe
from styletalker.core.config.options import OfRole, Range
from styletalker.core.config.structure import Structurer
from styletalker.core.recipe.model import RecipeKeys
from styletalker.core.registry import Registry
from styletalker.core.roles import ROLES, Place, role_named
from styletalker.core.weights import BUILTIN, SUFFIX

__all__ = ["recipe_schema"]

_SCALARS: Mapping[object, str] = {
    int: "integer",
    float: "number",
    bool: "boolean",
    str: "string",
    Path: "string",
    type(None): "null",
}


def recipe_schema(registry: Registry) -> dict[str, Any]:
    """The schema (JSON Schema 2020-12) of recipes over the components of *registry*."""
    writer = _Writer(registry)
    docs = {field.name: field.doc for field in describe(RecipeKeys)}
    plain = {key: writer.field_schema(key) for key in ("extends", "name", "seed")}
    components = {
        role.name: writer.choice(role.name) for role in ROLES if role.place is Place.COMPONENTS
    }
    stage = writer.choice("stage", name=True)
    patch = {"type": "object", "additionalProperties": {"type": ["object", "null"]}}
    properties = {
        **plain,
        "components": {
            "type": "object",
            "properties": components,
            "additionalProperties": False,
        },
        "corpus": writer.choice("corpus"),
        "pipeline": {"oneOf": [{"type": "array", "items": stage}, patch]},
    }
    for key, schema in properties.items():
        schema["description"] = docs[key]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "styletalker recipe",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "$defs": writer.definitions,
    }


def _allow_weights(schema: dict[str, Any], component: Component) -> None:
    """Let ``weights:`` stand beside ``type:``; they bring what is required otherwise."""
    names = [f"{BUILTIN}{name}" for name in sorted(component.pretrained)]
    schema["properties"]["weights"] = {
        "description": f"Weights to start from: {BUILTIN}NAME, or the path of a {SUFFIX} "
        "file, of a public weight file, or of the folder of one.",
        "anyOf": [
            *([{"enum": names}] if names else []),
            {"type": "string", "pattern": f"^(?!{BUILTIN}).+$"},
            {"type": "null"},
        ],
    }
    required = [key for key in schema["required"] if key != "type"]
    if required:
        schema["required"] = ["type"]
        schema["anyOf"] = [
            {"required": required},
            {"required": ["weights"], "properties": {"weights": {"type": "string"}}},
        ]


class _Writer:
    """Schemas of types; each choice of a component becomes one shared definition."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.structurer = Structurer(registry)
        self.definitions: dict[str, Any] = {}

    def field_schema(self, key: str) -> dict[str, Any]:
        field = next(field for field in describe(RecipeKeys) if field.name == key)
        return self.limited(self.of(field.annotation), field.limits)

    def choice(self, role: str, *, name: bool = False) -> dict[str, Any]:
        """A component of *role*: its bare name, or a mapping with ``type:`` and options."""
        key = role
        if key not in self.definitions:
            self.definitions[key] = {}  # a component may choose another of its own role
            names = list(self.registry.names(role))
            variants = []
            for known in names:
                component = self.registry.get(role, known).component
                schema = self.options(component.config, type_name=known, name=name)
                schema["description"] = component.summary
                if role_named(role).neural:
                    _allow_weights(schema, component)
                variants.append(schema)
            self.definitions[key] = {"anyOf": [{"enum": names}, *variants]}
        return {"$ref": f"#/$defs/{key}"}

    def options(
        self, config: type, *, type_name: str | None = None, name: bool = False
    ) -> dict[str, Any]:
        """A mapping of the options of a configuration class."""
        properties: dict[str, Any] = {}
        required = []
        if type_name is not None:
            properties["type"] = {"const": type_name}
            required.append("type")
        if name:
            properties["name"] = {"type": "string", "description": "Name of the stage."}
        for field in describe(config):
            schema = self.limited(self.of(field.annotation), field.limits)
            if field.doc:
                schema["description"] = field.doc
            if field.required:
                required.append(field.name)
            else:
                schema["default"] = self.structurer.plain(field.default)
            properties[field.name] = schema
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }

    def of(self, annotation: Any) -> dict[str, Any]:
        """The schema of one type."""
        if annotation in _SCALARS:
            return {"type": _SCALARS[annotation]}
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Annotated:
            role = next((m.role for m in arguments[1:] if isinstance(m, OfRole)), None)
            return self.choice(role) if role else self.of(arguments[0])
        if origin is typing.Literal:
            return {"enum": list(arguments)}
        if origin in (typing.Union, types.UnionType):
            return {"anyOf": [self.of(argument) for argument in arguments]}
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return {"enum": [member.value for member in annotation]}
        if isinstance(annotation, type) and attrs.has(annotation):
            return self.options(annotation)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        if origin is tuple and Ellipsis not in arguments:
            items = [self.of(argument) for argument in arguments]
            return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}
        if origin is not None and arguments:
            return {"type": "array", "items": self.of(arguments[0])}
        return {}

    def limited(self, schema: dict[str, Any], limits: Range | None) -> dict[str, Any]:
        """The schema with a number's range."""
        if limits is None:
            return schema
        target = next((one for one in schema.get("anyOf", [])), schema)
        if limits.low is not None:
            target["exclusiveMinimum" if limits.low_open else "minimum"] = limits.low
        if limits.high is not None:
            target["maximum"] = limits.high
        return schema
