"""What an agent wants a person to choose, and how a choice is written. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from wtagents.core.errors import UsageError
from wtagents.core.figures import plural
from wtagents.core.record import record
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Chosen: TypeAlias = "tuple[tuple[str, ...], ...]"
"""For each inquiry, in order, the labels that were chosen, or words of the person's own."""

OTHER = "other:"
"""What stands before words of one's own, in place of an option or behind the last of several."""
_OTHER = re.compile(r"(?:^|,)\s*other\s*:", re.IGNORECASE)
_SHOWN = 40


@record
class Option:
    """One of the answers that an agent offers; all texts are the agent's own."""

    label: str
    about: str = ""
    preview: str = ""
    """What it would look like, in lines."""


@record
class Inquiry:
    """One thing that an agent wants a person to choose; all texts are the agent's own."""

    text: str
    header: str
    """One or two words for it."""
    options: tuple[Option, ...]
    """None of them where only words can answer."""
    many: bool
    """Whether several options may be chosen."""


def parse_choices(inquiries: Sequence[Inquiry], texts: Sequence[str]) -> Chosen:
    """Read one text for each inquiry: numbers, a label, or `other:` and words.

    Raises UsageError for what is no choice.
    """
    if len(texts) != len(inquiries):
        given = "none is" if not texts else "1 is" if len(texts) == 1 else f"{len(texts)} are"
        raise UsageError(
            f"{plural(len(inquiries), 'choice')} to make, {given} given",
            hint="say --choice once for each question, in their order",
        )
    return tuple(parse_choice(*pair) for pair in zip(inquiries, texts, strict=True))


def parse_choice(inquiry: Inquiry, text: str) -> tuple[str, ...]:
    """Read one choice. Raises UsageError for what is none."""
    label = _label(inquiry, text)
    if label is not None:
        return (label,)
    found = _OTHER.search(text)
    listed = text[: found.start()] if found else text
    words = text[found.end() :].strip() if found else ""
    if found and not words:
        raise _no_choice(inquiry, text)
    parts = listed.split(",") if listed.strip() or not found else []
    labels = [_option(inquiry, part) for part in parts]
    chosen = tuple(dict.fromkeys([*labels, *([words] if words else [])]))
    if len(chosen) > 1 and not inquiry.many:
        raise UsageError(
            f"only one can be chosen: {printable(inquiry.text, _SHOWN)}", hint=hint_of(inquiry)
        )
    return chosen


def hint_of(inquiry: Inquiry) -> str:
    """Say how to choose."""
    numbers = f"1-{len(inquiry.options)}" + (", several with commas" if inquiry.many else "")
    return f"choose {numbers}, or '{OTHER} your own words'" if inquiry.options else f"{OTHER} words"


def choice_lines(inquiries: Iterable[Inquiry], chosen: Chosen) -> tuple[str, ...]:
    """Say what was chosen, one printable line for each inquiry."""
    return tuple(
        f"{printable(inquiry.header or inquiry.text, _SHOWN)}: {printable(', '.join(texts))}"
        for inquiry, texts in zip(inquiries, chosen, strict=False)
    )


def _option(inquiry: Inquiry, part: str) -> str:
    label = _label(inquiry, part)
    if label is not None:
        return label
    number = part.strip()
    if number.isascii() and number.isdigit() and 0 < int(number) <= len(inquiry.options):
        return inquiry.options[int(number) - 1].label
    raise _no_choice(inquiry, part)


def _label(inquiry: Inquiry, text: str) -> str | None:
    wanted = text.strip().casefold()
    return next((each.label for each in inquiry.options if each.label.casefold() == wanted), None)


def _no_choice(inquiry: Inquiry, text: str) -> UsageError:
    return UsageError(
        f"{text.strip()!r} is no option of: {printable(inquiry.text, _SHOWN)}",
        hint=hint_of(inquiry),
    )
