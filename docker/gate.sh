#!/bin/sh
# Called by `docker compose up` (see docker-compose.override.yml) between making the container of `migrate` and taking
# the old API's away, as: gate.sh compose --project-name=NAME up gate. Runs the migrations where an API serves; what
# fails here ends `up`, and the API serves on. Where none serves, `migrate` runs in its turn.
set -eu

[ "${3-}" = up ] || exit 0
project=${2#--project-name=}

find_container() {
  service=$1; shift
  docker ps --quiet --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.oneoff=False" \
    --filter "label=com.docker.compose.service=$service" "$@"
}

[ -n "$(find_container api)" ] && [ -n "$(find_container postgres)" ] || exit 0

migrate=$(find_container migrate --all --latest)
docker start "$migrate" >/dev/null
code=$(docker wait "$migrate")
[ "$code" -eq 0 ] && exit 0

# Compose shows the messages on standard output, and nothing of standard error.
echo "{ \"type\": \"error\", \"message\": \"service \\\"migrate\\\" didn't complete successfully: exit $code; the API is as it was, and \\\"docker compose logs migrate\\\" says why\" }"
exit "$code"
