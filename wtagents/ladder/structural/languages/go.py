"""Go."""

from __future__ import annotations

from wtagents.ladder.structural.language import Holder, Language

LANGUAGE = Language(
    name="Go",
    package="tree_sitter_go",
    roots=("source_file",),
    imports={"import_spec": "path"},
    entities={
        "function_declaration": ("name",),
        "method_declaration": ("receiver", "name"),
        "type_spec": ("name",),
        "var_spec": ("name",),
        "const_spec": ("name",),
        "field_declaration": ("name",),
        "method_elem": ("name",),
        "keyed_element": ("key",),
    },
    wrappers={"type_declaration": "", "var_declaration": "", "const_declaration": ""},
    holders={
        "block": Holder(free=False),
        "import_spec_list": Holder(free=True),
        "var_spec_list": Holder(free=True),
        "const_declaration": Holder(free=False),
        "field_declaration_list": Holder(free=True),
        "interface_type": Holder(free=True),
        "literal_value": Holder(free=True, separator=",", scalars=("literal_element",)),
    },
)
