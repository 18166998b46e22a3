"""How fast a timeline of Mastodon may grow to be read without a stream: `python -m tests.benchmarks.mastodon_rates`.

The local server's time passes by what is asked: a page takes three seconds, as an instance's limits have it.
"""

from __future__ import annotations

from datetime import timedelta

from tests.support.networks.mastodon_firehose import firehose, read

RATES = (5, 12, 13, 15, 20)
FOR = timedelta(hours=1)


def main() -> None:
    """Print a line for each rate, over an hour of the server's time."""
    for rate in RATES:
        with firehose(rate) as hose:
            found = read(hose, FOR)
        there = max(found.numbers) - min(found.numbers) + 1
        behind = (hose.now - found.reached[-1].until).total_seconds()
        pages = hose.pages / (FOR / timedelta(minutes=1))
        print(
            f"{rate} statuses/s: {len(found.numbers) / there:.0%} read by {pages:.1f} pages a minute, "
            f"{behind:.0f} s behind, {len(found.rejected)} times passed over"
        )


if __name__ == "__main__":
    main()
