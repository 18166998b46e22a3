"""What goes wrong and is understood."""

from __future__ import annotations

from typing import ClassVar


class Failure(Exception):
    """A failure that whoever runs banwatch can mend: a command ends with its sentence, not with a traceback."""

    exit_status: ClassVar[int] = 1
    """What the command ends with."""

    @property
    def sentence(self) -> str:
        """What was wrong, where, and what to do."""
        return str(self)
