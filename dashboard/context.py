"""What every page of the dashboard is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.caching.cache_utils import CachedFunc
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.filters import Filters
from dashboard.i18n import Words
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from dashboard.viewer import Viewer
from dashboard.watch_list import WatchList
from processing import queries
from processing.queries import Reader, StoreDamaged, StoreRefused, StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """The settings, the lent parts, the reader's choice, the sentences of the reader's language, and the reader.

    `live` says whether the reader lets the page update by itself. `lists` are all watch lists; one is in the filters.
    """

    settings: DashboardSettings
    services: Services
    filters: Filters
    words: Words
    viewer: Viewer
    live: bool = True
    lists: Sequence[WatchList] = ()

    @property
    def reader(self) -> Reader:
        """The connection to the store that all visitors share.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        return connection(self.settings)

    def asked(self, question: Callable[[], T]) -> T | str:
        """Return the answer of the store, or a sentence that tells the reader why there is none."""
        return asked(question, self.words)


def asked(question: Callable[[], T], words: Words) -> T | str:
    """Return the answer of the store, or a sentence that tells the reader why there is none."""
    try:
        return question()
    except StoreUnavailable:
        return words.store_away
    except StoreDamaged:
        return words.store_damaged
    except StoreRefused as refusal:
        if refusal.code in queries.NO_SUCH_VIEW:
            return words.not_ready
        return words.store_refused.format(code=refusal.code)


def which_store(settings: DashboardSettings) -> tuple[str, str]:
    """Return what tells two stores apart, as the key of a cached answer."""
    return settings.clickhouse_url, settings.clickhouse_database


def shared(
    *, ttl: float, max_entries: int, hash_funcs: dict[str | type[Any], Callable[[Any], Any]] | None = None
) -> Callable[[Callable[P, T]], CachedFunc[P, T]]:
    """Share a function's answers among all readers. While one is being renewed, everybody gets the one before.

    All readers get the same object, which nobody changes: `st.cache_data` would make a copy for each look. Streamlit
    drops an answer at twice its `ttl`, in seconds. So a `ttl` below half of `dashboard_refresh` would let the readers
    wait for the store at each refresh.
    """
    hashed: dict[str | type[Any], Callable[[Any], Any]] = {DashboardSettings: which_store, **(hash_funcs or {})}
    return st.cache_resource(
        ttl=ttl,
        max_entries=max_entries,
        hash_funcs=hashed,
        refresh_mode="background",
        show_spinner=False,
    )


def went_back() -> bool:
    """Return whether the reader went back or forward in the browser, so that the address decides and no control does.

    In any other run the address may be older than the controls: a second click may come before the browser knows the
    address that the first one led to.
    """
    run = get_script_run_ctx()
    return run is not None and run.is_history_navigation


@st.cache_resource(show_spinner=False, hash_funcs={DashboardSettings: which_store})
def connection(settings: DashboardSettings) -> Reader:
    """Return one connection to the store for all visitors. A failure is not cached, so the next call connects again."""
    return queries.connect(settings.clickhouse)
