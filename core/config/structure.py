"""Plain values -> configuration objects, strictly, and back.

cattrs does the work. The hooks here run a field's validator with the field, so that every
fault is found at once, and choose components by ``type:`` from a registry.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import attrs
from cattrs import Converter
from cattrs.errors import ClassValidationError
from cattrs.gen import make_dict_structure_fn, override
from styletalker.core.config.describe import annotations_of, describe
from styletalker.core.config.faults import Fault, Invalid, faults_in
from styletalker.core.config.options import Chosen, OfRole, Range
from styletalker.core.config.pretrained import (
    WEIGHTS,
    Described,
    contradictions,
    laid_over,
    read_weights,
)
from styletalker.core.config.strict import Hook, register_strict_hooks, shown, wrong_type
from styletalker.core.errors import ConfigError, PluginError
from styletalker.core.registry import Registry
from styletalker.core.roles import role_named

__all__ = ["Structurer"]


class Structurer:
    """Turns plain values into configuration objects, for the components of one registry."""

    def __init__(self, registry: Registry) -> None:
        """Make a structurer whose ``type:`` names come from *registry*."""
        self.registry = registry
        self._converter = Converter(forbid_extra_keys=True, detailed_validation=True)
        register_strict_hooks(self._converter)
        self._converter.register_structure_hook_factory(attrs.has, self._class_hook)
        self._converter.register_structure_hook_factory(_is_choice, self._choice_hook)
        self._converter.register_unstructure_hook(Chosen, self._plain_choice)
        self._converter.register_unstructure_hook(Path, str)
        self._identifier = Converter()
        self._identifier.register_unstructure_hook(Chosen, self._identity_of_choice)
        self._identifier.register_unstructure_hook(Path, str)

    def check(self, value: object, target: Any) -> tuple[Any, list[Fault]]:
        """The structured value (None when faulty) and everything that is wrong with it."""
        try:
            return self._converter.structure(value, target), []
        except Exception as error:
            return None, list(faults_in(error))

    def structure(self, value: object, target: type) -> Any:
        """The structured value.

        Raises:
            ConfigError: something is wrong; one line per fault.
        """
        result, faults = self.check(value, target)
        if faults:
            raise ConfigError("\n".join(fault.line() for fault in faults))
        return result

    def choose(self, role: str, value: object) -> tuple[Chosen | None, list[Fault]]:
        """A component of *role* from ``{type: ..., options}``, and the faults."""
        chosen, faults = self.check(value, Annotated[Chosen, OfRole(role)])
        return typing.cast("Chosen | None", chosen), faults

    def plain(self, config: object) -> Any:
        """The plain values of a configuration object; the inverse of structuring."""
        return _as_yaml(self._converter.unstructure(config))

    def identity(self, config: object) -> Any:
        """The same with the content of weights (their SHA-256) in place of where they are."""
        return _as_yaml(self._identifier.unstructure(config))

    def _class_hook(self, cls: type) -> Hook:
        annotations = annotations_of(cls)
        hooks = {
            attribute.name: override(struct_hook=self._field_hook(attribute, annotations))
            for attribute in attrs.fields(cls)
            if attribute.init
        }
        build: Hook = make_dict_structure_fn(
            cls,
            self._converter,
            _cattrs_forbid_extra_keys=True,
            _cattrs_detailed_validation=True,
            **hooks,  # type: ignore[arg-type]
        )
        expected = "a mapping of options: " + ", ".join(field.name for field in describe(cls))

        def hook(value: Any, target: Any) -> Any:
            if not isinstance(value, Mapping):
                raise wrong_type(expected, value)
            return build(value, target)

        return hook

    def _field_hook(
        self, attribute: attrs.Attribute[Any], annotations: Mapping[str, object]
    ) -> Hook:
        annotation: Any = annotations[attribute.name]

        def hook(value: Any, _: Any) -> Any:
            result = self._converter.structure(value, annotation)
            if attribute.validator is not None:
                _validate(attribute, result, value)
            return result

        return hook

    def _choice_hook(self, annotation: Any) -> Hook:
        role = next(m.role for m in annotation.__metadata__ if isinstance(m, OfRole))
        title = role_named(role).title

        def hook(value: Any, _: Any) -> Chosen:
            if isinstance(value, str):
                value = {"type": value}
            if not isinstance(value, Mapping):
                raise wrong_type(f"a {title}: its name, or type: and options", value)
            name = value.get("type")
            if not isinstance(name, str):
                known = ", ".join(self.registry.names(role)) or "none installed"
                raise Invalid(f"needs a type:; the {title} types are {known}", at_key=True)
            try:
                offer = self.registry.get(role, name)
            except PluginError as error:
                raise Invalid(str(error), below=("type",)) from error
            options = {key: option for key, option in value.items() if key != "type"}
            weights = options.pop(WEIGHTS, None) if role_named(role).neural else None
            if weights is not None:
                return self._with_weights(
                    role, name, options, read_weights(weights, offer.component, self.registry)
                )
            config: object = self._converter.structure(options, offer.component.config)
            return Chosen(role=role, type=name, config=config)

        return hook

    def _with_weights(
        self, role: str, name: str, given: Mapping[str, Any], weights: Described
    ) -> Chosen:
        """The component as its weights describe it; *given* options must agree with them."""
        target = self.registry.get(role, name).component.config
        stored, faults = self.check(weights.options, target)
        if faults:
            lines = "; ".join(fault.line() for fault in faults)
            problem = f"its JSON file has options that {name} does not take: {lines}"
            raise Invalid(problem, below=(WEIGHTS,))
        config: object = self._converter.structure(laid_over(weights.options, given), target)
        wrong = contradictions(target, given, self.plain(config), self.plain(stored))
        if wrong:
            raise ClassValidationError("contradictions", wrong, target)
        return Chosen(role=role, type=name, config=config, weights=weights.ref)

    def _plain_choice(self, chosen: Chosen) -> dict[str, object]:
        weights = {} if chosen.weights is None else {WEIGHTS: chosen.weights.given}
        return {"type": chosen.type, **weights, **self._converter.unstructure(chosen.config)}

    def _identity_of_choice(self, chosen: Chosen) -> dict[str, object]:
        weights = {} if chosen.weights is None else {WEIGHTS: chosen.weights.sha256}
        return {"type": chosen.type, **weights, **self._identifier.unstructure(chosen.config)}


def _validate(attribute: attrs.Attribute[Any], value: object, given: object) -> None:
    """Run a field's validator by itself, keeping its own words."""
    assert attribute.validator is not None
    try:
        attribute.validator(None, attribute, value)
    except Exception as error:
        if isinstance(attribute.validator, Range):
            expected = str(attribute.validator)
            raise Invalid("out of range", expected=expected, given=shown(given)) from error
        raise Invalid(" ".join(str(error).split())) from error


def _is_choice(annotation: Any) -> bool:
    return any(isinstance(part, OfRole) for part in getattr(annotation, "__metadata__", ()))


def _as_yaml(value: Any) -> Any:
    """Mappings, lists and scalars only: what YAML and JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _as_yaml(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_as_yaml(item) for item in value]
    return value
