"""Memory that a training step frees and asks for again, kept by the process and in large pages (Linux with glibc).

A step makes and frees maps of megabytes. glibc gives them back to the system, which hands them out again as 4 KB pages,
each of them zeroed at a fault when it is first touched: some 18,000 of them in a step, a tenth of its time, and a
processor's table of addresses (TLB) is too short for so many.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from functools import cache

RESERVED = 4 << 30  # bytes of addresses, not of memory: what is never touched takes none
_BLOCK = 16 << 20  # below the largest size for which glibc can be kept from asking the system apart
_LARGE = 2 << 20
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ADVISE_HUGE = -1, -3, 14  # of malloc.h and sys/mman.h


@cache  # to reserve it again would touch a large page a block
def keep_memory() -> bool:
    """From now on this process keeps freed memory for the next step, the first `RESERVED` bytes of it in large pages.

    It is for a process that does nothing but train: memory once used is given back at its end.

    Returns:
        Whether it could be arranged: not with another C library than glibc, nor where addresses are limited (ulimit).
    """
    if not sys.platform.startswith("linux"):
        return False
    with suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.gnu_get_libc_version  # noqa: B018  # AttributeError: another C library
        if not (libc.mallopt(_TRIM_THRESHOLD, -1) and libc.mallopt(_MMAP_THRESHOLD, 2 * _BLOCK)):
            return False
        libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p
        libc.malloc.argtypes, libc.free.argtypes = [ctypes.c_size_t], [ctypes.c_void_p]
        libc.sbrk.argtypes, libc.madvise.argtypes = [ctypes.c_ssize_t], [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        first = -(-libc.sbrk(0) // _LARGE) * _LARGE
        blocks = [libc.malloc(_BLOCK) for _ in range(RESERVED // _BLOCK)]
        last = libc.sbrk(0) // _LARGE * _LARGE
        for block in blocks:
            libc.free(block)
        return bool(last > first and libc.madvise(first, last - first, _ADVISE_HUGE) == 0)
    return False
