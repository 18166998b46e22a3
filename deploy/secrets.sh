#!/bin/sh
# Makes up the secrets of the containers in deploy/secrets, one file for each process that needs them. compose.yaml reads
# the files, and `kubectl create secret generic NAME --from-env-file` takes them. Files that are there stay.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
mkdir -p -m 755 compose/config # compose mounts it, and Docker would make it as root

made_up() { head -c 48 /dev/urandom | base64 | tr -d '+/=\n' | cut -c 1-40; }

keep() { # name of the file; its lines are on standard input
    if [ -e "secrets/$1.env" ]; then
        cat > /dev/null
    else
        cat > "secrets/$1.env"
        echo "made deploy/secrets/$1.env"
    fi
}

if [ ! -e secrets/clickhouse.env ]; then # the passwords of the two users stand in two files each
    writer=$(made_up)
    reader=$(made_up)
    printf 'CLICKHOUSE_PASSWORD=%s\nWRITER_PASSWORD=%s\nREADER_PASSWORD=%s\n' "$(made_up)" "$writer" "$reader" \
        | keep clickhouse
    echo "BANWATCH_CLICKHOUSE_PASSWORD=$writer" | keep writer
    echo "BANWATCH_CLICKHOUSE_READER_PASSWORD=$reader" | keep reader
fi
echo "BANWATCH_DESK_KEY=$(made_up)" | keep desk
printf 'BANWATCH_DASHBOARD_OPERATOR_PASSWORD=%s\nBANWATCH_DASHBOARD_KEY=%s\n' "$(made_up)" "$(made_up)" | keep dashboard
echo "GF_SECURITY_ADMIN_PASSWORD=$(made_up)" | keep grafana
echo "# BANWATCH_ALERT_SECRETS and BANWATCH_HEARTBEAT_URL: docs/alerts.md. No quotes around a value." | keep alerts
echo "# BANWATCH_ANSWERS_URL and BANWATCH_ANSWERS_KEY: docs/alerts.md" | keep links
for source in gdelt mastodon reddit snscrape telegram; do
    echo "# the settings of this source: docs/sources.md" | keep "$source"
done
