"""answer: allow, deny or choose what an agent asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.answer import Answer, answer_body
from wtagents.core.errors import ExitCode, StateError
from wtagents.core.figures import plural
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.message import Message, MessageKind
from wtagents.core.record import record
from wtagents.operations.result import OperationResult
from wtagents.operations.steering.send import await_delivery
from wtagents.operations.steering.waiting import wait_for
from wtagents.store.messages import add_message
from wtagents.store.runs import latest_run
from wtagents.store.tasks import require_task
from wtagents.system import run_folder

if TYPE_CHECKING:
    from wtagents.core.inquiry import Chosen
    from wtagents.core.run import Question, Run
    from wtagents.core.task import Task
    from wtagents.operations.context import Context


@record
class AnswerRequest:
    """What `wta answer` was asked for."""

    name: str
    allow: bool
    message: str = ""
    """Told to the agent with a denial."""
    chosen: Chosen = ()
    """What is chosen where it asks for a choice, which then is allowed."""
    request_id: str = ""
    """The question that the person has seen; '' for whatever is asked now."""
    wait_seconds: float = 10.0

    @classmethod
    def of(cls, name: str, said: Answer) -> AnswerRequest:
        """Return what asks for an answer to be given to the question that it names."""
        return cls(
            name=name,
            allow=said.allow,
            message=said.message,
            chosen=said.chosen,
            request_id=said.request_id,
        )


@record
class Answered:
    """The question, and what became of its answer."""

    question: Question
    allowed: bool
    message: Message
    chosen: Chosen = ()


def answer(context: Context, request: AnswerRequest) -> OperationResult[Answered]:
    """Answer the question that the task's agent waits with.

    Raises StateError when it asks nothing, or something else than the person has seen; also when
    it is allowed what can only be chosen, or told a choice where it wants a permission.
    """
    question = require_question(context, request.name)
    if request.request_id not in ("", question.request_id):
        raise StateError(
            f"the agent of {request.name} asks something else by now",
            hint=f"look at it: wta answer {request.name}",
        )
    if request.allow:
        _require_fit(request, question)
    said = Answer(
        request_id=question.request_id,
        allow=request.allow,
        message=request.message,
        chosen=request.chosen,
    )
    with context.database.write() as db:
        task = require_task(db, request.name)
        message = add_message(
            db, task.id, MessageKind.ANSWER, answer_body(said), context.clock.now()
        )
    message = await_delivery(context, task, message, request.wait_seconds)
    answered = Answered(
        question=question, allowed=request.allow, message=message, chosen=request.chosen
    )
    if message.delivered_at is not None:
        _await_withdrawal(context, task, question, request.wait_seconds)
        return OperationResult(data=answered)
    why = message.failed or "the agent has not taken the answer yet"
    return OperationResult(data=answered, messages=(why,), exit_code=ExitCode.UNFULFILLED)


def _require_fit(request: AnswerRequest, question: Question) -> None:
    wanted, given = len(question.inquiries), len(request.chosen)
    if wanted and not given:
        raise StateError(
            f"the agent of {request.name} wants a choice, not a permission",
            hint=f"wta answer {request.name} --choice NUMBER",
        )
    if wanted != given:
        raise StateError(
            f"the agent of {request.name} asks for {plural(wanted, 'choice')}, not for {given}",
            hint=f"look at it: wta answer {request.name}",
        )


def _await_withdrawal(context: Context, task: Task, question: Question, seconds: float) -> None:
    """Let the runner say that the question is closed, else whoever looks next finds it open."""

    def closed() -> bool | None:
        with context.database.read() as db:
            run = latest_run(db, task.id)
        return open_question(context, run) != question or None

    wait_for(context.clock, closed, seconds=seconds)


def require_question(context: Context, name: str) -> Question:
    """Return what the task's agent waits for. Raises StateError when it asks nothing."""
    with context.database.read() as db:
        task = require_task(db, name)
        run = latest_run(db, task.id)
    question = open_question(context, run)
    if question is None:
        raise StateError(
            f"the agent of {task.name} asks nothing",
            hint=f"see what it does: wta status {task.name}",
        )
    return question


def require_inquiries(context: Context, name: str) -> Question:
    """Return what the task's agent wants a person to choose.

    Raises StateError when it asks nothing, or for a permission.
    """
    question = require_question(context, name)
    if not question.inquiries:
        raise StateError(
            f"the agent of {name} wants a permission, not a choice",
            hint=f"look at it: wta answer {name}",
        )
    return question


def open_question(context: Context, run: Run | None) -> Question | None:
    """Return what the agent of a live run waits for, if it does."""
    if run is None or run.state not in LIVE_RUN_STATES:
        return None
    pulse = run_folder.load_pulse(context.paths.run(run.id))
    return pulse.question if pulse else None
