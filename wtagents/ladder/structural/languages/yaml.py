"""YAML."""

from __future__ import annotations

from wtagents.ladder.structural.language import Holder, Language

LANGUAGE = Language(
    name="YAML",
    package="tree_sitter_yaml",
    roots=("stream",),
    entities={"block_mapping_pair": ("key",)},
    holders={
        "block_mapping": Holder(free=True, bare=True),
        "block_sequence": Holder(free=True, scalars=("block_sequence_item>flow_node",), bare=True),
    },
    indented=True,
    comment="#",
)
