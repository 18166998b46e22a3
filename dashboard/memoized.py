"""What a pure function made is kept, for all readers who see the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from threading import Lock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def memoized(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep the last `most` results of a function, by its arguments. All callers get the same object; nobody changes it.

    One thread at a time makes a result. Readers who look at the same moment would otherwise each make the same one.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        kept, lock = lru_cache(maxsize=most)(function), Lock()

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            with lock:
                return kept(*args, **kwargs)  # type: ignore[arg-type]  # it refuses what has no hash

        return call

    return decorate
