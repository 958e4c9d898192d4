"""What a person chooses is an option, or words of their own, or refused with the way to choose."""

from __future__ import annotations

import pytest

from wtagents.core.answer import Answer, answer_body, parse_answer
from wtagents.core.errors import UsageError
from wtagents.core.inquiry import (
    Inquiry,
    Option,
    choice_lines,
    parse_choice,
    parse_choices,
)
from wtagents.core.json_fields import ForeignValue

ONE = Inquiry(
    text="Which database?",
    header="Store",
    options=(Option(label="Postgres"), Option(label="SQLite, in a file"), Option(label="3")),
    many=False,
)
MANY = Inquiry(
    text="What else?",
    header="",
    options=(Option(label="A cache"), Option(label="A page"), Option(label="Other: none")),
    many=True,
)
WORDS = Inquiry(text="How is it called?", header="", options=(), many=False)


@pytest.mark.parametrize(
    ("inquiry", "text", "chosen"),
    [
        (ONE, "1", ("Postgres",)),
        (ONE, " sqlite, in a FILE ", ("SQLite, in a file",)),
        (ONE, "3", ("3",)),
        (ONE, "other: MySQL, please: 8", ("MySQL, please: 8",)),
        (ONE, "Other:MySQL", ("MySQL",)),
        (MANY, "2,1,2", ("A page", "A cache")),
        (MANY, "a page, 1", ("A page", "A cache")),
        (MANY, "1, other: a log, too", ("A cache", "a log, too")),
        (MANY, "other: none", ("Other: none",)),
        (WORDS, "other: wta", ("wta",)),
    ],
)
def test_a_choice_is_read(inquiry: Inquiry, text: str, chosen: tuple[str, ...]) -> None:
    assert parse_choice(inquiry, text) == chosen


@pytest.mark.parametrize(
    ("inquiry", "text", "said"),
    [
        (ONE, "4", "'4' is no option of: Which database?"),
        (ONE, "0", "'0' is no option of: Which database?"),
        (ONE, "MySQL", "'MySQL' is no option of: Which database?"),
        (ONE, "", "'' is no option of: Which database?"),
        (ONE, "other:", "'other:' is no option of: Which database?"),
        (ONE, "1,3", "only one can be chosen: Which database?"),
        (ONE, "1, other: MySQL", "only one can be chosen: Which database?"),
        (MANY, "1,,2", "'' is no option of: What else?"),
        (WORDS, "1", "'1' is no option of: How is it called?"),
    ],
)
def test_what_is_no_choice_is_refused(inquiry: Inquiry, text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_choice(inquiry, text)
    assert refused.value.message == said
    assert refused.value.hint in {
        "choose 1-3, or 'other: your own words'",
        "choose 1-3, several with commas, or 'other: your own words'",
        "other: words",
    }


def test_each_question_wants_a_choice_of_its_own() -> None:
    assert parse_choices((ONE, MANY), ("1", "1,2")) == (("Postgres",), ("A cache", "A page"))
    for texts, given in (((), "none is"), (("1",), "1 is"), (("1", "1", "1"), "3 are")):
        with pytest.raises(UsageError, match=f"^2 choices to make, {given} given$"):
            parse_choices((ONE, MANY), texts)


def test_a_choice_is_told_in_a_line_and_keeps_no_escape() -> None:
    chosen = (("Postgres",), ("A cache", "a\x1b[1m log"))
    assert choice_lines((ONE, MANY), chosen) == (
        "Store: Postgres",
        "What else?: A cache, a log",
    )


def test_an_answer_comes_back_equal_also_from_an_older_writer() -> None:
    chosen = Answer(request_id="q", allow=True, chosen=(("a, b", "\ud800"), ("c",)))
    assert parse_answer(answer_body(chosen)) == chosen
    older = '{"request_id": "", "allow": false, "message": "no"}'
    assert parse_answer(older) == Answer(request_id="", allow=False, message="no")


@pytest.mark.parametrize(
    "body",
    [
        *("", "[]", "{}", "[" * 99_999, '{"request_id": "", "allow": 1, "message": ""}'),
        *(
            f'{{"request_id": "", "allow": true, "message": "", "chosen": {chosen}}}'
            for chosen in ('"a"', '["a"]', "[[1]]", "{}")
        ),
    ],
)
def test_what_is_no_answer_is_refused(body: str) -> None:
    with pytest.raises(ForeignValue):
        parse_answer(body)
