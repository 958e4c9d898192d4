"""`python -m wtagents.ladder`: answer conflicted files, one a line, each as soon as it is known.

The texts are written by agents and parsed by grammars in C: this process may end or hang at any of
them, and its parent goes on. It can start no program, write no file and take no more memory.
"""

from __future__ import annotations

import resource
import sys
from contextlib import suppress
from itertools import islice

from wtagents.ladder.climb import climb
from wtagents.ladder.exchange import Lost, Question, Reply, parse_question, reply_line
from wtagents.ladder.outcome import LeftAlone

LIMITS = {
    resource.RLIMIT_AS: 1 << 30,
    resource.RLIMIT_CPU: 30,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NPROC: 0,
    resource.RLIMIT_CORE: 0,
}
"""Bytes of memory, seconds of work (whoever asked may be dead), bytes of any file, processes, bytes
of a dump."""


def main() -> int:
    """Answer every question of stdin on stdout."""
    confine()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(reply_line(_reply(parse_question(line))))
        sys.stdout.buffer.flush()
    return 0


def confine() -> None:
    """Take from this process what it does not need; nothing gives it back."""
    sys.dont_write_bytecode = True
    for kind, limit in LIMITS.items():
        # Not every system knows every limit, and one that is lower already is fine.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


def _reply(question: Question) -> Reply:
    conflict = question.conflict
    if question.proposed is not None:
        from wtagents.ladder.declared import lost_declarations

        faults = lost_declarations(conflict, question.proposed)
        return Lost(details=tuple(fault.detail for fault in faults))
    if question.candidates:
        from wtagents.ladder.keeping import merges_of_both

        found = merges_of_both(conflict, is_test=question.is_test)
        return tuple(islice(found, question.candidates))
    outcome = climb(conflict, keep_both=True)
    return outcome if isinstance(outcome, LeftAlone) else (outcome,)


if __name__ == "__main__":
    sys.exit(main())
