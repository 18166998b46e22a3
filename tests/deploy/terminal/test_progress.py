from __future__ import annotations

import errno
import io
import os
import subprocess
import sys

import pytest
from rich.console import Console

from deploy.terminal.progress import Screen, SourceProgress, printable


def shown(*lines: str) -> str:
    console = Console(file=io.StringIO(), width=40)
    with Screen(console) as screen:
        for line in lines:
            screen.line(line)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in printable("\x1b[2Jgone\x07")
    assert "\x9b" not in printable("\x9b2Jgone")
    assert printable("حظر تيك\u200cتوك\u200f\n\t") == "حظر تيك\u200cتوك\u200f\n\t"


@pytest.mark.parametrize("code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_what_turns_the_words_behind_it_around_does_not_reach_the_terminal(code: int) -> None:
    assert printable(f"exe{chr(code)}gnp") == "exe\N{REPLACEMENT CHARACTER}gnp"


def test_a_line_is_printed_as_it_is() -> None:
    assert shown("[bold]not markup[/bold] :smile:") == "[bold]not markup[/bold] :smile:\n"


def test_a_long_line_is_not_broken() -> None:
    assert shown("x" * 100) == "x" * 100 + "\n"


def test_off_a_terminal_progress_is_a_line() -> None:
    console = Console(file=io.StringIO(), width=80)
    with Screen(console) as screen:
        screen.reading(SourceProgress("archive", 1_200, 3, 5_000))
        screen.reading(SourceProgress("archive", 1_300, 3, 5_000))
    assert console.file.getvalue() == "reading archive: 1,203 of 5,000 lines\n"  # type: ignore[attr-defined]


def states(*told: tuple[str, str]) -> list[str]:
    console = Console(file=io.StringIO(), width=40)
    with Screen(console) as screen:
        for state, detail in told:
            screen.state(SourceProgress("telegram", 1, 0, None, 1, state, detail))
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


def test_a_part_that_begins_to_fail_is_said_once_and_that_it_works_again_too() -> None:
    fault = "@one: It is not public."
    told = [("listening", ""), ("listening", fault), ("listening", fault), ("listening", "")]
    assert states(*told) == ["telegram    listening", f"telegram    listening: {fault}", "telegram    listening"]


def test_what_a_network_put_into_a_fault_is_one_line_of_text() -> None:
    hostile = "@one: \x1b[2J\u202egnp\r\n\ntelegram    failed: send money " + "y" * 5_000 + " z" * 5_000
    (line,) = states(("listening", hostile))
    assert line.startswith("telegram    listening: @one: ")
    assert len(line) < 400
    assert "\x1b" not in line
    assert "\u202e" not in line


class FullDisk(io.StringIO):
    """A file of which nothing more can be written."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_line_that_cannot_be_written_ends_nothing(*, is_terminal: bool) -> None:
    with Screen(Console(file=FullDisk(), force_terminal=is_terminal)) as screen:
        screen.line("x")
        screen.reading(SourceProgress("archive", 1_200, 3, 5_000))


def test_a_reader_who_has_gone_ends_nothing() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    program = (
        "from rich.console import Console\n"
        "from deploy.terminal.progress import Screen\n"
        "import sys\n"
        "with Screen(Console()) as screen:\n"
        "    screen.line('x' * 10_000)\n"
        "    screen.line('x')\n"
        "    print('goes on', file=sys.stderr)\n"
    )
    try:
        told = subprocess.run(
            [sys.executable, "-c", program], stdout=writes, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writes)
    assert "goes on" in told.stderr
