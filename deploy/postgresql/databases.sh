#!/usr/bin/env bash
# Makes a database for each service, and the two roles: `rapport_owner` changes the schema (it runs the migration),
# `rapport` reads and writes rows, and nothing more. The image of PostgreSQL runs this on an empty data folder; an
# administrator can run the same statements on a server of production.
set -euo pipefail

# Runs statements as the administrator; stops at the first that fails.
run() {
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" "$@"
}

run --dbname postgres --set owner="$(cat "$OWNER_PASSWORD_FILE")" --set service="$(cat "$SERVICE_PASSWORD_FILE")" <<'SQL'
CREATE ROLE rapport_owner LOGIN PASSWORD :'owner';
CREATE ROLE rapport LOGIN PASSWORD :'service';
SQL

for service in profile feedback satisfaction loyalty; do
  run --dbname postgres --command "CREATE DATABASE rapport_$service OWNER rapport_owner"
  run --dbname "rapport_$service" <<'SQL'
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO rapport_owner;
GRANT USAGE ON SCHEMA public TO rapport;
ALTER DEFAULT PRIVILEGES FOR ROLE rapport_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO rapport;
ALTER DEFAULT PRIVILEGES FOR ROLE rapport_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO rapport;
SQL
done
