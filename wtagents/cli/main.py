"""`wta`: the one boundary where errors become a line, a hint and an exit status."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.call import Invocation
from wtagents.cli.entry import accept_any_text
from wtagents.cli.registry import root
from wtagents.core.errors import ExitCode, SystemFault, UsageError, WtaError

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMPLETION = "_WTA_COMPLETE"
"""Set by a shell that asks for completions; click answers it."""
_MACHINE_FAULTS = {
    errno.ENOSPC: "free some space, then run the command again",
    errno.EDQUOT: "free some of the quota, then run the command again",
    errno.EROFS: "set XDG_STATE_HOME to a folder that can be written",
    errno.EIO: "check the disk",
    errno.EMFILE: "raise the limit of open files: ulimit -n",
    errno.ENFILE: "close some programs, then run the command again",
    errno.ENOMEM: "close some programs, then run the command again",
}
"""What is never a defect of wta, with the remedy."""


def main(argv: Sequence[str] | None = None, *, group: click.Group = root) -> int:
    """Run one command of the group and return the exit status of the process."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    invocation = Invocation()
    if os.environ.get(_COMPLETION):
        group.main(arguments, prog_name="wta", obj=invocation)
    accept_any_text()
    # Known before the command line is parsed: a usage error is an envelope, too.
    invocation.json = "--json" in _options_of(arguments)
    status: int = ExitCode.OK
    try:
        answer = _invoke(group, arguments, invocation)
        if answer is not None:
            status = answer.exit_code
            from wtagents.cli.render import show

            show(answer, invocation)
            status = answer.exit_code
    except click.exceptions.Exit as end:
        status = end.exit_code
    except BrokenPipeError:
        _let_go_of_stdout()
    except (KeyboardInterrupt, click.Abort, EOFError):
        return interrupted()
    except Exception as error:  # noqa: BLE001 - this is the boundary
        status = _explain(error, arguments, invocation)
    return int(status)


def _invoke(
    group: click.Group, arguments: list[str], invocation: Invocation
) -> Answer[object] | None:
    with group.make_context("wta", arguments, obj=invocation) as context:
        answer = group.invoke(context)
    if answer is not None and not isinstance(answer, Answer):
        raise TypeError(f"wta {invocation.command} returned {answer!r} instead of an Answer")
    return answer


def _explain(error: Exception, arguments: list[str], invocation: Invocation) -> int:
    """Say on the right channel what prevented an answer, and return the exit status."""
    fault = _fault_of(error)
    if fault is None:
        from wtagents.cli.defect import report_defect

        fault = report_defect(error, arguments, invocation)
    from wtagents.cli.render import narrate, show_error

    try:
        show_error(fault, invocation)
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_stdout()
    except OSError:
        # The disk behind stdout is full: the narration must do.
        _let_go_of_stdout()
        with contextlib.suppress(OSError):
            if invocation.json:
                narrate(f"error: {fault.message}: {fault.cause}")
    return fault.exit_code


def _fault_of(error: Exception) -> WtaError | None:
    """Return the error in our words; None when it is a defect."""
    match error:
        case WtaError():
            return error
        case click.ClickException():
            return _usage_error(error)
        case OSError() if error.errno in _MACHINE_FAULTS:
            what = f"cannot use {error.filename}" if error.filename else "cannot write the answer"
            return SystemFault(
                what,
                cause=(error.strerror or str(error)).lower(),
                hint=_MACHINE_FAULTS[error.errno],
            )
    return None


def _usage_error(error: click.ClickException) -> UsageError:
    message = error.format_message().strip().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "wta"
    return UsageError(message[:1].lower() + message[1:], hint=f"{path} --help")


def _options_of(arguments: list[str]) -> list[str]:
    """Return what stands before `--`; what follows belongs to another program."""
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _let_go_of_stdout() -> None:
    """The reader has left: what is still buffered goes nowhere, silently."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def interrupted() -> int:
    """Say that a person broke it off, and return the exit status."""
    from wtagents.cli.render import narrate

    with contextlib.suppress(OSError):
        if sys.stderr.isatty():
            narrate("")  # behind the terminal's own ^C
        narrate("interrupted")
    return ExitCode.INTERRUPTED
