#!/bin/bash
# Makes banwatch's two users, and what users.sql grants them. The server's image runs it at each start. The passwords stand
# in no command, whose arguments everybody on the machine can read: the client takes its own from CLICKHOUSE_PASSWORD.
set -eu
users=$(< /banwatch/users.sql)
users=${users//"'replace this too'"/"'$READER_PASSWORD'"}
users=${users//"'replace this'"/"'$WRITER_PASSWORD'"}
printf '%s\n' "$users" | clickhouse-client --host 127.0.0.1 --user "$CLICKHOUSE_USER" --multiquery
