"""The walk: lay the ground, spawn, watch, and prove what came of it.

Everything happens through what `wta` itself does: the tasks are spawned as `wta spawn --merge`
does it, and a supervisor of the demo's own, a process like any other, follows and lands them.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from wtagents.core.config.settings import flag_layer, resolve_settings
from wtagents.core.errors import DeadlineError, ExitCode
from wtagents.core.landing.merge import MergeState
from wtagents.core.lifecycle import LIVE_MERGE_STATES
from wtagents.core.record import record
from wtagents.core.task import AgentKind, AgentSpec, TaskState
from wtagents.demo.cast import Part, load_cast
from wtagents.demo.ground import throwaway_ground
from wtagents.demo.project import lay_project
from wtagents.demo.proof import prove
from wtagents.demo.report import DemoReport, Scene
from wtagents.operations.context import Context
from wtagents.operations.result import OperationResult
from wtagents.operations.steering.answer import AnswerRequest, answer
from wtagents.operations.steering.send import SendRequest, send
from wtagents.operations.steering.spawn import SpawnRequest, spawn
from wtagents.operations.telling.status import StatusRequest, TaskStatus, status
from wtagents.operations.trust import trust
from wtagents.supervisor.wake import ensure_supervisor
from wtagents.system.config_file import load_layers

if TYPE_CHECKING:
    from collections.abc import Callable

    from wtagents.core.config.settings import Layer
    from wtagents.demo.ground import Ground
    from wtagents.system.clock import Clock

_LOOK_SECONDS = 0.15
_PATIENCE = {AgentKind.SCRIPTED: 120.0, AgentKind.CLAUDE: 1800.0}
"""Seconds until the demo gives up."""
_GO_ON = "All of you are at work by now: go on."
BUDGET_USD = 1.0
"""What one task of a real agent may cost at most."""
_RESTING = frozenset({TaskState.FAILED, TaskState.STOPPED, TaskState.CANCELLED, TaskState.MERGED})


@record
class DemoRequest:
    """What `wta demo` was asked for."""

    claude: bool = False
    """Claude Code does the tasks instead of the built-in agent."""
    keep: bool = False
    """Leave the repository and its state where they are."""

    @property
    def kind(self) -> AgentKind:
        """Who does the tasks."""
        return AgentKind.CLAUDE if self.claude else AgentKind.SCRIPTED


def demo(
    request: DemoRequest, watch: Callable[[Scene], None], *, clock: Clock
) -> OperationResult[DemoReport]:
    """Play the whole walk; the exit code is OK only when everything ended as promised.

    Raises DeadlineError when tasks do not come to rest, and what `spawn` raises. When the demo does
    not prove itself, its repository stays, so that somebody can find out why.
    """
    begun = clock.monotonic()
    flags = _flags(request.kind)
    with throwaway_ground(clock) as ground:
        if request.keep:
            ground.keep()
        lay_project(ground.repository, request.kind)
        context = Context(ground.repository, flags=flags, clock=clock)
        try:
            play = _Play(context, ground, watch, begun)
            ended = play.through(load_cast(request.kind), request.kind)
            report = prove(context, ground, ended, seconds=clock.monotonic() - begun)
        finally:
            context.close()
        if not report.is_proved:
            ground.keep()
        return _result(report, kept=ground.keep_mark.exists())


def _result(report: DemoReport, *, kept: bool) -> OperationResult[DemoReport]:
    from wtagents.core.record import replace

    return OperationResult(
        data=replace(report, kept=kept),
        exit_code=ExitCode.OK if report.is_proved else ExitCode.UNFULFILLED,
    )


def _flags(kind: AgentKind) -> tuple[Layer, ...]:
    """Carry a person's own choice of the Claude Code program onto the demo's ground."""
    if kind is AgentKind.SCRIPTED:
        return ()
    own = resolve_settings(load_layers(None))
    return (flag_layer("--claude", "agent.program", own.agent.program),)


class _Play:
    """The demo between the first spawn and the last landing."""

    def __init__(
        self, context: Context, ground: Ground, watch: Callable[[Scene], None], begun: float
    ) -> None:
        self._context = context
        self._ground = ground
        self._watch = watch
        self._begun = begun

    def through(self, cast: tuple[Part, ...], kind: AgentKind) -> tuple[TaskStatus, ...]:
        """Spawn every task and return them when all have come to rest."""
        trust(self._context)
        budget = BUDGET_USD if kind is AgentKind.CLAUDE else None
        for part in cast:
            spec = AgentSpec(kind=kind, budget_usd=budget)
            request = SpawnRequest(name=part.name, prompt=part.prompt, agent=spec, merge=True)
            spawn(self._context, request)
            self._look()
        if kind is AgentKind.SCRIPTED:
            self._let_go(cast)
        ensure_supervisor(self._context)
        return self._follow(_PATIENCE[kind])

    def _let_go(self, cast: tuple[Part, ...]) -> None:
        """Tell the agents, which wait for it, that nobody is missing: so all work at once."""
        for part in cast:
            send(self._context, SendRequest(name=part.name, text=_GO_ON, wait_seconds=0))
            self._look()

    def _follow(self, seconds: float) -> tuple[TaskStatus, ...]:
        clock, never = self._context.clock, Event()
        end = clock.monotonic() + seconds
        while clock.monotonic() < end:
            seen = self._look()
            if all(_is_at_rest(each) for each in seen):
                return seen
            self._deny_questions(seen)
            clock.wait(never, _LOOK_SECONDS)
        self._ground.keep()
        raise DeadlineError(
            f"the demo's tasks are not done after {seconds:g} s",
            hint=f"see why: XDG_STATE_HOME={self._ground.state}"
            f" wta -C {self._ground.repository} status",
        )

    def _look(self) -> tuple[TaskStatus, ...]:
        seen = status(self._context, StatusRequest()).data
        seconds = self._context.clock.monotonic() - self._begun
        self._watch(Scene(repository=self._ground.repository, tasks=seen, seconds=seconds))
        return seen

    def _deny_questions(self, seen: tuple[TaskStatus, ...]) -> None:
        """Nobody sits here to answer: what the settings do not allow is denied."""
        for each in seen:
            if each.pulse is not None and each.pulse.question is not None:
                name = each.task.name
                denial = "Not in this demo. Go on without it."
                answer(self._context, AnswerRequest(name=name, allow=False, message=denial))


def _is_at_rest(seen: TaskStatus) -> bool:
    """Whether nothing will happen to a task any more without a person."""
    if seen.task.state in _RESTING:
        return not (seen.merge and seen.merge.state in LIVE_MERGE_STATES)
    rejected = seen.merge is not None and seen.merge.state is MergeState.REJECTED
    return seen.task.state is TaskState.READY and rejected
