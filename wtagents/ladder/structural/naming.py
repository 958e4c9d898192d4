"""What a node is among its siblings, and what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.ladder.structural.unit import Role

if TYPE_CHECKING:
    from tree_sitter import Node

    from wtagents.ladder.structural.language import Holder, Language

_DEPTH = 8
_QUOTES = "'\"`"
_IMPORT_WORDS = ("visibility_modifier", "use", "import", "type", "from", "export")


def role_and_key(language: Language, node: Node, holder: Holder | None) -> tuple[Role, str]:
    """Return the role and the key of a unit; the key of an OTHER is ''."""
    if node.type in language.imports:
        source = _part(node, language.imports[node.type]) if language.imports[node.type] else ""
        if source or node.type not in language.wrappers:
            return Role.IMPORT, _import_key(node, source)
    if holder and _is_scalar(node, holder):
        return Role.IMPORT if holder.imports else Role.ITEM, normal(text_of(node))
    inner = unwrapped(language, node)
    if inner.type in language.entities:
        parts = [_part(inner, path) for path in language.entities[inner.type]]
        if any(parts):
            return Role.NAMED, f"{inner.type} {' '.join(parts)}"
    if is_call_unit(language, inner):
        return Role.NAMED, " ".join(_call_words(inner))
    return Role.OTHER, ""


def unwrapped(language: Language, node: Node) -> Node:
    """Return the node that has the name: what is exported, decorated, declared."""
    for _ in range(_DEPTH):
        field = language.wrappers.get(node.type)
        if field is None:
            break
        inner = node.child_by_field_name(field) if field else _only_child(node)
        if inner is None:
            break
        node = inner
    return node


def is_call_unit(language: Language, node: Node) -> bool:
    """Whether it is a call like `describe("name", …)`."""
    if node.type != "call_expression":
        return False
    name, first = _call_words(node)
    return name.partition(".")[0] in language.calls and first[:1] in _QUOTES and bool(first)


def is_comment(node: Node) -> bool:
    """Whether the node is a comment in its grammar."""
    return "comment" in node.type


def text_of(node: Node) -> str:
    """Return the node's text."""
    return (node.text or b"").decode()


def normal(text: str) -> str:
    """Return the text in single spaces."""
    return " ".join(text.split())


def _import_key(node: Node, source: str) -> str:
    """Return how it imports and from where; what it takes from there may change."""
    words = [text_of(child) for child in node.children[:2] if child.type in _IMPORT_WORDS]
    return " ".join((*words, source)) if source else normal(text_of(node))


def _call_words(node: Node) -> tuple[str, str]:
    """Return the function and the first argument of a call, '' where there is none."""
    function = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    first = arguments.named_children[:1] if arguments else []
    name = normal(text_of(function)) if function else ""
    return name, normal(text_of(first[0])) if first else ""


def _only_child(node: Node) -> Node | None:
    children = [child for child in node.named_children if not is_comment(child)]
    return children[0] if len(children) == 1 else None


def _is_scalar(node: Node, holder: Holder) -> bool:
    inner = node.named_children[0].type if node.named_child_count == 1 else ""
    return node.type in holder.scalars or f"{node.type}>{inner}" in holder.scalars


def _part(node: Node, path: str) -> str:
    """Follow a path of fields; `*` repeats the field before it, a digit counts children."""
    if path.isdigit():
        return normal(text_of(node.child(int(path))))
    *fields, last = path.split(".")
    found: Node | None = node
    for field in fields:
        found = found.child_by_field_name(field) if found else None
        for _ in range(_DEPTH if last == "*" else 0):
            deeper = found.child_by_field_name(field) if found else None
            found = deeper or found
    if found and last != "*":
        found = found.child_by_field_name(last)
    return normal(text_of(found)) if found else ""
