"""Look: one line for tmux, a shell prompt or Claude Code's status line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.invocation import WtaCommand

if TYPE_CHECKING:
    from wtagents.cli.answer import Answer
    from wtagents.cli.call import Invocation
    from wtagents.operations.telling.statusline import StatusLine


@click.command(
    cls=WtaCommand,
    examples=[
        "wta statusline",
        "PS1='$(wta statusline --plain) \\$ '",
        "set -g status-right '#(wta -C #{pane_current_path} statusline --tmux)'",
        '{"statusLine": {"type": "command", "command": "wta statusline --claude"}}',
    ],
)
@click.option("--plain", "mode", flag_value="plain", help="No colours: for a shell prompt.")
@click.option("--tmux", "mode", flag_value="tmux", help="Marks of tmux, legible on any bar.")
@click.option(
    "--claude",
    "mode",
    flag_value="claude",
    help="Read what Claude Code tells of its session on stdin, and say that first.",
)
@click.pass_obj
def command(invocation: Invocation, *, mode: str | None) -> Answer[StatusLine | None]:
    """Say who works, who needs a person, what is ready and what it costs today, in one line.

    Outside of a repository with tasks it says nothing. The examples stand in ~/.tmux.conf and in
    ~/.claude/settings.json; tmux cuts it at 40 columns without set -g status-right-length 80.
    """
    from wtagents.cli.pages.statusline_text import statusline_answer

    return statusline_answer(invocation, mode or "")
