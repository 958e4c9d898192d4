"""The tool by which Claude Code lets a person choose: what it asks, and how it hears the choice.

The program asks for the permission to use the tool; an allowed input that holds `answers` is the
answer (2.1.329). Its keys are the texts of the questions, its values the labels.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wtagents.agent.fields import JsonObject, objects_of, text_of
from wtagents.core.inquiry import Inquiry, Option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.agent.events import Asked
    from wtagents.core.inquiry import Chosen

INQUIRIES = "AskUserQuestion"
_MOST = 64 << 10
"""Characters of all questions; more is shown, but can only be answered in words."""


def parse_inquiries(asked: Asked) -> tuple[Inquiry, ...]:
    """Return what a person is to choose; nothing for another tool, or for what cannot be told."""
    if asked.tool != INQUIRIES:
        return ()
    found = tuple(map(_inquiry, objects_of(asked.input, "questions")))
    texts = {each.text for each in found}
    told_apart = len(texts) == len(found) and all(map(_can_be_chosen, found))
    return found if told_apart and sum(map(_size, found)) <= _MOST else ()


def answered_input(asked: Asked, chosen: Chosen) -> JsonObject:
    """Return the input with which the tool returns what was chosen."""
    if not chosen:
        return asked.input
    pairs = zip(parse_inquiries(asked), chosen, strict=False)
    answers = {inquiry.text: _joined(texts) for inquiry, texts in pairs}
    return {**asked.input, "answers": answers}


def _inquiry(fields: dict[str, Any]) -> Inquiry:
    return Inquiry(
        text=text_of(fields, "question"),
        header=text_of(fields, "header"),
        options=tuple(
            Option(
                label=text_of(each, "label"),
                about=text_of(each, "description"),
                preview=text_of(each, "preview"),
            )
            for each in objects_of(fields, "options")
        ),
        many=fields.get("multiSelect") is True,
    )


def _can_be_chosen(inquiry: Inquiry) -> bool:
    labels = {each.label for each in inquiry.options}
    return bool(inquiry.text) and len(labels) == len(inquiry.options) and "" not in labels


def _size(inquiry: Inquiry) -> int:
    options = (len(each.label + each.about + each.preview) for each in inquiry.options)
    return len(inquiry.text + inquiry.header) + sum(options)


def _joined(texts: Iterable[str]) -> str:
    """Write several labels as the program reads them: a comma within one needs quotes.

    A single one is never quoted.
    """
    several = tuple(texts)
    if len(several) == 1:
        return several[0]
    return ", ".join(
        json.dumps(text, ensure_ascii=False) if ", " in text or '"' in text else text
        for text in several
    )
