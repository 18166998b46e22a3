#!/bin/bash
# Makes banwatch's two users when the server starts with an empty volume. The server's image runs it.
set -eu
sed -e "s/'replace this too'/'$READER_PASSWORD'/" -e "s/'replace this'/'$WRITER_PASSWORD'/" /banwatch/users.sql \
    | clickhouse-client --user "$CLICKHOUSE_USER" --password "$CLICKHOUSE_PASSWORD" --multiquery
