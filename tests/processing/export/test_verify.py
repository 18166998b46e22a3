"""The check of an export: a whole one passes, every change is told in a sentence, and a hostile zip is refused."""

from __future__ import annotations

import io
import random
import stat
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from processing.export import verify
from processing.export.opened import MOST_FILES
from processing.export.verify import MOST_FAULTS
from tests.support.exported import exported, files_of, packed, signed_again

Files = dict[str, bytes]


def checked(files: Files, folder: Path) -> str:
    return "\n".join(verify(packed(files, folder / "it.zip")).faults)


@pytest.mark.parametrize(("with_texts", "texts"), [(True, 3), (False, 0)])
def test_an_export_is_whole(tmp_path: Path, with_texts: bool, texts: int) -> None:
    path = tmp_path / "it.zip"
    path.write_bytes(exported(with_texts=with_texts))
    found = verify(path)
    assert found.faults == ()
    assert (found.posts, found.texts) == (4, texts)
    assert found.files == len(files_of(path.read_bytes()))


def test_one_that_was_packed_again_is_whole_too(tmp_path: Path) -> None:
    assert checked(files_of(exported()), tmp_path) == ""


@pytest.mark.parametrize("name", sorted(files_of(exported())))
def test_a_changed_byte_is_told_with_the_name_of_its_file(tmp_path: Path, name: str) -> None:
    files = files_of(exported())
    files[name] = files[name].replace(b"e", b"x", 1)
    assert name in checked(files, tmp_path)


@pytest.mark.parametrize("name", sorted(files_of(exported())))
def test_a_missing_file_is_told(tmp_path: Path, name: str) -> None:
    files = files_of(exported())
    del files[name]
    assert f"{name} is missing" in checked(files, tmp_path)


def changed_text(files: Files) -> Files:
    return files | {"texts.ndjson": files["texts.ndjson"].replace(b"first", b"other")}


def text_taken_out(files: Files) -> Files:
    return files | {"texts.ndjson": b"".join(files["texts.ndjson"].splitlines(keepends=True)[1:])}


def text_of_no_post(files: Files) -> Files:
    return files | {"texts.ndjson": files["texts.ndjson"] + b'{"source":"a","id":"b","text":"c"}\n'}


def text_of_a_deleted_post(files: Files) -> Files:
    line = b'{"source":"archive","id":"gone","text":"what was deleted"}\n'
    first, rest = files["texts.ndjson"].split(b"\n", 1)
    return files | {"texts.ndjson": first + b"\n" + line + rest}


def posts_in_another_order(files: Files) -> Files:
    return files | {"posts.ndjson": b"".join(reversed(files["posts.ndjson"].splitlines(keepends=True)))}


def post_twice(files: Files) -> Files:
    first, *rest = files["posts.ndjson"].splitlines(keepends=True)
    return files | {"posts.ndjson": b"".join([first, first, *rest])}


def hash_of_a_deleted_post(files: Files) -> Files:
    return files | {"posts.ndjson": files["posts.ndjson"].replace(b'"sha256":null', b'"sha256":"%s"' % (b"0" * 64))}


def post_of_no_claim(files: Files) -> Files:
    return files | {"claim_posts.ndjson": files["claim_posts.ndjson"].replace(b'"c1"', b'"c2"', 1)}


def claim_post_taken_out(files: Files) -> Files:
    return files | {"claim_posts.ndjson": b"".join(files["claim_posts.ndjson"].splitlines(keepends=True)[1:])}


def claim_post_twice(files: Files) -> Files:
    first, *rest = files["claim_posts.ndjson"].splitlines(keepends=True)
    return files | {"claim_posts.ndjson": b"".join([first, first, *rest])}


def no_json(files: Files) -> Files:
    return files | {"posts.ndjson": files["posts.ndjson"] + b"{\n"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (changed_text, "posts.ndjson, line 1: its text is not the one that was exported."),
        (text_taken_out, "posts.ndjson, line 1: its text is missing."),
        (text_of_no_post, "has a text of no post"),
        (text_of_a_deleted_post, "posts.ndjson, line 2: its text is not the one that was exported."),
        (posts_in_another_order, "it is not behind the line before it"),
        (post_twice, "posts.ndjson, line 2: it is not behind the line before it"),
        (hash_of_a_deleted_post, "a deleted post has a SHA-256"),
        (post_of_no_claim, "claim_posts.ndjson, line 1: it is of a claim that is not there."),
        (claim_post_taken_out, "claim_posts.ndjson has not as many posts of each claim as claims.ndjson says."),
        (claim_post_twice, "claim_posts.ndjson, line 2: it is not behind the line before it"),
        (no_json, "posts.ndjson, line 5: it is not what an export has there."),
    ],
)
def test_what_a_new_manifest_does_not_hide(tmp_path: Path, change: Callable[[Files], Files], told: str) -> None:
    assert told in checked(signed_again(change(files_of(exported()))), tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda crate: crate.pop("@context"), "it is no RO-Crate"),
        (lambda crate: crate.update({"@context": "https://schema.org"}), "its @context is not"),
        (lambda crate: crate["@graph"].append(crate["@graph"][1]), "it is no RO-Crate"),
        (lambda crate: crate["@graph"][0].pop("conformsTo"), "it does not say that it conforms to"),
        (lambda crate: crate["@graph"][0].update(about={"@id": "#other"}), "it does not describe itself"),
        (lambda crate: crate["@graph"][1].update({"@type": "Thing"}), "./ must be a Dataset."),
        (lambda crate: crate["@graph"][1].pop("name"), "./ has no name."),
        (lambda crate: crate["@graph"][1].pop("description"), "./ has no description."),
        (lambda crate: crate["@graph"][1].update(datePublished="soon"), "is no date in ISO 8601."),
        (lambda crate: crate["@graph"][1].update(license={"@id": "#nowhere"}), "has no license that is described."),
        (lambda crate: crate["@graph"][1]["hasPart"].pop(0), "it does not describe README.txt."),
        (lambda crate: crate["@graph"][1]["hasPart"].append({"@id": "more.csv"}), "it describes 'more.csv'"),
        (lambda crate: crate["@graph"][2].update(contentSize="1"), "its size or SHA-256 of README.txt"),
    ],
)
def test_metadata_that_are_no_ro_crate_of_these_files(
    tmp_path: Path, change: Callable[[dict[str, object]], object], told: str
) -> None:
    files = files_of(exported())
    document = msgspec.json.decode(files["ro-crate-metadata.json"])
    change(document)
    files["ro-crate-metadata.json"] = msgspec.json.encode(document)
    assert f"ro-crate-metadata.json: {told}" in checked(files, tmp_path) or told in checked(files, tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "sql/../../x",
        "C:\\x",
        "sql\\posts.sql",
        "~/x",
        "sql/",
        "./x",
        "é",
    ],
)
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    found = checked(files_of(exported()) | {name: b"x"}, tmp_path)
    assert "is no name of a file in an export." in found
    assert "manifest" not in found, "nothing is read"


def test_a_name_that_ends_early_is_refused(tmp_path: Path) -> None:
    path = packed(files_of(exported()) | {"aQb": b"x"}, tmp_path / "it.zip")
    path.write_bytes(path.read_bytes().replace(b"aQb", b"a\x00b"))
    assert verify(path).faults == ("'a\\x00b' is no name of a file in an export.",)


def test_a_file_too_many_is_refused(tmp_path: Path) -> None:
    assert checked(files_of(exported()) | {"more.txt": b"x"}, tmp_path) == (
        "'more.txt' is a file that an export does not have."
    )


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    path = packed(files_of(exported()), tmp_path / "it.zip")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the library warns of what is wanted here
        with ZipFile(path, "a") as archive:
            archive.writestr("posts.ndjson", b"other")
    assert verify(path).faults == ("It holds 'posts.ndjson' 2 times.",)


def with_entry(files: Files, info: ZipInfo, content: bytes) -> bytes:
    target = io.BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name, each in files.items():
            if name != info.filename:
                archive.writestr(name, each)
        archive.writestr(info, content)
    return target.getvalue()


def zip_bomb(files: Files) -> bytes:
    info = ZipInfo("posts.ndjson")
    info.compress_type = ZIP_DEFLATED
    return with_entry(files, info, bytes(64 * 1024 * 1024))


def link(files: Files) -> bytes:
    info = ZipInfo("posts.ndjson")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return with_entry(files, info, b"/etc/passwd")


def unusual_packing(files: Files) -> bytes:
    info = ZipInfo("posts.ndjson")
    info.compress_type = ZIP_BZIP2
    return with_entry(files, info, files["posts.ndjson"])


def encrypted(files: Files) -> bytes:
    whole = bytearray(with_entry(files, ZipInfo("posts.ndjson"), files["posts.ndjson"]))
    directory = whole.rindex(b"PK\x01\x02")
    whole[directory + 8] |= 1
    return bytes(whole)


def too_large(files: Files) -> bytes:
    whole = bytearray(with_entry(files, ZipInfo("posts.ndjson"), files["posts.ndjson"]))
    directory = whole.rindex(b"PK\x01\x02")
    whole[directory + 20 : directory + 28] = struct.pack("<II", 2**31 - 1, 2**32 - 2)
    return bytes(whole)


def comment(files: Files) -> bytes:
    target = io.BytesIO(with_entry(files, ZipInfo("posts.ndjson"), files["posts.ndjson"]))
    with ZipFile(target, "a") as archive:
        archive.comment = b"read me"
    return target.getvalue()


def crowd(files: Files) -> bytes:
    target = io.BytesIO()
    with ZipFile(target, "w") as archive:
        for number in range(MOST_FILES + 1):
            archive.writestr(f"sql/verdict-{'a' * (number + 1)}.sql", b"")
    return target.getvalue()


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (zip_bomb, "as in a zip bomb"),
        (link, "'posts.ndjson' is no plain file."),
        (unusual_packing, "packed in a way that banwatch does not unpack"),
        (encrypted, "'posts.ndjson' is encrypted."),
        (too_large, "It unpacks to"),
        (comment, "It has a comment"),
        (crowd, f"an export holds at most {MOST_FILES}"),
        (lambda files: b"", "It is no whole zip file"),
        (lambda files: b"PK\x03\x04" + bytes(200), "It is no whole zip file"),
        (lambda files: with_entry(files, ZipInfo("posts.ndjson"), b"x")[:-30], "It is no whole zip file"),
    ],
)
def test_a_hostile_zip_is_refused_with_a_sentence(tmp_path: Path, made: Callable[[Files], bytes], told: str) -> None:
    path = tmp_path / "it.zip"
    path.write_bytes(made(files_of(exported())))
    faults = verify(path).faults
    assert any(told in fault for fault in faults), faults


def test_a_file_whose_packed_bytes_are_broken_is_told(tmp_path: Path) -> None:
    info = ZipInfo("posts.ndjson")
    info.compress_type = ZIP_STORED
    files = files_of(exported())
    path = tmp_path / "it.zip"
    path.write_bytes(with_entry(files, info, files["posts.ndjson"]).replace(b'"deleted":true', b'"deleted":tru3'))
    assert any(fault.startswith("posts.ndjson cannot be unpacked") for fault in verify(path).faults)


def test_a_line_without_an_end_is_not_read_whole(tmp_path: Path) -> None:
    files = signed_again(
        files_of(exported()) | {"posts.ndjson": b'{"source":"' + random.Random(7).randbytes(5_000_000).hex().encode()}
    )
    assert "posts.ndjson has a line of more than" in checked(files, tmp_path)


def test_faults_without_end_are_cut(tmp_path: Path) -> None:
    files = signed_again(files_of(exported(with_texts=False)) | {"posts.ndjson": b"{}\n" * 10_000})
    found = verify(packed(files, tmp_path / "it.zip"))
    assert len(found.faults) == MOST_FAULTS + 1
    assert found.faults[-1] == "There are more faults."


def test_deeply_nested_metadata_are_told(tmp_path: Path) -> None:
    files = files_of(exported()) | {"ro-crate-metadata.json": b"[" * 100_000}
    assert "ro-crate-metadata.json: it is not JSON." in checked(files, tmp_path)


@given(some.binary(max_size=2_000), some.integers(0, 5_000), some.integers(1, 400))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_damage_raises_anything(tmp_path: Path, noise: bytes, at: int, length: int) -> None:
    whole = exported()
    path = tmp_path / "it.zip"
    path.write_bytes(whole[:at] + noise + whole[at + length :])
    verify(path)
