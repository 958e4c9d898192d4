"""What a person says to a question of an agent: the body of an `answer` message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wtagents.core.json_fields import Fields, ForeignValue
from wtagents.core.record import record

if TYPE_CHECKING:
    from wtagents.core.inquiry import Chosen


@record
class Answer:
    """Yes, no with a word, or what was chosen."""

    request_id: str
    """The question that is meant; '' for the oldest."""
    allow: bool
    message: str = ""
    """Said to the agent with a no."""
    chosen: Chosen = ()
    """With a yes to inquiries: the choice for each of them."""


def answer_body(answer: Answer) -> str:
    """Return an answer as JSON."""
    return json.dumps(
        {
            "request_id": answer.request_id,
            "allow": answer.allow,
            "message": answer.message,
            "chosen": [list(texts) for texts in answer.chosen],
        }
    )


def parse_answer(body: str) -> Answer:
    """Read an answer. Raises ForeignValue for anything else."""
    try:
        fields = Fields(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise ForeignValue("not JSON") from error
    return Answer(
        request_id=fields.text("request_id"),
        allow=fields.flag("allow"),
        message=fields.text("message"),
        chosen=fields.lists("chosen") if fields.given("chosen") else (),
    )
