"""Python."""

from __future__ import annotations

from wtagents.ladder.structural.language import Holder, Language

LANGUAGE = Language(
    name="Python",
    package="tree_sitter_python",
    roots=("module",),
    imports={"import_statement": "", "import_from_statement": "module_name"},
    entities={
        "function_definition": ("name",),
        "class_definition": ("name",),
        "assignment": ("left",),
        "pair": ("key",),
        "keyword_argument": ("name",),
        "type_alias_statement": ("left",),
    },
    wrappers={"decorated_definition": "definition", "expression_statement": ""},
    holders={
        "class_definition>block": Holder(free=True, bare=True),
        "block": Holder(free=False, bare=True),
        "if_statement>block": Holder(free=True, bare=True),
        "import_from_statement": Holder(
            free=True,
            separator=",",
            scalars=("dotted_name", "aliased_import"),
            imports=True,
            after="import",
        ),
        "dictionary": Holder(free=True, separator=","),
        "set": Holder(free=True, separator=",", scalars=("string", "identifier", "attribute")),
        "list": Holder(free=True, separator=",", scalars=("string", "identifier", "attribute")),
        "tuple": Holder(free=False, separator=","),
    },
    indented=True,
    comment="#",
)
