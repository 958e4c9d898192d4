"""notify: tell a person by every channel that is set; one that fails does not stop the others."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode, SystemFault, WtaError
from wtagents.core.record import record
from wtagents.core.tending.alert import Desktop, Notification
from wtagents.core.text import printable
from wtagents.operations.result import OperationResult
from wtagents.operations.trust import observe_trust

if TYPE_CHECKING:
    from collections.abc import Callable

    from wtagents.operations.context import Context

SECONDS = 10.0
"""What each channel may take."""
_WAITING_LIMIT = 200


class Channel(StrEnum):
    """A way to a person."""

    DESKTOP = "desktop"
    BELL = "bell"
    WEBHOOK = "webhook"
    COMMAND = "command"


@record
class Delivery:
    """One channel."""

    channel: Channel
    use: bool
    """Whether it is set, and may and can be used."""
    fault: str
    """Why it was not told; '' also where it was not to be."""
    detail: str
    """What is used, or why nothing is."""


@record
class NotifyReport:
    """The channels, and what waits to be told."""

    channels: tuple[Delivery, ...]
    told: bool
    """Whether something was sent."""
    waiting: tuple[str, ...]


def channels(context: Context) -> tuple[Delivery, ...]:
    """Return every channel and whether it is used."""
    from wtagents.system.person.desktop import desktop_program
    from wtagents.system.person.ring import terminal_of_person

    settings = context.settings.notify
    program, terminal = desktop_program(), terminal_of_person()
    wanted = settings.desktop is Desktop.ON
    shown = wanted or (settings.desktop is Desktop.AUTO and bool(program))
    off = "off" if settings.desktop is Desktop.OFF else "no screen, or no notify-send"
    return (
        _delivery(Channel.DESKTOP, use=shown, detail=program or off),
        _delivery(
            Channel.BELL,
            use=settings.bell and bool(terminal),
            detail=(terminal or "no terminal") if settings.bell else "not set",
        ),
        _trusted(context, Channel.WEBHOOK, set_to=_host(settings.webhook)),
        _trusted(context, Channel.COMMAND, set_to=" ".join(settings.command[:1])),
    )


def _delivery(channel: Channel, *, use: bool, detail: str) -> Delivery:
    return Delivery(channel=channel, use=use, fault="", detail=printable(detail, 80))


def _trusted(context: Context, channel: Channel, *, set_to: str) -> Delivery:
    """Use what came with the repository only after a person has agreed."""
    if not set_to:
        return _delivery(channel, use=False, detail="not set")
    settings, repository = context.settings, context.settings.repository
    is_of_repository = repository and settings.sources[f"notify.{channel}"] == repository.source
    if is_of_repository and not observe_trust(context).trusted:
        return _delivery(channel, use=False, detail="not trusted: wta trust")
    return _delivery(channel, use=True, detail=set_to)


def _host(address: str | None) -> str:
    """Return no more of an address than its host: the rest may be a secret."""
    from urllib.parse import urlsplit

    return "" if address is None else urlsplit(address).hostname or "?"


def deliver(context: Context, told: Notification, *, is_test: bool = False) -> tuple[Delivery, ...]:
    """Tell by each channel in use. Takes at most SECONDS for each."""
    document = _document(context, told, is_test=is_test)
    ways: dict[Channel, Callable[[], None]] = {
        Channel.DESKTOP: lambda: _show(told),
        Channel.BELL: _ring,
        Channel.WEBHOOK: lambda: _post(context, document),
        Channel.COMMAND: lambda: _run(context, document),
    }
    return tuple(_try(each, ways[each.channel]) if each.use else each for each in channels(context))


def _try(each: Delivery, way: Callable[[], None]) -> Delivery:
    fault = ""
    try:
        way()
    except WtaError as error:
        fault = f"{error.message}: {error.cause}" if error.cause else error.message
    except OSError as error:
        fault = (error.strerror or str(error)).lower()
    said = printable(fault, _WAITING_LIMIT)
    return Delivery(channel=each.channel, use=True, fault=said, detail=each.detail)


def _show(told: Notification) -> None:
    from wtagents.system.person.desktop import show_on_desktop

    show_on_desktop(told.title, "\n".join(told.lines), seconds=SECONDS)


def _ring() -> None:
    from wtagents.system.person.ring import ring_terminal, terminal_of_person

    ring_terminal(terminal_of_person())


def _post(context: Context, document: bytes) -> None:
    from wtagents.system.person.web import post_json

    post_json(context.settings.notify.webhook or "", document, seconds=SECONDS)


def _run(context: Context, document: bytes) -> None:
    from wtagents.system.command import run_command

    argv = context.settings.notify.command
    folder = context.main_worktree or context.paths.root
    done = run_command(argv, cwd=folder, timeout=SECONDS, stdin=document, limit=1 << 16)
    if not done.ok:
        cause = f"not done within {SECONDS:g} s" if done.timed_out else done.complaint
        raise SystemFault(f"{argv[0]} failed", cause=cause)


def _document(context: Context, told: Notification, *, is_test: bool) -> bytes:
    """Return what webhook and command get; `text` is what chat services show."""
    fields = {
        "schema": 1,
        "test": is_test,
        "repository": str(context.main_worktree or context.common_dir),
        "title": told.title,
        "text": "\n".join((told.title, *told.lines)),
        "lines": list(told.lines),
        "alerts": [
            {
                "topic": each.topic,
                "task": each.task,
                "text": each.text,
                "at": each.at.isoformat(timespec="seconds"),
            }
            for each in told.alerts
        ],
    }
    return json.dumps(fields).encode()


def notify(context: Context, *, test: bool) -> OperationResult[NotifyReport]:
    """Describe the channels; as a test send one notification by each and say what came of it."""
    from wtagents.operations.telling.alerts import title_of
    from wtagents.store.alerts import untold_alerts

    with context.records.read() as db:
        waiting = tuple(f"{each.task} {each.text}".strip() for each in untold_alerts(db))
    if test:
        title = title_of(context, [])
        told = Notification(title=title, lines=("this is a test",), alerts=())
        found = deliver(context, told, is_test=True)
    else:
        found = channels(context)
    failed = any(each.fault for each in found) or (test and not any(each.use for each in found))
    return OperationResult(
        data=NotifyReport(channels=found, told=test, waiting=waiting),
        exit_code=ExitCode.UNFULFILLED if failed else ExitCode.OK,
    )
