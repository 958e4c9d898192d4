"""What lines add up to: phases, questions, messages, money, and the verdict at the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.reading import AT, DONE, INIT, Reading, answer
from wtagents.agent.events import MessageMoved, MessageStage
from wtagents.agent.port import Verdict
from wtagents.core.run import ExitReason, Phase, Pulse, Question, Usage


def use(tool_id: str, command: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": tool_id, "name": "Bash", "input": {"command": command}}


def returned(tool_id: str) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": tool_id, "content": "ok"}
    return {"type": "user", "message": {"content": [block]}}


def asks(request_id: str, tool_id: str) -> dict[str, Any]:
    request = {
        "subtype": "can_use_tool",
        "tool_name": "Bash",
        "input": {"command": f"rm {tool_id}"},
        "tool_use_id": tool_id,
    }
    return {"type": "control_request", "request_id": request_id, "request": request}


def stage(wire: str, state: str) -> dict[str, Any]:
    return {"type": "command_lifecycle", "command_uuid": wire, "state": state}


def test_phases_of_a_turn() -> None:
    reading = Reading()
    assert reading.doing == (Phase.STARTING, "")
    reading.feed(INIT)
    assert reading.doing == (Phase.THINKING, "")
    reading.feed(answer({"type": "text", "text": "I look\nfirst."}))
    assert reading.doing == (Phase.THINKING, "I look first.")
    reading.feed(answer(use("t1", "ls"), use("t2", "make")))
    assert reading.doing == (Phase.TOOL, "Bash: make")
    assert reading.reader.state.open_tools == ("t1", "t2")
    reading.feed(returned("t2"))
    assert reading.doing == (Phase.TOOL, "Bash: ls")
    reading.feed(returned("t1"))
    assert reading.doing == (Phase.THINKING, "Bash: ls")
    retry = {"type": "system", "subtype": "api_retry", "attempt": 1, "max_retries": 6}
    reading.feed(retry | {"retry_delay_ms": 2000, "error": "overloaded", "error_status": 529})
    assert reading.doing == (Phase.RETRYING, "retry 1 of 6 in 2 s: 529 overloaded")
    reading.feed({"type": "system", "subtype": "status", "status": "compacting"})
    assert reading.doing == (Phase.RETRYING, "compacting the conversation")
    reading.feed(DONE)
    assert reading.doing == (Phase.IDLE, "")


def test_circles_are_counted_by_call_and_outcome() -> None:
    def call(number: int, command: str, outcome: str) -> Iterator[dict[str, Any]]:
        yield answer(use(f"t{number}", command), number=number)
        result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": outcome}
        yield {"type": "user", "message": {"role": "user", "content": [result]}}

    reading = Reading()
    for number in range(12):
        failure = f"FAILED test_cart in 0.{number}s" if number % 2 else f"edited {'x' * number}"
        for line in call(number, "pytest" if number % 2 else "sed -i s/a/b/ cart.py", failure):
            reading.feed(line)

    pulse = reading.reader.state.pulse(AT)
    assert (pulse.repeats, pulse.repeated) == (6, "Bash: pytest")


@pytest.mark.parametrize("period", [2, 3])
def test_edits_there_and_back_are_circles(period: int) -> None:
    reading = Reading(INIT)
    texts = ["old", "new", "newer"][:period]
    for number in range(6 * period):
        change = {"old_string": texts[number % period], "new_string": texts[(number + 1) % period]}
        edit = {"type": "tool_use", "id": f"t{number}", "name": "Edit"}
        reading.feed(answer(edit | {"input": {"file_path": "/w/cart.py"} | change}, number=number))
        reading.feed(returned(f"t{number}"))

    pulse = reading.reader.state.pulse(AT)
    assert (pulse.repeats, pulse.repeated) == (6, "Edit: cart.py")


def test_since_when_the_context_is_full_and_the_list_stands_still() -> None:
    def write(state: str) -> dict[str, Any]:
        todos = [{"content": "mend it", "status": state}]
        return {"type": "tool_use", "id": state, "name": "TodoWrite", "input": {"todos": todos}}

    said = {"type": "text", "text": "On."}
    reading = Reading(INIT, answer(said), DONE | {"modelUsage": {"m": {"contextWindow": 1000}}})
    since = []
    for number, (block, tokens) in enumerate(
        [
            (said, 899),
            (said, 900),
            (said, 950),
            (write("pending"), 960),
            (said, 970),
            (write("completed"), 970),
            (write("pending"), 970),
        ],
        2,
    ):
        reading.feed(answer(block, tokens=tokens, number=number))
        since.append(reading.reader.state.pulse(AT).full_turn)

    assert since == [0, 3, 3, 5, 5, 7, 7]
    compacted = {"type": "system", "subtype": "compact_boundary"}
    reading.feed(compacted | {"compact_metadata": {"pre_tokens": 970, "post_tokens": 90}})
    assert reading.reader.state.pulse(AT).full_turn == 0
    reading.feed(answer(said, tokens=930, number=9))
    assert reading.reader.state.pulse(AT).full_turn == 9


def test_a_pulse_shows_the_oldest_question() -> None:
    reading = Reading(INIT, answer(use("t1", "rm a"), use("t2", "rm b")), asks("q1", "t1"))
    reading.feed(asks("q2", "t2"))
    later = AT + timedelta(minutes=1)
    assert reading.reader.state.pulse(later) == Pulse(
        phase=Phase.ASKING,
        doing="Bash: rm b",
        question=Question(request_id="q1", tool="Bash", summary="rm t1", asked_at=AT),
        usage=Usage(input_tokens=100, turns=1, context_tokens=100, model="m"),
        session_id="s",
        at=later,
    )


def test_questions_end_by_an_answer_a_result_a_withdrawal_or_the_turn() -> None:
    reading = Reading(INIT, *(asks(f"q{n}", f"t{n}") for n in range(5)))
    reader = reading.reader

    def open_questions() -> list[str]:
        return [question.request_id for question in reader.state.questions]

    asked = reader.question("q1")
    assert asked is not None
    assert asked.input == {"command": "rm t1"}
    reader.note_answered("q1")
    reader.note_answered("q1")
    assert reader.question("q1") is None
    assert open_questions() == ["q0", "q2", "q3", "q4"]
    reading.feed(returned("t2"))
    assert open_questions() == ["q0", "q3", "q4"]
    reading.feed({"type": "control_cancel_request", "request_id": "q3"})
    assert open_questions() == ["q0", "q4"]
    reading.feed(DONE)
    assert open_questions() == []


def test_a_message_keeps_the_process_until_it_is_taken() -> None:
    reading = Reading(INIT, stage("w0", "queued"), stage("w0", "started"), DONE)
    assert reading.rests()
    reading.reader.note_sent("w1")
    assert not reading.rests()
    assert reading.feed(stage("w1", "queued")) == [
        MessageMoved(wire="w1", stage=MessageStage.QUEUED)
    ]
    assert not reading.rests()
    echo = {"type": "user", "message": {"content": "x"}, "uuid": "w1", "isReplay": True}
    assert reading.feed(stage("w1", "started"), INIT, echo) == [
        MessageMoved(wire="w1", stage=MessageStage.STARTED)
    ]
    assert not reading.rests()
    reading.feed(DONE)
    assert reading.rests()
    reading.reader.note_sent("w2")
    reading.feed(stage("w2", "cancelled"))
    assert reading.rests()


def test_the_echo_tells_delivery_where_there_is_no_lifecycle() -> None:
    reading = Reading()
    reading.reader.note_sent("w0")
    echo = {"type": "user", "message": {"content": "x"}, "uuid": "w0", "isReplay": True}
    assert reading.feed(INIT, echo) == [MessageMoved(wire="w0", stage=MessageStage.STARTED)]
    reading.reader.note_sent("w1")
    reading.feed(DONE)
    assert reading.rests()


def test_background_tasks_keep_the_process() -> None:
    tasks = {"type": "system", "subtype": "background_tasks_changed"}
    reading = Reading(INIT, tasks | {"tasks": [{"task_id": "b"}]}, DONE)
    assert (reading.reader.state.background, reading.rests()) == (1, False)
    reading.feed(tasks | {"tasks": []})
    assert reading.rests()


def share(cost: float, sent: int = 0, received: int = 0) -> dict[str, Any]:
    return {"m": {"costUSD": cost, "inputTokens": sent, "outputTokens": received}}


def test_a_resumed_session_goes_on_counting_and_the_run_does_not() -> None:
    # 2.1.329: the total goes on from earlier runs, the share is this run's.
    reading = Reading(INIT, DONE | {"total_cost_usd": 1.5} | shares(0.5), INIT)
    reading.feed(DONE | {"total_cost_usd": 1.75} | shares(0.25))
    assert reading.reader.state.usage.cost_usd == 0.75


def shares(cost: float) -> dict[str, Any]:
    return {"model_usage_since_last_result": share(cost)}


def test_a_total_is_the_cost_where_there_are_no_shares() -> None:
    # 2.1.197: the total starts at 0 in each process and grows from turn to turn.
    reading = Reading(INIT, DONE | {"total_cost_usd": 0.5}, INIT, DONE | {"total_cost_usd": 0.75})
    assert reading.reader.state.usage.cost_usd == 0.75


def test_tokens_grow_while_a_turn_runs_and_are_settled_by_its_result() -> None:
    reading = Reading(INIT, answer(tokens=100), answer(tokens=100), answer(tokens=300, number=2))
    reading.feed(answer(tokens=50, number=3, parent_tool_use_id="t"))
    assert reading.reader.state.usage == Usage(
        input_tokens=450, turns=2, context_tokens=300, model="m"
    )
    reading.feed(DONE | {"model_usage_since_last_result": share(0.5, 460, 70)})
    reading.feed(INIT, answer(tokens=310, number=4))
    assert reading.reader.state.usage == Usage(
        cost_usd=0.5, input_tokens=770, output_tokens=70, turns=3, context_tokens=310, model="m"
    )


@pytest.mark.parametrize(
    ("windows", "window"),
    [
        ({"m": {"contextWindow": 7}, "x": {"contextWindow": 9}}, 7),
        ({"m[1m]": {"contextWindow": 8}, "x": {"contextWindow": 9}}, 8),
        ({"x": {"contextWindow": 9}}, 9),
        ({}, 0),
    ],
)
def test_the_window_is_that_of_the_main_model(windows: dict[str, Any], window: int) -> None:
    reading = Reading(INIT, DONE | {"modelUsage": windows})
    assert reading.reader.state.usage.context_window == window


def test_the_state_is_the_same_object_until_a_line_changes_it() -> None:
    reading = Reading(INIT)
    state = reading.reader.state
    reading.reader.feed(b"\n", at=AT)
    assert reading.reader.state is state
    reading.feed(DONE)
    assert reading.reader.state is not state


# ---------------------------------------------------------------------------------- verdicts


def failed(text: str = "x", **fields: Any) -> dict[str, Any]:
    return {"type": "result", "subtype": "success", "is_error": True, "result": text, **fields}


def synthetic(error: str, status: int | None = None) -> dict[str, Any]:
    message = {"model": "<synthetic>", "content": [{"type": "text", "text": "words"}]}
    return {"type": "assistant", "message": message, "error": error, "api_error_status": status}


LIMIT = {"status": "rejected", "resetsAt": 1_900_000_000}
LOGIN = "Not logged in · Please run /login"
CUT = "it ended without reporting a result"
UNKNOWN = "Unknown command: /x"
ENDINGS: list[tuple[list[dict[str, Any]], int | None, str, ExitReason, str]] = [
    ([INIT, DONE], 1, "", ExitReason.COMPLETED, "Done."),
    ([INIT, DONE], -9, "", ExitReason.COMPLETED, "Done."),
    ([INIT, DONE, INIT], 0, "", ExitReason.LOST, CUT),
    ([INIT, DONE, stage("w", "started")], 0, "", ExitReason.LOST, CUT),
    ([INIT], None, "", ExitReason.LOST, "nobody saw it end"),
    ([INIT], -15, "", ExitReason.LOST, "killed by SIGTERM before it reported an end"),
    ([INIT], 143, "", ExitReason.LOST, "killed by SIGTERM before it reported an end"),
    ([INIT], 1, "a\nlast\n", ExitReason.AGENT_ERROR, "it broke off: last"),
    ([], 1, "Error: unknown option\n", ExitReason.BAD_SETTINGS, "Error: unknown option"),
    ([], 1, "", ExitReason.AGENT_ERROR, "exit status 1"),
    ([], 1, f"\x1b[31m{LOGIN}", ExitReason.AUTHENTICATION, LOGIN),
    ([INIT, failed(LOGIN)], 1, "", ExitReason.AUTHENTICATION, LOGIN),
    ([INIT, failed(api_error_status=401)], 1, "", ExitReason.AUTHENTICATION, "x"),
    ([INIT, failed(api_error_status=403)], 1, "", ExitReason.AUTHENTICATION, "x"),
    ([INIT, failed(api_error_status=404)], 1, "", ExitReason.MODEL_UNKNOWN, "x"),
    ([INIT, failed(api_error_status=429)], 1, "", ExitReason.RATE_LIMITED, "x"),
    ([INIT, failed(api_error_status=500)], 1, "", ExitReason.API_ERROR, "x"),
    ([INIT, failed(api_error_status=529)], 1, "", ExitReason.OVERLOADED, "x"),
    ([INIT, synthetic("billing_error", 400), failed()], 1, "", ExitReason.BILLING, "words"),
    ([INIT, synthetic("model_not_found", 404), failed()], 1, "", ExitReason.MODEL_UNKNOWN, "words"),
    ([INIT, synthetic("unknown"), failed()], 1, "", ExitReason.API_ERROR, "words"),
    ([INIT, synthetic("rate_limit"), answer(), failed()], 1, "", ExitReason.AGENT_ERROR, "x"),
    (
        [INIT, synthetic("unknown"), failed(terminal_reason="blocking_limit")],
        1,
        "",
        ExitReason.PROMPT_TOO_LONG,
        "x",
    ),
    ([INIT, synthetic("rate_limit"), INIT, failed()], 1, "", ExitReason.AGENT_ERROR, "x"),
    (
        [INIT, failed(terminal_reason="prompt_too_long", api_error_status=400)],
        1,
        "",
        ExitReason.PROMPT_TOO_LONG,
        "x",
    ),
    (
        [INIT, failed(terminal_reason="aborted_streaming")],
        0,
        "",
        ExitReason.INTERRUPTED,
        "its turn was interrupted",
    ),
    ([INIT, failed(subtype="error_max_turns")], 1, "", ExitReason.MAX_TURNS, "x"),
    ([INIT, failed(subtype="error_max_budget_usd")], 1, "", ExitReason.BUDGET, "x"),
    (
        [INIT, failed("", subtype="error_new", errors=["a", "b"])],
        1,
        "",
        ExitReason.AGENT_ERROR,
        "a; b",
    ),
    ([INIT, DONE | {"is_error": None}], 0, "", ExitReason.AGENT_ERROR, "Done."),
    ([INIT, DONE | {"result": UNKNOWN, "num_turns": 0}], 0, "", ExitReason.AGENT_ERROR, UNKNOWN),
]


@pytest.mark.parametrize(("lines", "code", "stderr", "reason", "detail"), ENDINGS)
def test_an_end_has_its_reason(
    lines: list[dict[str, Any]],
    code: int | None,
    stderr: str,
    reason: ExitReason,
    detail: str,
) -> None:
    assert Reading(*lines).judge(code, stderr) == Verdict(reason=reason, detail=detail)


@pytest.mark.parametrize("lines", [[], [INIT], [INIT, DONE], [INIT, failed(api_error_status=429)]])
def test_what_the_runner_did_comes_first(lines: list[dict[str, Any]]) -> None:
    reading = Reading(*lines)
    assert reading.judge(-15, stopped=True).reason is ExitReason.STOPPED
    assert reading.judge(-15, timed_out=True, stopped=True).reason is ExitReason.TIMED_OUT


def test_the_end_of_a_limit_is_told() -> None:
    limited = {"type": "rate_limit_event", "rate_limit_info": LIMIT}
    end = datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)
    assert Reading(INIT, limited, failed(api_error_status=429)).judge().retry_at == end
    assert Reading(INIT, limited, DONE).judge().retry_at is None
    warning = {"type": "rate_limit_event", "rate_limit_info": LIMIT | {"status": "allowed_warning"}}
    assert Reading(INIT, warning, failed(api_error_status=429)).judge().retry_at is None
