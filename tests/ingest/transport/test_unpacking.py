"""Packed files: one that is cut off gives what it has, and always fails."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ingest.transport.unpacking import BUFFER, UNPACKING_FAILS, in_utf8, unpacked

LINES = b"".join(b"line %d of many\n" % number for number in range(50_000))


def blocks(content: bytes) -> bytes:
    """zstd in small blocks, as a program writes that flushes what it has."""
    packing = zstandard.ZstdCompressor().compressobj()
    pieces = [content[at : at + 10_000] for at in range(0, len(content), 10_000)]
    flushed = [packing.compress(piece) + packing.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) for piece in pieces]
    return b"".join(flushed) + packing.flush()


PACKS = {"gzip": gzip.compress, "bzip2": lambda content: bz2.compress(content, 1), "zstd": blocks}


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS.keys())
@pytest.mark.parametrize("lines", [LINES, LINES[:40_000]], ids=["large", "small"])
def test_what_is_cut_off_gives_all_lines_that_it_has_and_fails(pack: Callable[[bytes], bytes], lines: bytes) -> None:
    packed = pack(lines)
    stream = unpacked(io.BytesIO(packed[:-1]))
    read: list[bytes] = []
    with pytest.raises(UNPACKING_FAILS):
        read.extend(iter(stream.readline, b""))
    assert lines.startswith(b"".join(read))
    assert len(b"".join(read)) > 0.9 * len(lines)


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS.keys())
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_wherever_it_is_cut_off_it_does_not_pass_for_whole(pack: Callable[[bytes], bytes], share: float) -> None:
    packed = pack(LINES)
    stream = unpacked(io.BytesIO(packed[: int(share * len(packed))]))
    with pytest.raises(UNPACKING_FAILS):
        stream.read()


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS.keys())
def test_what_is_packed_in_parts_is_read_to_its_end(pack: Callable[[bytes], bytes]) -> None:
    assert unpacked(io.BytesIO(pack(LINES) + pack(b"") + pack(b"last\n"))).read() == LINES + b"last\n"


def test_a_frame_that_grows_without_end_is_unpacked_in_pieces() -> None:
    stream = unpacked(io.BytesIO(zstandard.compress(bytes(200_000_000))))
    assert max(len(stream.read1(BUFFER)) for _ in range(10)) <= BUFFER


@given(st.text(max_size=300), st.sampled_from([codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE]))
def test_utf_16_is_read_as_utf_8(text: str, mark: bytes) -> None:
    encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    content = mark + text.encode(encoding, errors="surrogatepass")
    read = in_utf8(io.BufferedReader(io.BytesIO(content))).read().decode()
    assert read == content.decode("utf-16", errors="replace").encode(errors="replace").decode()
