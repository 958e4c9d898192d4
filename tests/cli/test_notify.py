"""The channels as a person tries them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.shell import Shell


def test_a_terminal_rings_and_a_pipe_does_not(shell: Shell) -> None:
    own = shell.sandbox.config / "wta" / "config.toml"
    own.write_text('[notify]\nbell = true\ndesktop = "off"\n')
    said = shell.wta("notify", "--test")
    assert (said.status, "\a" in said.out, said.err) == (1, False, "")
    shown = shell.type("--no-color", "notify", "--test", keys="")
    rung, table = shown.out.split("\a")
    assert (shown.status, rung) == (0, "")
    assert [line.split()[:2] for line in table.splitlines()] == [
        ["CHANNEL", "STATE"],
        ["desktop", "off"],
        ["bell", "told"],
        ["webhook", "off"],
        ["command", "off"],
    ]
