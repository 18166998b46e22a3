"""What is wrong with banwatch itself. The page Health and the alerts take it from here, so that they agree.

trouble.py           what a trouble is
collector_states.py  the state of each collector
conditions.py        `troubles`: from what the store knows to what is wrong; pure
facts.py             `own_facts`: the reads
sentences.py         what people read of a trouble
"""

from processing.coverage import newest_stretches
from processing.trouble_limits import Limits
from processing.troubles.collector_states import (
    Collector,
    CollectorState,
    collectors,
    missing,
    state_of,
    watch_silence,
)
from processing.troubles.conditions import (
    CHANNEL_FAILURES,
    DEAD_AFTER,
    Facts,
    collects_live,
    failing,
    overdue,
    troubles,
)
from processing.troubles.facts import own_facts
from processing.troubles.sentences import over, remedy, sentence
from processing.troubles.trouble import Area, Trouble, TroubleName, TroubleSeverity, Unit

__all__ = [
    "CHANNEL_FAILURES",
    "DEAD_AFTER",
    "Area",
    "Collector",
    "CollectorState",
    "Facts",
    "Limits",
    "Trouble",
    "TroubleName",
    "TroubleSeverity",
    "Unit",
    "collectors",
    "collects_live",
    "failing",
    "missing",
    "newest_stretches",
    "over",
    "overdue",
    "own_facts",
    "remedy",
    "sentence",
    "state_of",
    "troubles",
    "watch_silence",
]
