"""One thread: linear algebra on matrices this small is ten times as fast without company."""

from functools import cache

from threadpoolctl import threadpool_limits


@cache
def hold_to_one_thread() -> None:
    """Has this process's linear algebra use one thread, from the first call on.

    Threads of its own wait for each other far longer than they work here, and add in another order: one
    thread gives the same bits on every machine. More KPIs at once is more processes' business.
    """
    threadpool_limits(limits=1, user_api="blas")
