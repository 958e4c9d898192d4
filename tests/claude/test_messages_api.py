"""The scripted Messages API itself, asked over plain HTTP: no Claude Code CLI is needed here."""

from __future__ import annotations

import http.client
import json
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support.api.script import (
    FOREVER,
    Failure,
    Reply,
    Reset,
    Silence,
    Text,
    Tool,
    Usage,
    bash,
    marker,
    script,
    text,
)
from tests.support.messages_api import MessagesApi
from tests.support.processes import run_to_end, start_apart


def ask(url: str, *words: str, session: str = "", stream: bool = False) -> Any:
    """The parsed answer, or the events of a streamed one."""
    messages = [{"role": "user", "content": [{"type": "text", "text": word}]} for word in words]
    body = json.dumps({"model": "m", "messages": messages, "stream": stream}).encode()
    headers = {"content-type": "application/json", "x-claude-code-session-id": session}
    request = urllib.request.Request(f"{url}/v1/messages?beta=true", body, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        raw = answer.read()
    if not stream:
        return json.loads(raw)
    lines = raw.decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def refusal(url: str, *words: str) -> tuple[int, str | None, Any]:
    """The status, `retry-after` and body of an answer that is an error."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(url, *words)
    with caught.value as error:
        return error.code, error.headers["retry-after"], json.loads(error.read())


def test_a_reply_is_a_message_and_the_same_as_events() -> None:
    reply = Reply(
        content=(Text(text="I look."), Tool(name="Bash", input={"command": "ls"}, id="toolu_x")),
        usage=Usage(input_tokens=7, output_tokens=9),
        times=2,
    )
    with MessagesApi({"a": script(reply)}) as api:
        whole = ask(api.url, marker("a"))
        events = ask(api.url, marker("a"), stream=True)
    assert whole == {
        "id": "msg_000000",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "toolu_x", "name": "Bash", "input": {"command": "ls"}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 7,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 9,
        },
    }
    assert [event["type"] for event in events] == [
        "message_start",
        "ping",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert events[6]["delta"] == {"type": "input_json_delta", "partial_json": '{"command": "ls"}'}
    assert events[8]["delta"]["stop_reason"] == "tool_use"
    assert events[8]["usage"] == {"output_tokens": 9}


def test_each_conversation_follows_its_own_script() -> None:
    scripts = {"a": script(text("a0"), text("a1")), "b": script(text("b0"))}
    with MessagesApi(scripts) as api:
        first = ask(api.url, f"{marker('a')} hello", session="s1")
        other = ask(api.url, f"{marker('b')} hello", session="s2")
        later = ask(api.url, "a message without a marker", session="s1")
        said = [answer["content"][0]["text"] for answer in (first, other, later)]
        assert said == ["a0", "b0", "a1"]
        assert [(r.script, r.step) for r in api.requests] == [("a", 0), ("b", 0), ("a", 1)]
        assert [r.user_texts for r in api.requests_of("a")] == [
            ("[[script:a]] hello",),
            ("a message without a marker",),
        ]


def test_a_marker_quoted_in_a_memory_file_does_not_count() -> None:
    quoted = f"<system-reminder>another task: {marker('b')}</system-reminder>"
    scripts = {"a": script(text("right")), "b": script(text("wrong"))}
    with MessagesApi(scripts) as api:
        answer = ask(api.url, quoted, f"{marker('a')} go", quoted)
    assert answer["content"][0]["text"] == "right"


def test_words_of_the_prompt_can_choose_the_script() -> None:
    scripts = {"a": script(text("wrong")), "r": script(text("right"), match="Resolve one conflict")}
    with MessagesApi(scripts) as api:
        answer = ask(api.url, f"Resolve one conflict of {marker('a')}")
    assert answer["content"][0]["text"] == "right"


def test_an_answer_can_depend_on_the_request() -> None:
    echo = Reply(content=lambda request: (Text(text=request.user_texts[-1].upper()),))
    call = Reply(content=(Tool(name="T", input=lambda request: {"model": request.model}),))
    with MessagesApi({"a": script(echo, call)}) as api:
        assert ask(api.url, f"{marker('a')} hi")["content"][0]["text"] == "[[SCRIPT:A]] HI"
        assert ask(api.url, marker("a"))["content"][0]["input"] == {"model": "m"}


def test_failures_have_the_error_body_of_the_api() -> None:
    failure = Failure(status=429, message="Slow down", headers={"retry-after": "7"}, times=2)
    with MessagesApi({"a": script(failure, then=text("ok"))}) as api:
        said = {"type": "rate_limit_error", "message": "Slow down"}
        for _ in range(2):
            assert refusal(api.url, marker("a")) == (429, "7", {"type": "error", "error": said})
        assert [ask(api.url, marker("a"))["content"][0]["text"] for _ in range(3)] == ["ok"] * 3


def test_a_connection_is_reset_or_cut_in_the_middle() -> None:
    with MessagesApi({"a": script(Reset(), text("words", cut_after=3))}) as api:
        with pytest.raises(OSError, match="reset"):
            ask(api.url, marker("a"))
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            ask(api.url, marker("a"), stream=True)


def test_a_held_answer_comes_when_its_gate_opens() -> None:
    answers: list[Any] = []
    with MessagesApi({"a": script(text("late", hold="gate"))}) as api:
        asking = threading.Thread(target=lambda: answers.append(ask(api.url, marker("a"))))
        asking.start()
        api.wait_held("gate")
        asking.join(0.2)
        assert answers == []
        api.open_gate("gate")
        asking.join(10)
    assert [answer["content"][0]["text"] for answer in answers] == ["late"]


def test_silence_ends_with_the_server() -> None:
    caught: list[OSError | http.client.HTTPException] = []

    def wait_in_vain() -> None:
        try:
            ask(api.url, marker("a"), stream=True)
        except (OSError, http.client.HTTPException) as error:
            caught.append(error)

    with MessagesApi({"a": script(Silence(hold="never", headers=True))}) as api:
        asking = threading.Thread(target=wait_in_vain)
        asking.start()
        api.wait_held("never")
        asking.join(0.2)
        assert caught == []
    asking.join(20)
    assert [type(error) for error in caught] != [TimeoutError]
    assert len(caught) == 1


def test_a_request_without_a_step_is_refused_and_reported() -> None:
    def misuse() -> None:
        with MessagesApi({"a": script(text("only one"))}) as api:
            ask(api.url, marker("a"))
            for words in (marker("a"), "no marker"):
                assert refusal(api.url, words)[0] == 400

    with pytest.raises(AssertionError) as reported:
        misuse()
    assert str(reported.value) == (
        "request 1 /v1/messages?beta=true: script 'a' has no step 1\n"
        "request 2 /v1/messages?beta=true: no script ''"
    )


def test_an_expected_text_that_is_missing_is_reported() -> None:
    def misuse() -> None:
        with MessagesApi({"a": script(text("x", expects=("hello", "bye")))}) as api:
            ask(api.url, f"{marker('a')} hello")

    with pytest.raises(AssertionError, match=r"^request 0 \('a', step 0\) .* contain 'bye'$"):
        misuse()


def test_a_mistake_in_a_callable_is_reported() -> None:
    def misuse() -> None:
        wrong = Reply(content=lambda request: (Text(text=request.user_texts[99]),))
        with MessagesApi({"a": script(wrong)}) as api, pytest.raises(ConnectionError):
            ask(api.url, marker("a"))

    with pytest.raises(AssertionError, match=r"^the server failed: IndexError\("):
        misuse()


def test_tool_results_are_read_back() -> None:
    result = {"type": "tool_result", "tool_use_id": "t1", "is_error": True, "content": "Exit 3"}
    body = {"model": "m", "messages": [{"role": "user", "content": [result]}]}
    with MessagesApi() as api:
        url = f"{api.url}/v1/messages/count_tokens"
        with urllib.request.urlopen(url, json.dumps(body).encode(), timeout=10) as answer:  # noqa: S310
            assert json.loads(answer.read())["input_tokens"] > 0
        found = api.requests[0].tool_results[0]
        assert (found.tool_use_id, found.text, found.is_error) == ("t1", "Exit 3", True)
        assert api.requests[0].contains("Exit 3")
        assert not api.requests[0].contains("Exit 4")


def test_many_conversations_at_once_keep_apart() -> None:
    names = [f"s{number}" for number in range(16)]
    scripts = {name: script(*[text(f"{name} {step}") for step in range(5)]) for name in names}
    heard: dict[str, list[str]] = {}

    def talk(name: str) -> None:
        heard[name] = [ask(api.url, marker(name))["content"][0]["text"] for _ in range(5)]

    with MessagesApi(scripts) as api:
        threads = [threading.Thread(target=talk, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert [request.order for request in api.requests] == list(range(80))
    assert heard == {name: [f"{name} {step}" for step in range(5)] for name in names}


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.json"
    steps = [
        {"text": "hello", "usage": {"input_tokens": 5}, "hold": "g"},
        {"tool": "Bash", "input": {"command": "ls"}},
        {"content": [{"text": "two"}, {"tool": "Read", "input": {"file_path": "a"}}]},
        {"status": 529, "message": "busy"},
    ]
    scenario.write_text(json.dumps({"scripts": {"a": {"steps": steps, "then": {"text": "end"}}}}))
    argv = [sys.executable, "-m", "tests.support.messages_api", str(scenario)]
    server = start_apart(argv)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().decode().strip()
        urllib.request.urlopen(f"{url}/_gate/g", b"", timeout=10).close()  # noqa: S310
        kinds = [[b["type"] for b in ask(url, marker("a"))["content"]] for _ in range(3)]
        assert kinds == [["text"], ["tool_use"], ["text", "tool_use"]]
        assert refusal(url, marker("a"))[0] == 529
        with urllib.request.urlopen(f"{url}/_requests", timeout=10) as answer:  # noqa: S310
            recorded = [json.loads(line) for line in answer.read().splitlines()]
        assert [request["step"] for request in recorded] == [0, 1, 2, 3]
        assert ask(url, marker("a"))["content"][0]["text"] == "end"
    finally:
        server.kill()
        server.communicate()


def test_a_wrong_call_of_the_program_is_refused() -> None:
    done = run_to_end([sys.executable, "-m", "tests.support.messages_api"])
    usage = b"usage: python -m tests.support.messages_api SCENARIO.json\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", usage)


def test_the_short_forms_say_what_they_build() -> None:
    assert bash("ls", timeout=5) == Reply(
        content=(
            Tool(name="Bash", input={"command": "ls", "description": "scripted", "timeout": 5}),
        )
    )
    assert script(text("x", times=FOREVER)).steps[0].times == FOREVER
