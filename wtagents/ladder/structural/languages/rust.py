"""Rust."""

from __future__ import annotations

from wtagents.ladder.structural.language import Holder, Language

_PATHS = (
    "identifier",
    "scoped_identifier",
    "scoped_use_list",
    "use_as_clause",
    "use_wildcard",
    "self",
    "crate",
)

LANGUAGE = Language(
    name="Rust",
    package="tree_sitter_rust",
    roots=("source_file",),
    imports={"use_declaration": "argument.path", "extern_crate_declaration": ""},
    entities={
        "function_item": ("name",),
        "function_signature_item": ("name",),
        "struct_item": ("name",),
        "enum_item": ("name",),
        "union_item": ("name",),
        "trait_item": ("name",),
        "impl_item": ("trait", "type"),
        "mod_item": ("name",),
        "const_item": ("name",),
        "static_item": ("name",),
        "type_item": ("name",),
        "associated_type": ("name",),
        "macro_definition": ("name",),
        "field_declaration": ("name",),
        "enum_variant": ("name",),
        "field_initializer": ("field",),
    },
    holders={
        "block": Holder(free=False),
        "use_list": Holder(free=True, separator=",", scalars=_PATHS, imports=True),
        "declaration_list": Holder(free=True),
        "field_declaration_list": Holder(free=True, separator=","),
        "enum_variant_list": Holder(free=True, separator=","),
        "field_initializer_list": Holder(
            free=True, separator=",", scalars=("shorthand_field_initializer",)
        ),
        "array_expression": Holder(free=False, separator=","),
    },
    leads=("attribute_item",),
    condition=r"#\[cfg\b[^\]]*\]",
)
