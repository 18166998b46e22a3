"""Compressed bodies: whatever the pieces they arrive in, all of it comes out, or an error does."""

from __future__ import annotations

import gzip
import zlib

import lz4.frame
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from deploy.embedded.chdb_http.codec import Encoder, accepted_encoding
from deploy.embedded.chdb_http.decoder import LARGEST_PIECE, Decoder
from deploy.embedded.chdb_http.errors import Code, EngineError

COMPRESS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "lz4": lz4.frame.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
encodings = st.sampled_from(sorted(COMPRESS))


def decode(encoding: str, body: bytes, step: int) -> bytes:
    decoder = Decoder(encoding)
    pieces = [piece for start in range(0, len(body), step) for piece in decoder.feed(body[start : start + step])]
    decoder.finish()
    return b"".join(pieces)


@given(encodings, st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 50))
def test_streams_one_behind_another_in_pieces_of_any_size(encoding: str, blocks: list[bytes], step: int) -> None:
    body = b"".join(COMPRESS[encoding](block) for block in blocks)
    assert decode(encoding, body, step) == b"".join(blocks)


@given(encodings, st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 100))
def test_what_is_encoded_decodes(encoding: str, chunks: list[bytes], step: int) -> None:
    encoder = Encoder(encoding)
    body = b"".join(encoder.feed(chunk) for chunk in chunks) + encoder.finish()
    assert decode(encoding, body, step) == b"".join(chunks)


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_body_cut_anywhere_is_refused(encoding: str) -> None:
    whole = COMPRESS[encoding](b"one" * 50)
    for end in range(1, len(whole)):
        with pytest.raises(EngineError) as raised:
            decode(encoding, whole + whole[:end], step=7)
        assert raised.value.code == Code.CANNOT_DECOMPRESS


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_body_that_swells_comes_out_in_bounded_pieces(encoding: str) -> None:
    zeros = bytes(200_000_000)
    body = COMPRESS[encoding](zeros)
    sizes = [len(piece) for start in range(0, len(body), 60_000) for piece in Decoder(encoding).feed(body[:60_000])]
    assert max(sizes) <= LARGEST_PIECE < 2_000_000


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_large_body_comes_out_whole(encoding: str) -> None:
    blocks = [bytes(3_000_000), b"".join(b"%d," % number for number in range(400_000)), b"x" * 1_048_576]
    body = b"".join(COMPRESS[encoding](block) for block in blocks)
    assert decode(encoding, body, step=65_536) == b"".join(blocks)


def test_a_zstd_body_that_needs_a_large_window_is_refused() -> None:
    wide = zstandard.ZstdCompressionParameters(window_log=27, compression_level=1)
    body = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    with pytest.raises(EngineError) as raised:
        decode("zstd", body.compress(bytes(9_000_000)) + body.flush(), step=1_000)
    assert raised.value.code == Code.CANNOT_DECOMPRESS


def test_no_encoding_passes_through() -> None:
    assert decode("", b"as it is", step=3) == b"as it is"
    assert Encoder(None).feed(b"as it is") + Encoder(None).finish() == b"as it is"


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(EngineError) as raised:
        Decoder("br")
    assert raised.value.code == Code.UNKNOWN_COMPRESSION_METHOD


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("lz4,zstd,br,gzip,deflate", "lz4"),
        ("br, gzip;q=0.8", "gzip"),
        ("gzip;q=0, zstd", "zstd"),
        ("GZIP", "gzip"),
        ("*", None),
        ("", None),
    ],
)
def test_the_first_encoding_that_is_known_is_taken(header: str, expected: str | None) -> None:
    assert accepted_encoding(header) == expected
