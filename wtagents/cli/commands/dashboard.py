"""Look: all tasks on one screen; answer, review and merge from there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.core.errors import StateError

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation
    from wtagents.dashboard.web.shown import Shown


@click.command(
    cls=WtaCommand,
    examples=[
        "wta dashboard",
        "wta dashboard --theme light",
        "wta  # where there are tasks",
        "wta dashboard --all  # every repository that has tasks",
        "wta dashboard --at 90m  # as it was then",
        "wta dashboard --web  # then open the printed address",
        "ssh -t -L 8765:127.0.0.1:8765 HOST wta -C PATH dashboard --web --port 8765",
    ],
)
@click.option(
    "--theme",
    type=click.Choice(["dark", "light"]),
    help="Colours for a dark or a light background (default: what COLORFGBG says, or dark).",
)
@click.option(
    "--all", "everywhere", is_flag=True, help="Show every repository of this user that has tasks."
)
@click.option(
    "--at", metavar="TIME", help="Begin at a moment that has passed: 14:05, 90m, 2026-11-21 14:05."
)
@click.option("--web", is_flag=True, help="Serve it to browsers of this machine; it only looks.")
@click.option("--control", is_flag=True, help="With --web: let browsers act as well.")
@click.option(
    "--port",
    type=click.IntRange(1024, 65535),
    metavar="N",
    help="With --web: the port to listen on (default: a free one).",
)
@click.option("--ipv6", is_flag=True, help="With --web: listen on ::1 as well as on 127.0.0.1.")
@click.pass_obj
def command(
    invocation: Invocation,
    *,
    theme: str | None,
    everywhere: bool,
    at: str | None,
    web: bool,
    control: bool,
    port: int | None,
    ipv6: bool,
) -> Answer[str]:
    """Show all tasks and what needs a person, and act on them by keys.

    It can be left open all day: it reads what others write and asks for what each command asks.
    The keys stand below, ? explains them, ctrl+p finds every one by its name. NO_COLOR is heeded.

    With --all the tasks of several repositories stand in one list; the queue and the cost are those
    of the repository under the cursor, and a new task begins there.

    With --at, or by the keys "," and ".", it shows how things stood: what agents did and had cost,
    what waited to land, from the event log and what run folders keep. What nobody kept is unknown;
    nothing can be done.

    With --web a browser of this machine shows the same. The printed address lets one browser in,
    then a new one is printed; there is no way to listen for other machines. Ctrl-C ends it.
    """
    if web:
        shown = _shown(invocation, theme or "dark", everywhere=everywhere, at=at, control=control)
        _serve(invocation, shown, port=port or 0, v6=ipv6)
        return Answer("", lambda *_: [])
    if control or port or ipv6:
        raise click.UsageError("--control, --port and --ipv6 belong to --web")
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise StateError("there is no terminal to show it on", hint="wta status")
    from wtagents.cli.bare import show_dashboard

    chosen = f"wta-{theme}" if theme else None
    show_dashboard(invocation, theme=chosen, everywhere=everywhere, at=at)
    return Answer("", lambda *_: [])


def _shown(
    invocation: Invocation, theme: str, *, everywhere: bool, at: str | None, control: bool
) -> Shown:
    from wtagents.cli.bare import shown_contexts
    from wtagents.core.past import parse_past
    from wtagents.dashboard.web.shown import Shown

    first = shown_contexts(invocation, everywhere=everywhere)[0]
    return Shown(
        common_dir=first.common_dir,
        everywhere=everywhere,
        at=parse_past(at, first.clock.now()) if at else None,
        theme=f"wta-{theme}",
        may_act=control,
    )


def _serve(invocation: Invocation, shown: Shown, *, port: int, v6: bool) -> None:
    if invocation.json:
        raise click.UsageError("--web has no JSON answer; leave out --json")
    try:
        from wtagents.dashboard.web.server import Offer, Voice, serve
    except ModuleNotFoundError as error:
        raise StateError(
            "this wta cannot serve browsers",
            cause=f"{error.name} is not installed",
            hint="pip install 'wtagents[web]'",
        ) from error
    from wtagents.cli.render import narrate, show_page
    from wtagents.system.paths import StatePaths

    offer = Offer(
        shown=shown,
        title="all repositories" if shown.everywhere else shown.common_dir.parent.name,
        log=StatePaths.of_repository(shown.common_dir).web_log,
    )
    narrate(
        f"the dashboard {'acts' if shown.may_act else 'only looks'} in the browser that opens this"
        " address first; Ctrl-C ends it"
    )
    serve(offer, port=port, v6=v6, voice=Voice(invite=show_page, tell=narrate))
