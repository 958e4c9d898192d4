"""What is known of a model before the program says it."""

from __future__ import annotations

import pytest

from tests.support.reading import DONE, INIT, Reading, answer


@pytest.mark.parametrize(
    ("begins", "answers", "window"),
    [
        ("claude-sonnet-4-6", "claude-sonnet-4-6", 200_000),
        ("claude-sonnet-4-6[1m]", "claude-sonnet-4-6", 1_000_000),
        ("claude-opus-5-5", "claude-opus-4-6-20260101", 200_000),
        ("claude-opus-5-5", "", 1_000_000),
        ("claude-opus-5-5", "of-somebody-else", 0),
        ("sonnet", "", 0),
    ],
)
def test_the_window_of_a_known_model_is_known_before_its_first_turn_ends(
    begins: str, answers: str, window: int
) -> None:
    reading = Reading(INIT | {"model": begins}, answer(tokens=190_000, model=answers))
    usage = reading.reader.state.usage
    assert (usage.context_window, usage.is_full) == (window, window == 200_000)
    reading.feed(DONE | {"modelUsage": {answers or begins: {"contextWindow": 300_000}}})
    reading.feed(INIT | {"model": answers or begins}, answer(number=2, model=answers))
    assert reading.reader.state.usage.context_window == 300_000
