"""TypeScript: JavaScript and its types."""

from __future__ import annotations

from wtagents.core.record import replace
from wtagents.ladder.structural.language import Holder
from wtagents.ladder.structural.languages import javascript

LANGUAGE = replace(
    javascript.LANGUAGE,
    name="TypeScript",
    package="tree_sitter_typescript",
    function="language_typescript",
    entities={
        **javascript.LANGUAGE.entities,
        "interface_declaration": ("name",),
        "type_alias_declaration": ("name",),
        "enum_declaration": ("name",),
        "abstract_class_declaration": ("name",),
        "public_field_definition": ("name",),
        "property_signature": ("name",),
        "method_signature": ("name", "parameters"),
        "abstract_method_signature": ("name", "parameters"),
        "function_signature": ("name", "parameters"),
        "enum_assignment": ("name",),
    },
    wrappers={**javascript.LANGUAGE.wrappers, "ambient_declaration": ""},
    holders={
        **javascript.LANGUAGE.holders,
        "interface_body": Holder(free=True),
        "object_type": Holder(free=True),
        "enum_body": Holder(free=True, separator=",", scalars=("property_identifier",)),
    },
    leads=("decorator",),
)
