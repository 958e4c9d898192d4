"""Keep: look after the tasks; starts by itself, --once is for cron."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.keeping.service import Service
    from wtagents.supervisor.loop import Supervised


@click.command(
    cls=WtaCommand,
    examples=["wta supervise --once  # one pass, then end", "wta supervise --install-service"],
)
@click.option("--once", is_flag=True, help="Make one pass and land what waits, then end.")
@click.option("--stay", is_flag=True, help="Do not end when there is nothing to look after.")
@click.option("--install-service", is_flag=True, help="Let systemd run it, and clean up hourly.")
@click.option("--remove-service", is_flag=True, help="Stop and delete these units of systemd.")
@click.pass_obj
def command(
    invocation: Invocation, *, once: bool, stay: bool, install_service: bool, remove_service: bool
) -> Answer[Supervised] | Answer[Service]:
    """Look after the tasks of this repository: begin, follow, retry, land.

    A supervisor starts by itself with the first task and ends when there is nothing left to look
    after; it may be killed at any time. A second one ends at once. As a service it stays from the
    login on and is started again when it hangs; agents outlive it either way.
    """
    if sum((once, stay, install_service, remove_service)) > 1:
        raise click.UsageError("--once, --stay, --install-service, --remove-service stand alone")
    if install_service or remove_service:
        return _service(invocation, install=install_service)
    from wtagents.supervisor.loop import supervise

    return Answer(supervise(invocation.context, once=once, stay=stay), _lines)


def _service(invocation: Invocation, *, install: bool) -> Answer[Service]:
    from wtagents.operations.keeping.service import install_service, remove_service

    act = install_service if install else remove_service
    return Answer.of(act(invocation.context), _service_lines)


def _service_lines(service: Service, style: Style) -> Iterator[str]:
    from wtagents.cli.style import Tone
    from wtagents.core.text import visible

    if not service.installed:
        yield "the units are gone" if service.changed else "there are no units of this repository"
        return
    yield "systemd has these units" if service.running else "these units are written"
    yield from (style.paint(f"  {visible(str(path))}", Tone.FAINT) for path in service.units)


def _lines(done: Supervised, style: Style) -> Iterator[str]:
    del style
    if done.already_running:
        yield "another supervisor looks after this repository"
    else:
        left = "tasks are" if done.is_left else "nothing is"
        yield f"ended after {done.ticks} ticks: {left} left to look after"
