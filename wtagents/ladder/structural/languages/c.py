"""C."""

from __future__ import annotations

from wtagents.ladder.structural.language import Holder, Language

LANGUAGE = Language(
    name="C",
    package="tree_sitter_c",
    roots=("translation_unit",),
    imports={"preproc_include": "path"},
    entities={
        "function_definition": ("declarator.*",),
        "declaration": ("declarator.*",),
        "type_definition": ("declarator.*",),
        "struct_specifier": ("name",),
        "union_specifier": ("name",),
        "enum_specifier": ("name",),
        "field_declaration": ("declarator.*",),
        "enumerator": ("name",),
        "preproc_def": ("name",),
        "preproc_function_def": ("name",),
    },
    holders={
        "compound_statement": Holder(free=False),
        "field_declaration_list": Holder(free=False),
        "enumerator_list": Holder(free=False, separator=","),
        "initializer_list": Holder(free=False, separator=","),
    },
)
