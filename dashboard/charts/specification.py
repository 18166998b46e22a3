"""A chart in the form in which it is sent: Vega-Lite's specification, with its data as Arrow."""

from __future__ import annotations

from typing import Any

import altair as alt
from streamlit.dataframe_util import convert_anything_to_arrow_bytes
from streamlit.util import calc_hash

Specification = dict[str, Any]
"""What `st.vega_lite_chart` draws. Nobody changes it."""

alt.theme.enable("none")  # the page's own theme is Streamlit's


def specification(chart: alt.Chart | alt.LayerChart) -> Specification:
    """Return the specification of a chart. To make it takes many times as long as to send it.

    It is what `st.altair_chart` makes, and Altair's schema is not checked again.
    """
    datasets: dict[str, bytes] = {}
    _name_data(chart, datasets)
    return {**chart.to_dict(validate=False), "datasets": datasets}


def _name_data(chart: Any, datasets: dict[str, bytes]) -> None:
    """Put names in the place of a chart's data. A name is the hash of the data, so other data have another name."""
    if chart.data is not alt.Undefined:
        data = convert_anything_to_arrow_bytes(chart.data)
        name = calc_hash(data)
        datasets[name] = data
        chart.data = alt.NamedData(name=name)
    for layer in getattr(chart, "layer", ()):
        _name_data(layer, datasets)
