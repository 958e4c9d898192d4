"""Restrict this process by Landlock (landlock(7), Linux 5.13 and later), then become another one.

    python -I -S landlock.py [apart] [write=PATH | guard=PATH | hide=PATH | show=PATH]…
                             -- PROGRAM ARG…

A program of its own that loads nothing of wta: it stands between the runner and every agent. The
kernel knows rules that allow, none that forbid. So a folder with a hole in it is allowed by its
other entries, one by one; what is new in such a folder later is not allowed. Files that were open
before stay open.

Not covered: sockets in the file system, the view of other processes (they cannot be signalled or
traced from kernel 6.12 on). Of the network Landlock knows TCP ports only, whosever they are, so who
is to be apart gets a network of its own (network_namespaces(7)), where the kernel gives one to
users.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from struct import pack

TYPE_CHECKING = False  # the real one costs the import of typing
if TYPE_CHECKING:
    from collections.abc import Iterator

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System calls; the same numbers on every architecture but alpha."""
_VERSION = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _DEVICE_CONTROL = 1 << 14, 1 << 15
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""File rights (linux/landlock.h) by the version that knows them first."""
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE_CONTROL
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_SET_FLAGS, _UP = 0x8914, 1
_INTERFACE = "16sH22x"
"""struct ifreq: name and flags (netdevice(7))."""
_SCOPES_VERSION, _SCOPES = 6, 3
"""Abstract sockets and signals: only inside."""
_READ = _EXECUTE | _READ_FILE


_RULESET = "=QQQ"
"""struct landlock_ruleset_attr: files, network, scopes; the first alone before version 4."""
_BENEATH = "=Qi"
"""struct landlock_path_beneath_attr, packed: rights, descriptor."""
_library = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Return the version of the interface that the kernel offers, 0 for none."""
    return max(0, int(_library.syscall(_CREATE_RULESET, None, 0, _VERSION)))


def leave_network() -> None:
    """Put this process into a network with nothing in it but itself. Raises OSError."""
    user, group = os.getuid(), os.getgid()
    _library.unshare.argtypes = [ctypes.c_int]
    if _library.unshare(_NEW_USER | _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "the kernel gives this user no network of its own")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as stream:
            stream.write(text)
    import fcntl
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, pack(_INTERFACE, b"lo", _UP))


def restrict(walls: dict[str, list[str]]) -> None:
    """Put this process and all that it will start inside. Raises OSError."""
    known = version()
    if not known:
        raise OSError(0, "this kernel has no Landlock")
    files = _RIGHTS[max(number for number in _RIGHTS if number <= known)]
    scopes = _SCOPES if known >= _SCOPES_VERSION else 0
    wanted = pack(_RULESET, files, 0, scopes)[: None if scopes else 8]
    rules = _call(_CREATE_RULESET, wanted, ctypes.c_size_t(len(wanted)), 0)
    hidden, shut = walls["hide"], [*walls["hide"], *walls["guard"]]
    _allow(rules, "/", _READ_DIR)
    _allow(rules, "/dev", files & (_OF_FILES | _READ_DIR))
    _allow(rules, "/dev/shm", files)  # noqa: S108 - shared memory, not a place for files
    for path in ["/", *walls["show"]]:
        for entry in _spread(path, hidden):
            _allow(rules, entry, _READ | _READ_DIR)
    for path in walls["write"]:
        for entry in _spread(path, shut):
            _allow(rules, entry, files)
    if _library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    _call(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _spread(path: str, holes: list[str]) -> Iterator[str]:
    """Yield a path, or in its stead all that is in it but the holes."""
    if path in holes:
        return
    around = path.rstrip("/") + "/"
    below = [hole for hole in holes if hole.startswith(around)]
    if not below:
        yield path
        return
    try:
        names = os.listdir(path)
    except OSError:
        return
    for name in names:
        yield from _spread(around + name, below)


def _allow(rules: int, path: str, rights: int) -> None:
    """Add a rule; what is gone, or a link to another place, needs none."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        mode = os.fstat(place).st_mode
        if stat.S_ISLNK(mode):
            return
        allowed = rights if stat.S_ISDIR(mode) else rights & _OF_FILES
        _call(_ADD_RULE, rules, _PATH_BENEATH, pack(_BENEATH, allowed, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    done = int(_library.syscall(number, *arguments))
    if done < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return done


def _sorted(words: list[str]) -> dict[str, list[str]]:
    """Return the paths by what is to be done with them."""
    walls: dict[str, list[str]] = {"apart": [], "write": [], "guard": [], "hide": [], "show": []}
    for word in words:
        kind, _, path = word.partition("=")
        walls[kind].append(path)
    return walls


def main() -> None:
    """Restrict, then become the program. Ends with 126 where that is impossible."""
    at = sys.argv.index("--")
    walls, command = _sorted(sys.argv[1:at]), sys.argv[at + 1 :]
    try:
        if walls["apart"]:
            leave_network()
        restrict(walls)
        os.execvp(command[0], command)  # noqa: S606 - this is what it is for
    except OSError as error:
        os.write(2, f"wta: {command[0]} cannot be confined: {error.strerror}\n".encode())
        os._exit(126)


if __name__ == "__main__":
    main()
