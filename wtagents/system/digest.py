"""A digest without the price of OpenSSL, which `hashlib` loads for 2 ms of every command."""

from __future__ import annotations

try:
    # Where hashlib has it from.
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b


def digest(data: bytes, *, size: int = 32) -> str:
    """Return so many bytes of BLAKE2b as hexadecimal digits."""
    return blake2b(data, digest_size=size).hexdigest()
