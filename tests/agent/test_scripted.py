"""The built-in agent as a real process behind the port."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.agent_session import SESSION, Play, played, wire
from tests.support.processes import run_to_end
from tests.support.repository import RepositoryBuilder
from wtagents.agent.agents import agent_for
from wtagents.agent.events import (
    Asked,
    ControlAnswered,
    Denied,
    MessageMoved,
    MessageStage,
    Said,
    Started,
    Thought,
    ToolReturned,
    ToolUsed,
    TurnEnded,
    UserSaid,
)
from wtagents.agent.port import LaunchRequest, Verdict
from wtagents.agent.repeats import mark_of
from wtagents.agent.wording import load_words
from wtagents.core.ids import TaskName
from wtagents.core.run import ExitReason, Phase
from wtagents.core.task import AgentKind

AGENT = agent_for(AgentKind.SCRIPTED)


def test_files_are_written_changed_and_committed(play: Play, repository: RepositoryBuilder) -> None:
    verdict = played(
        play(
            "write src/a.py <<END",
            "x = 1",
            "",
            "    y = 2",
            "END",
            "append src/a.py <<EOF",
            "z = 3",
            "EOF",
            'replace src/a.py "x = 1" "x = \\"one\\""',
            "write gone.txt <<END",
            "END",
            "delete gone.txt",
            "run printf made > b.txt",
            'commit "Add a and b"',
            'say "All done."',
        )
    )
    assert verdict == Verdict(reason=ExitReason.COMPLETED, detail="All done.")
    assert repository.git("status", "--porcelain") == ""
    assert repository.git("log", "--format=%s", "--name-only") == (
        "Add a and b\n\nb.txt\nsrc/a.py\nBegin\n\nREADME.md"
    )
    assert repository.git("show", "HEAD:src/a.py") == 'x = "one"\n\n    y = 2\nz = 3'


def test_its_story_reads_like_that_of_claude_code(
    play: Play, repository: RepositoryBuilder
) -> None:
    with play(
        'think "Hm."', "run echo hi", 'replace README.md "no" "yes"', 'say "Bye."'
    ) as session:
        session.wait_for_rest()
        session.finish()
        story = [event for event in session.events if not isinstance(event, MessageMoved)]
    kinds = [type(event).__name__ for event in story]
    assert kinds == [
        *("Started", "UserSaid", "Request", "Thought"),
        *("Request", "ToolUsed", "ToolReturned"),
        *("Request", "ToolUsed", "ToolReturned"),
        *("Request", "Said", "TurnEnded"),
    ]
    assert story[3] == Thought(text="Hm.")
    mark = mark_of("Bash", {"command": "echo hi"})
    assert story[5] == ToolUsed(id="toolu_00000002", tool="Bash", summary="echo hi", mark=mark)
    assert story[6] == ToolReturned(id="toolu_00000002", failed=False, text="hi")
    edit = story[8]
    assert isinstance(edit, ToolUsed)
    assert (edit.id, edit.tool, edit.summary) == ("toolu_00000003", "Edit", "README.md")
    assert story[9] == ToolReturned(
        id="toolu_00000003", failed=True, text="String to replace not found in file"
    )
    assert repository.git("status", "--porcelain") == ""


def test_a_prompt_without_a_scenario_changes_nothing(
    play: Play, repository: RepositoryBuilder
) -> None:
    repository.write({"left.txt": "left\n"})
    verdict = played(play(prompt="run rm -rf . && commit everything"))
    assert verdict.reason is ExitReason.COMPLETED
    assert verdict.detail == (
        "The built-in agent does only what stands behind a line 'scenario:'; nothing was changed."
    )
    assert repository.git("status", "--porcelain") == "?? left.txt"


def test_it_commits_when_it_is_asked_in_our_words(
    play: Play, repository: RepositoryBuilder
) -> None:
    played(play("write left.txt <<END", "left", "END"))
    assert repository.git("status", "--porcelain") == "?? left.txt"
    verdict = played(play(prompt=load_words("commit"), resumes=True))
    assert verdict == Verdict(reason=ExitReason.COMPLETED, detail="Committed.")
    assert repository.git("log", "-1", "--format=%s", "--name-only") == (
        "Commit what was left\n\nleft.txt"
    )


def test_a_stubborn_one_does_not_commit(play: Play, repository: RepositoryBuilder) -> None:
    played(play("stubborn", "write left.txt <<END", "END"))
    played(play(prompt=load_words("commit"), resumes=True))
    assert repository.git("status", "--porcelain") == "?? left.txt"


def test_a_message_in_the_middle_of_a_turn_is_taken_in_the_same_turn(play: Play) -> None:
    with play("listen 30", 'ask Bash "go on"', 'say "Back to work."') as session:
        session.wait_for(Started)
        session.say("Use tabs.", number=1)
        session.say('scenario:\nsay "And this."', number=2)
        # The turn does not end before both were said.
        session.answer(session.wait_for(Asked).request_id, allow=True)
        session.wait_for(TurnEnded)
        verdict = session.finish()
        ended = session.state.results
        words = [event.text for event in session.events if isinstance(event, Said)]
        taken = {
            event.wire
            for event in session.events
            if isinstance(event, MessageMoved) and event.stage is MessageStage.STARTED
        }
    assert verdict.reason is ExitReason.COMPLETED
    assert ended == 1
    assert set(words) == {"Noted: Use tabs.", "Back to work.", "And this."}
    assert taken == {wire(0), wire(1), wire(2)}


def test_a_message_at_rest_begins_a_turn_of_its_own(play: Play) -> None:
    with play('say "One."') as session:
        session.wait_for_rest()
        session.say('scenario:\nsay "Two."', number=1)
        session.wait_for(TurnEnded, count=2)
        verdict = session.finish()
        echoed = [event for event in session.events if isinstance(event, UserSaid)]
    assert verdict == Verdict(reason=ExitReason.COMPLETED, detail="Two.")
    assert echoed[-1] == UserSaid(text='scenario:\nsay "Two."', wire=wire(1))


def test_a_question_waits_for_its_answer(play: Play) -> None:
    with play('ask Bash "rm -r build"', 'ask WebFetch "example.invalid"') as session:
        first = session.wait_for(Asked)
        assert (first.tool, first.summary) == ("Bash", "rm -r build")
        state = session.state
        assert state.phase is Phase.ASKING
        assert [question.summary for question in state.questions] == ["rm -r build"]
        session.answer(first.request_id, allow=True)
        second = session.wait_for(Asked, count=2)
        session.answer(second.request_id, allow=False, message="Not the net.")
        session.wait_for_rest()
        verdict = session.finish()
        returned = [event for event in session.events if isinstance(event, ToolReturned)]
    assert [(each.failed, each.text) for each in returned] == [
        (False, "allowed"),
        (True, "Not the net."),
    ]
    assert verdict.denials == ("WebFetch: example.invalid",)


def test_a_question_to_nobody_is_denied(play: Play) -> None:
    with play('ask Bash "rm -r build"') as session:
        session.wait_for(Asked)
        verdict = session.finish()
        ended = session.wait_for(TurnEnded)
    assert verdict.reason is ExitReason.COMPLETED
    assert [type(denied) for denied in ended.denials] == [Denied]


def test_an_interrupt_ends_the_step_and_the_turn_but_not_the_process(play: Play) -> None:
    with play("run sleep 300", 'say "never"') as session:
        session.wait_for(ToolUsed)
        session.interrupt(7)
        assert session.wait_for(ControlAnswered) == ControlAnswered(
            request_id=wire(7), failed=False, text=""
        )
        assert session.wait_for(TurnEnded).terminal_reason == "aborted_tools"
        session.say('scenario:\nsay "Again."', number=1)
        session.wait_for(TurnEnded, count=2)
        verdict = session.finish()
        words = [event.text for event in session.events if isinstance(event, Said)]
    assert words == ["Again."]
    assert verdict.reason is ExitReason.COMPLETED


def test_an_interrupted_last_turn_is_a_stop(play: Play) -> None:
    with play("wait 300") as session:
        session.wait_for(ToolUsed)
        session.interrupt(7)
        session.wait_for(TurnEnded)
        verdict = session.finish()
    assert verdict == Verdict(reason=ExitReason.INTERRUPTED, detail="its turn was interrupted")


def test_a_resumed_session_goes_on_behind_the_step_that_ran(
    play: Play, repository: RepositoryBuilder
) -> None:
    with play("run echo 1 >> steps", "crash", "run echo 2 >> steps") as session:
        session.wait()
    verdict = played(play("run echo 3 >> steps", resumes=True))
    assert verdict.reason is ExitReason.COMPLETED
    assert (repository.path / "steps").read_text() == "1\n2\n3\n"


def test_cost_and_tokens_are_those_of_the_run_not_of_the_session(play: Play) -> None:
    first = play('say "a"', 'say "b"')
    played(first)
    assert first.state.usage.cost_usd == pytest.approx(0.002)
    second = play('say "c"', resumes=True)
    played(second)
    usage = second.state.usage
    assert usage.cost_usd == pytest.approx(0.001)
    assert (usage.turns, usage.context_tokens, usage.context_window) == (1, 13205, 200_000)


def test_limits_of_the_run_hold(play: Play) -> None:
    turns = played(play('say "a"', 'say "b"', 'say "c"', max_turns=2))
    assert turns.reason is ExitReason.MAX_TURNS


def test_a_tool_over_the_budget_is_not_run(play: Play, repository: RepositoryBuilder) -> None:
    verdict = played(play('say "a"', "run touch never", budget_usd=0.0015))
    assert verdict.reason is ExitReason.BUDGET
    assert not (repository.path / "never").exists()


def test_a_message_that_comes_again_is_passed_over(play: Play) -> None:
    with play('say "a"', "wait 0.2") as session:
        session.say('scenario:\nsay "b"', number=1)
        session.finish()
    with play('say "c"', resumes=True) as session:
        session.say('scenario:\nsay "b"', number=1)
        session.finish()

        said = [event.text for event in session.events if isinstance(event, Said)]
        stages = [
            event.stage
            for event in session.events
            if isinstance(event, MessageMoved) and event.wire == wire(1)
        ]
    assert said == ["c"]
    assert stages == [MessageStage.QUEUED, MessageStage.COMPLETED]


def test_an_unknown_session_cannot_be_resumed(play: Play) -> None:
    with play('say "a"', resumes=True) as session:
        verdict = session.wait()
    assert verdict == Verdict(
        reason=ExitReason.CONVERSATION_LOST,
        detail=f"No conversation found with session ID: {SESSION}",
    )


def test_a_session_id_cannot_be_used_twice(play: Play) -> None:
    played(play('say "a"'))
    with play('say "b"') as session:
        verdict = session.wait()
    assert session.events == ()
    assert verdict == Verdict(
        reason=ExitReason.AGENT_ERROR,
        detail=f"Error: Session ID {SESSION} is already in use.",
    )


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("jump", "line 3 of the scenario is no step: 'jump'"),
        ("wait long", "line 3 of the scenario is no step: 'wait long'"),
        ("write a.txt <<END", "line 3 of the scenario is no step: 'write a.txt <<END'"),
        ("say hello", "line 3 of the scenario is no step: 'say hello'"),
        ("crash now", "line 3 of the scenario is no step: 'crash now'"),
        ('replace a "b"', "line 3 of the scenario is no step: 'replace a \"b\"'"),
    ],
)
def test_a_line_that_is_no_step_ends_the_turn_in_words(play: Play, step: str, fault: str) -> None:
    verdict = played(play(step))
    assert verdict.reason is ExitReason.AGENT_ERROR
    assert verdict.detail.startswith(f"{fault}: ")


@pytest.mark.parametrize("path", ["../out.txt", "/out.txt", "."])
def test_it_writes_only_into_the_worktree(
    play: Play, path: str, repository: RepositoryBuilder
) -> None:
    session = play(f"write {path} <<END", "x", "END")
    played(session)
    returned = [event for event in session.events if isinstance(event, ToolReturned)]
    assert [(each.failed, each.text) for each in returned] == [
        (True, f"{path} is outside of the worktree")
    ]
    assert repository.git("status", "--porcelain") == ""


def test_lines_that_nobody_can_read_are_counted(play: Play) -> None:
    session = play("garbage", "flood 200")
    assert played(session).reason is ExitReason.COMPLETED
    assert session.state.unknown == 2
    assert session.state.usage.turns == 201


def test_a_line_that_is_not_json_ends_it() -> None:
    argv = AGENT.launch(
        LaunchRequest(
            task=TaskName("t"),
            worktree=Path.cwd(),
            prompt="x",
            session_id=SESSION,
            resumes=False,
        )
    ).argv
    done = run_to_end(argv, stdin=b"not json\n")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"Error parsing streaming input line: b'not json'\n"
