"""SIGTERM and SIGINT ask a run to stop after the step that it is in, with a checkpoint."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_on_signals() -> Iterator[Callable[[], bool]]:
    """While the block runs, the first SIGTERM and the first SIGINT only ask; a second one does what it ever did.

    Yields:
        Whether one was received. Outside of the main thread, where Python takes no signals, it is never.

    >>> import os
    >>> with stop_on_signals() as asked:
    ...     before = asked()
    ...     os.kill(os.getpid(), signal.SIGTERM)
    ...     before, asked()
    (False, True)
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return

    def note(number: int, _: FrameType | None) -> None:
        received.append(number)
        signal.signal(number, before[signal.Signals(number)])

    # None: a handler that was not set from Python, and that Python cannot set again.
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, note)
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave_signals_to_the_training(_: int = 0) -> None:
    """For data workers: Ctrl-C and a job scheduler signal all processes, but the run still needs its workers' samples.

    A worker ends when the training process tells it to, or is gone; or at a second SIGTERM, which is how Python ends
    processes that do not listen.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: signal.signal(signal.SIGTERM, signal.SIG_DFL))
