#!/bin/bash
# Makes banwatch's two users when the server starts with an empty volume. The server's image runs it. The passwords stand
# in no command, whose arguments everybody on the machine can read: the client takes its own from CLICKHOUSE_PASSWORD.
set -eu
users=$(< /banwatch/users.sql)
users=${users//"'replace this too'"/"'$READER_PASSWORD'"}
users=${users//"'replace this'"/"'$WRITER_PASSWORD'"}
printf '%s\n' "$users" | clickhouse-client --user "$CLICKHOUSE_USER" --multiquery
