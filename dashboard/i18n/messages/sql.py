"""The sentences of the page "SQL"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SqlWords:
    """The sentences of the page."""

    title: str = "SQL"
    note: str = "Ask the store in ClickHouse's SQL. A query only reads. All times are UTC."
    editor: str = "Query in SQL. Ctrl+Enter runs it, Ctrl+Space completes a name, Tab leaves the editor."
    placeholder: str = "SELECT topic, language, sum(posts) AS posts FROM counts GROUP BY topic, language"
    completions: str = "Completions"
    keys: str = "Ctrl+Enter runs the query, Ctrl+Space completes a name."
    run: str = "Run"
    cancel: str = "Cancel"
    running: str = "The query has been running for {duration}."
    limits: str = "At most {seconds} seconds, {memory} of memory and {read} rows read; {rows} rows are shown."
    too_long_to_share: str = "This query is too long for the address of the page, so the address does not hold it."

    examples: str = "Example questions"
    choose_example: str = "Choose a question"
    saved: str = "Saved queries"
    choose_saved: str = "Choose a query"
    no_saved: str = "Nobody has saved a query yet."
    save: str = "Save"
    save_name: str = "Name"
    save_note: str = "Everybody who opens this page sees a saved query. A query of the same name is replaced."
    saved_as: str = "Saved as “{name}”."
    save_empty: str = "A saved query needs a name and a text."
    forget: str = "Remove “{name}”"
    forgotten: str = "Removed “{name}”."
    by: str = "By {by}, {at}"

    not_run: str = "No query has run yet. Opening an address never runs its query: press Run."
    changed: str = "This is the result of the query before your last change."
    rows: str = "Rows: {count}, in {seconds} seconds."
    no_rows: str = "The query has run and found no rows, in {seconds} seconds."
    cut: str = (
        "This is not the whole result: it is cut after {count} rows. Ask for fewer rows or columns, or get all with "
        "banwatch sql --format parquet."
    )
    cancelled: str = "The query was cancelled. The store has stopped working on it."
    failed: str = "The store cannot run this query."
    failed_at: str = "The store cannot run this query: see line {line}, column {column}."
    refused: str = "A reader may not do this."
    too_slow: str = (
        "The query took longer than {seconds} seconds and was stopped. Limit its time by created_at or minute."
    )
    too_much_memory: str = (
        "The query needed more than {memory} of memory and was stopped. Group by less, or limit its time."
    )
    too_much_read: str = "The query would read more than {read} rows and was stopped. Limit its time."
    too_large: str = "The result is larger than a reader may ask for. Ask for fewer rows or columns."
    busy: str = "The store is busy with other queries. Try again in a moment."

    view: str = "Result as"
    view_table: str = "Table"
    view_chart: str = "Chart"
    x: str = "Horizontal"
    y: str = "Vertical"
    colour: str = "Colour"
    no_colour: str = "One colour"
    few_colours: str = "The chart shows the {count} largest of {all} values of {column}."
    no_chart: str = "A chart needs a column of numbers. The table shows the result."
    chart_first: str = "The chart shows the first {count} rows."
    chart_alt: str = "{y} by {x}, from {lowest} to {highest}."
    csv: str = "CSV"
    parquet: str = "Parquet"
    csv_note: str = (
        "In the CSV, a text that a spreadsheet would take for a formula begins with an apostrophe. Parquet holds every "
        "text unchanged."
    )

    dictionary: str = "Data dictionary"
    dictionary_note: str = (
        "The descriptions are kept in English. Write against the stable views: they keep their columns."
    )
    stable: str = "stable"
    find_column: str = "Find a table or column"
    column: str = "Column"
    type: str = "Type"
    holds: str = "What it holds"
    no_column: str = "No table or column has this in its name or description."

    question_surges: str = "When did talk surge, how far above normal, and in which languages?"
    question_made_by: str = (
        "Who made the spikes: in which series people, in which a few accounts or the collector, and by which figure?"
    )
    question_told: str = (
        "Who was told of what, how long after the decision, and after how many attempts? The proof of delivery."
    )
    question_untold: str = "Which incidents was nobody told of, and why?"
    question_languages: str = "Which languages talked about the topic on 10 July 2020?"
    question_hashtags: str = "Which hashtags led in one hour? By authors, so that one loud account does not lead alone."
    question_share: str = "What share of all that the sources delivered was on the topic, hour by hour?"
    question_first_posts: str = "Which posts came first in the largest incident?"
    question_domains: str = "Which sites did posts link to most?"
    question_deleted: str = "What share of posts on the topic has been deleted since, by day and source?"
    question_weeks: str = "How does one week compare with the week before, day by day?"
    question_concentration: str = "How much of the talk came from the ten most active authors?"
    question_new_authors: str = "How many authors spoke of the topic for the first time, day by day?"
    question_freshness: str = "How fresh is each source, and how late do its posts come?"
    question_arabic: str = (
        "How many Arabic posts does each day have, by how many authors, and how many of them ask something?"
    )
    question_reasons: str = "Which other topics do posts on the topic have?"
    question_posted_alike: str = (
        "Which accounts posted alike in the largest incident: the same link, text or hashtags within a minute, twice "
        "or more? And how often would chance have had it?"
    )
    question_corrections: str = (
        "What share of a claim and its correction corrects, language by language, and since when?"
    )
    question_busiest: str = "Which five minutes were the busiest in each language?"
    question_series: str = (
        "How many posts on the topic in Arabic came in every five minutes, zeros too? As `banwatch detect` reads it."
    )

    def question(self, name: str) -> str:
        """Return the example question with this name. A question without a sentence here shows its name."""
        return str(getattr(self, f"question_{name.replace('-', '_')}", name))
