"""The records of a run as JSON values and back, for run folders and columns.

Writing is plain; reading is exact: a value is the whole record or it is refused by `ForeignValue`.
Unknown keys pass, so that a runner of another version can be read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wtagents.core.ids import RunId, TaskName
from wtagents.core.inquiry import Inquiry, Option
from wtagents.core.isolation.confinement import Confinement, Link, Replacement, SandboxMode
from wtagents.core.isolation.network import ALL, Network
from wtagents.core.json_fields import Fields, ForeignValue
from wtagents.core.order import Order
from wtagents.core.run import (
    Exit,
    ExitReason,
    KeptPulse,
    Phase,
    ProcessIdentity,
    Pulse,
    Question,
    Stillness,
    Usage,
)
from wtagents.core.task import AgentKind
from wtagents.core.tending.check import Check

_PATHS = ("write", "guard", "hide", "show")


def order_value(order: Order) -> dict[str, Any]:
    """Return an order as a JSON value."""
    return {
        "run_id": order.run_id,
        "task": order.task,
        "worktree": str(order.worktree),
        "agent": order.agent.value,
        "argv": list(order.argv),
        "environment": [list(pair) for pair in order.environment],
        "prompt": order.prompt,
        "yields": order.yields,
        "session_id": order.session_id,
        "setup": list(order.setup),
        "setup_seconds": order.setup_seconds,
        "copying": list(order.copying),
        "confines_setup": order.confines_setup,
        "timeout_seconds": order.timeout_seconds,
        "stop_seconds": order.stop_seconds,
        "budget_tokens": order.budget_tokens,
        "checks": list(order.checks),
        "check_seconds": order.check_seconds,
        "confinement": None if order.confinement is None else walls_value(order.confinement),
    }


def parse_order(value: Any) -> Order:
    """Read an order; its command line has a program."""
    fields = Fields(value)
    argv = fields.texts("argv")
    worktree = Path(fields.text("worktree"))
    if not argv or not argv[0] or not worktree.is_absolute():
        raise ForeignValue("argv, worktree")
    return Order(
        run_id=RunId.parse(fields.text("run_id")),
        task=TaskName.parse(fields.text("task")),
        worktree=worktree,
        agent=AgentKind(fields.text("agent")),
        argv=argv,
        environment=fields.pairs("environment"),
        prompt=fields.text("prompt"),
        yields=fields.flag("yields"),
        session_id=fields.text("session_id"),
        setup=fields.texts("setup"),
        setup_seconds=fields.number("setup_seconds"),
        copying=fields.texts("copying") if fields.given("copying") else (),
        confines_setup=fields.given("confines_setup") and fields.flag("confines_setup"),
        timeout_seconds=None
        if fields.absent("timeout_seconds")
        else fields.number("timeout_seconds"),
        stop_seconds=fields.number("stop_seconds"),
        checks=fields.texts("checks") if fields.given("checks") else (),
        check_seconds=fields.number("check_seconds") if fields.given("check_seconds") else 0.0,
        budget_tokens=fields.integer("budget_tokens") if fields.given("budget_tokens") else None,
        confinement=None
        if fields.absent("confinement")
        else parse_walls(fields.raw("confinement")),
    )


def walls_value(walls: Confinement) -> dict[str, Any]:
    """Return a confinement as a JSON value."""
    return {
        "mode": walls.mode.value,
        "program": walls.program,
        **{name: [str(path) for path in getattr(walls, name)] for name in _PATHS},
        "hollow": None if walls.hollow is None else str(walls.hollow),
        "links": [[str(each.place), each.target] for each in walls.links],
        "replace": [[str(each.place), str(each.source)] for each in walls.replace],
        "network": walls.network.kind if walls.network.hosts is None else list(walls.network.hosts),
        "environment": [list(pair) for pair in walls.environment],
    }


def parse_walls(value: Any) -> Confinement:
    """Read a confinement."""
    fields = Fields(value)
    paths = {name: tuple(map(Path, fields.texts(name))) for name in _PATHS}
    return Confinement(
        mode=SandboxMode(fields.text("mode")),
        program=fields.text("program"),
        hollow=None if fields.absent("hollow") else Path(fields.text("hollow")),
        replace=tuple(
            Replacement(place=Path(place), source=Path(source))
            for place, source in fields.pairs("replace")
        ),
        links=tuple(
            Link(place=Path(place), target=target) for place, target in fields.pairs("links")
        )
        if fields.given("links")
        else (),
        network=ALL
        if fields.raw("network") == ALL.kind
        else Network(hosts=fields.texts("network")),
        environment=fields.pairs("environment"),
        **paths,
    )


def identity_value(identity: ProcessIdentity) -> dict[str, Any]:
    """Return an identity as a JSON value."""
    return {"boot_id": identity.boot_id, "pid": identity.pid, "start": identity.start}


def parse_identity(value: Any) -> ProcessIdentity:
    """Read an identity."""
    fields = Fields(value)
    identity = ProcessIdentity(
        boot_id=fields.text("boot_id"), pid=fields.integer("pid"), start=fields.integer("start")
    )
    if identity.pid <= 0:
        raise ForeignValue("pid")
    return identity


def usage_value(usage: Usage) -> dict[str, Any]:
    """Return a usage as a JSON value."""
    return {
        "cost_usd": usage.cost_usd,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "turns": usage.turns,
        "context_tokens": usage.context_tokens,
        "context_window": usage.context_window,
        "model": usage.model,
    }


def parse_usage(value: Any) -> Usage:
    """Read a usage."""
    fields = Fields(value)
    return Usage(
        cost_usd=fields.number("cost_usd"),
        input_tokens=fields.integer("input_tokens"),
        output_tokens=fields.integer("output_tokens"),
        turns=fields.integer("turns"),
        context_tokens=fields.integer("context_tokens"),
        context_window=fields.integer("context_window"),
        model=fields.text("model"),
    )


def pulse_value(pulse: Pulse) -> dict[str, Any]:
    """Return a pulse as a JSON value."""
    asked = pulse.question
    return {
        "phase": pulse.phase.value,
        "doing": pulse.doing,
        "question": None if asked is None else _question_value(asked),
        "usage": usage_value(pulse.usage),
        "session_id": pulse.session_id,
        "at": pulse.at.isoformat(),
        "limited_until": pulse.limited_until.isoformat() if pulse.limited_until else None,
        "repeats": pulse.repeats,
        "repeated": pulse.repeated,
        "full_turn": pulse.full_turn,
        "still": None if pulse.still is None else _stillness_value(pulse.still),
        "refused": list(pulse.refused),
    }


def kept_pulse_value(kept: KeptPulse) -> dict[str, Any]:
    """Return a pulse that was kept as a JSON value."""
    return {
        "at": kept.at.isoformat(),
        "said": kept.said,
        "spoke_at": kept.spoke_at.isoformat() if kept.spoke_at else None,
        "pulse": pulse_value(kept.pulse),
    }


def parse_kept_pulse(value: Any) -> KeptPulse:
    """Read a pulse that was kept."""
    fields = Fields(value)
    return KeptPulse(
        at=fields.time("at"),
        said=fields.integer("said"),
        spoke_at=None if fields.absent("spoke_at") else fields.time("spoke_at"),
        pulse=parse_pulse(fields.raw("pulse")),
    )


def _stillness_value(still: Stillness) -> dict[str, Any]:
    return {
        "seconds": still.seconds,
        "idle_seconds": still.idle_seconds,
        "process": still.process,
    }


def parse_pulse(value: Any) -> Pulse:
    """Read a pulse."""
    fields = Fields(value)
    asked = None if fields.absent("question") else _parse_question(fields.raw("question"))
    return Pulse(
        phase=Phase(fields.text("phase")),
        doing=fields.text("doing"),
        question=asked,
        usage=parse_usage(fields.raw("usage")),
        session_id=fields.text("session_id"),
        at=fields.time("at"),
        limited_until=fields.time("limited_until") if fields.given("limited_until") else None,
        repeats=fields.integer("repeats") if fields.given("repeats") else 0,
        repeated=fields.text("repeated") if fields.given("repeated") else "",
        full_turn=fields.integer("full_turn") if fields.given("full_turn") else 0,
        still=_parse_stillness(fields.raw("still")) if fields.given("still") else None,
        refused=fields.texts("refused") if fields.given("refused") else (),
    )


def _parse_stillness(value: Any) -> Stillness:
    fields = Fields(value)
    return Stillness(
        seconds=fields.number("seconds"),
        idle_seconds=fields.number("idle_seconds"),
        process=fields.text("process"),
    )


def exit_value(ended: Exit) -> dict[str, Any]:
    """Return an exit as a JSON value."""
    return {
        "reason": ended.reason.value,
        "detail": ended.detail,
        "exit_code": ended.exit_code,
        "denials": list(ended.denials),
        "retry_at": None if ended.retry_at is None else ended.retry_at.isoformat(),
        "usage": usage_value(ended.usage),
        "survivors": ended.survivors,
        "at": ended.at.isoformat(),
        "checks": [_check_value(check) for check in ended.checks],
    }


def parse_exit(value: Any) -> Exit:
    """Read an exit."""
    fields = Fields(value)
    return Exit(
        reason=ExitReason(fields.text("reason")),
        detail=fields.text("detail"),
        exit_code=None if fields.absent("exit_code") else fields.integer("exit_code"),
        denials=fields.texts("denials"),
        retry_at=None if fields.absent("retry_at") else fields.time("retry_at"),
        usage=parse_usage(fields.raw("usage")),
        survivors=fields.integer("survivors"),
        at=fields.time("at"),
        checks=tuple(_parse_check(each) for each in fields.values("checks"))
        if fields.given("checks")
        else (),
    )


def _check_value(check: Check) -> dict[str, Any]:
    return {
        "command": check.command,
        "passed": check.passed,
        "seconds": check.seconds,
        "timed_out": check.timed_out,
        "log": check.log,
        "tail": check.tail,
    }


def _parse_check(value: Any) -> Check:
    fields = Fields(value)
    return Check(
        command=fields.text("command"),
        passed=fields.flag("passed"),
        seconds=fields.number("seconds"),
        timed_out=fields.flag("timed_out"),
        log=fields.text("log"),
        tail=fields.text("tail"),
    )


def _question_value(question: Question) -> dict[str, Any]:
    return {
        "request_id": question.request_id,
        "tool": question.tool,
        "summary": question.summary,
        "asked_at": question.asked_at.isoformat(),
        "inquiries": [_inquiry_value(each) for each in question.inquiries],
    }


def _parse_question(value: Any) -> Question:
    fields = Fields(value)
    return Question(
        request_id=fields.text("request_id"),
        tool=fields.text("tool"),
        summary=fields.text("summary"),
        asked_at=fields.time("asked_at"),
        inquiries=tuple(_parse_inquiry(each) for each in fields.values("inquiries"))
        if fields.given("inquiries")
        else (),
    )


def _inquiry_value(inquiry: Inquiry) -> dict[str, Any]:
    return {
        "text": inquiry.text,
        "header": inquiry.header,
        "options": [
            {"label": each.label, "about": each.about, "preview": each.preview}
            for each in inquiry.options
        ],
        "many": inquiry.many,
    }


def _parse_inquiry(value: Any) -> Inquiry:
    fields = Fields(value)
    return Inquiry(
        text=fields.text("text"),
        header=fields.text("header"),
        options=tuple(_parse_option(each) for each in fields.values("options")),
        many=fields.flag("many"),
    )


def _parse_option(value: Any) -> Option:
    fields = Fields(value)
    return Option(
        label=fields.text("label"), about=fields.text("about"), preview=fields.text("preview")
    )
