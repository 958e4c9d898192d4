"""Two files change places in one step: a compare-and-swap for files, where the kernel has it.

Linux: renameat2(2) with RENAME_EXCHANGE, since 3.15; macOS: renamex_np(2) with RENAME_SWAP.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_AT_FDCWD = -100
_EXCHANGE = 2
"""RENAME_EXCHANGE of Linux, and RENAME_SWAP of macOS."""


def exchange(one: Path, other: Path) -> None:
    """Let each of two files take the name of the other.

    Raises OSError, and nothing has changed, where system or file system cannot: the two lie on
    different ones, one is gone, or it does not know how.
    """
    library = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "darwin":
            failed = library.renamex_np(*names, ctypes.c_uint(_EXCHANGE))
        else:
            here = ctypes.c_int(_AT_FDCWD)
            failed = library.renameat2(here, names[0], here, names[1], ctypes.c_uint(_EXCHANGE))
    except AttributeError:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from None
    if failed:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(one), None, str(other))
