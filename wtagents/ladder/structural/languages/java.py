"""Java."""

from __future__ import annotations

from wtagents.ladder.structural.language import Holder, Language

LANGUAGE = Language(
    name="Java",
    package="tree_sitter_java",
    roots=("program",),
    imports={"import_declaration": ""},
    entities={
        "class_declaration": ("name",),
        "interface_declaration": ("name",),
        "enum_declaration": ("name",),
        "record_declaration": ("name",),
        "annotation_type_declaration": ("name",),
        "method_declaration": ("name", "parameters"),
        "constructor_declaration": ("name", "parameters"),
        "field_declaration": ("declarator.name",),
        "enum_constant": ("name",),
    },
    holders={
        "block": Holder(free=False),
        "constructor_body": Holder(free=False),
        "class_body": Holder(free=True),
        "interface_body": Holder(free=True),
        "annotation_type_body": Holder(free=True),
        "enum_body_declarations": Holder(free=True),
    },
)
