"""TOML."""

from __future__ import annotations

from wtagents.ladder.structural.language import Holder, Language

_SCALARS = ("string",)

LANGUAGE = Language(
    name="TOML",
    package="tree_sitter_toml",
    roots=("document",),
    entities={"pair": ("0",), "table": ("1",)},
    holders={
        "table": Holder(free=True, after="]", bare=True),
        "array": Holder(free=True, separator=",", scalars=_SCALARS),
    },
    comment="#",
)
