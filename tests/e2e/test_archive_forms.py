"""Archives of other forms than banwatch's own: from their files to `counts`."""

from __future__ import annotations

import bz2
import io
import json
import tarfile
from pathlib import Path

import zstandard

from ingest.sources.archive.source import Archive
from processing.store.client import Store
from tests.ingest.sources.archive.test_formats import SNOWFLAKE, a_comment, a_status
from tests.support.live import collect
from tests.support.stacks import Installation


def test_a_folder_of_other_people_s_archives_is_counted(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "archives"
    folder.mkdir()
    gone = {"delete": {"status": {"id_str": str(SNOWFLAKE), "user_id_str": "5"}, "timestamp_ms": "1"}}
    lines = [a_status(text="Amazon bans TikTok"), a_status(SNOWFLAKE + 1, text="Amazon bans TikTok"), gone]
    body = bz2.compress("\n".join(map(json.dumps, lines)).encode())
    with tarfile.open(folder / "grab.tar", "w") as archive:
        entry = tarfile.TarInfo("2020/07/10/16/25.json.bz2")
        entry.size = len(body)
        archive.addfile(entry, io.BytesIO(body))
    dump = zstandard.compress(json.dumps(a_comment(body="TikTok is banned at work")).encode())
    (folder / "RC_2020-07.zst").write_bytes(dump)
    (folder / "table.csv").write_text("date,text\n2020-07-10T17:00:00Z,lunch\n")
    found = collect(
        Archive(folder, columns="text=text,created_at=date,source==forum"),
        store,
        tmp_path,
        lambda live: live.counts().get("*", 0) == 4 and bool(live.deleted()),
    )
    assert found.counts["ban"] == 3
    assert found.deleted == {str(SNOWFLAKE)}
    assert found.posts["t1_abc"] == "TikTok is banned at work"
    assert found.rejected == []


def test_a_mapping_that_cannot_be_used_stops_before_anything_starts(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("date,text\n")
    own = Installation(tmp_path / "banwatch")
    done = own.run("up", "--archive", str(table), "--columns", "text", "--until-done", "--no-dashboard")
    assert done.returncode == 2
    assert b"no mapping of a column" in done.stderr
