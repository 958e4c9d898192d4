"""JavaScript."""

from __future__ import annotations

from wtagents.ladder.structural.language import Holder, Language

SCALARS = ("string", "identifier", "member_expression", "shorthand_property_identifier")

LANGUAGE = Language(
    name="JavaScript",
    package="tree_sitter_javascript",
    roots=("program",),
    imports={"import_statement": "source", "export_statement": "source"},
    entities={
        "function_declaration": ("name",),
        "generator_function_declaration": ("name",),
        "class_declaration": ("name",),
        "variable_declarator": ("name",),
        "method_definition": ("name",),
        "field_definition": ("property",),
        "pair": ("key",),
        "assignment_expression": ("left",),
        "import_specifier": ("name", "alias"),
        "export_specifier": ("name", "alias"),
    },
    wrappers={
        "export_statement": "declaration",
        "lexical_declaration": "",
        "variable_declaration": "",
        "expression_statement": "",
    },
    holders={
        "class_body": Holder(free=True),
        "named_imports": Holder(free=True, separator=","),
        "export_clause": Holder(free=True, separator=","),
        "object": Holder(free=True, separator=",", scalars=SCALARS),
        "array": Holder(free=True, separator=",", scalars=SCALARS),
        "statement_block": Holder(free=False),
    },
    calls=("describe", "it", "test", "suite", "context", "specify"),
    call_body="statement_block",
)
