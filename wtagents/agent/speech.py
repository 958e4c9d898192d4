"""What is written to the stdin of a program that speaks stream-json, one JSON object per line.

A line that is not JSON kills the program, so every line is made here, of ASCII only.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wtagents.agent.inquiries import answered_input

if TYPE_CHECKING:
    from wtagents.agent.events import Asked
    from wtagents.core.answer import Answer


def message_line(wire: str, text: str) -> bytes:
    """Return the line of a user message; the program reports on it under its wire id."""
    message = {"role": "user", "content": plain_words(text)}
    return encode_line({"type": "user", "uuid": wire, "message": message})


def answer_line(asked: Asked, answer: Answer) -> bytes:
    """Return the line that answers a question.

    An allowed tool runs with the input asked, and with what was chosen.
    """
    said: dict[str, Any] = (
        {"behavior": "allow", "updatedInput": answered_input(asked, answer.chosen)}
        if answer.allow
        else {"behavior": "deny", "message": answer.message or "A person denied this."}
    )
    response = {"subtype": "success", "request_id": asked.request_id, "response": said}
    return encode_line({"type": "control_response", "response": response})


def interrupt_line(request_id: str, *, cancel_queued: bool) -> bytes:
    """Return the line that ends the running turn and keeps the process.

    A version that does not know `cancel_queued` passes over it.
    """
    request: dict[str, Any] = {"subtype": "interrupt"}
    if cancel_queued:
        request["cancel_queued"] = True
    return encode_line({"type": "control_request", "request_id": request_id, "request": request})


def encode_line(value: dict[str, Any]) -> bytes:
    """Return one line of ASCII JSON."""
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"


def plain_words(text: str) -> str:
    """Return the text so that the program cannot take it for a command of its own.

    Only a slash as the very first character makes one (2.1.329 runs `/clear`; 2.1.197 answers an
    unknown one without asking the model).
    """
    return f"In plain words:\n{text}" if text.lstrip().startswith("/") else text
