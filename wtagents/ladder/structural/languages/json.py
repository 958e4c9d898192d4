"""JSON."""

from __future__ import annotations

from wtagents.ladder.structural.language import Holder, Language

LANGUAGE = Language(
    name="JSON",
    package="tree_sitter_json",
    roots=("document",),
    entities={"pair": ("key",)},
    holders={
        "object": Holder(free=True, separator=","),
        "array": Holder(free=True, separator=",", scalars=("string",)),
    },
)
