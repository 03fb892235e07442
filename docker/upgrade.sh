#!/bin/sh
# Upgrades the stack of docker/compose.rolling.yml to this checkout without a failed request; starts it where none runs:
#   docker/upgrade.sh                   the migrations, the new API beside the old one, then in its place
#   docker/upgrade.sh --retire 0.1.0    then ends the support of a release, and applies what was held back for it
# Ends with the exit code of what fails; the old API then serves on.
set -eu

cd "$(dirname "$0")/.."
compose() { docker compose -f docker-compose.yml -f docker/compose.rolling.yml "$@"; }

retire=
case "${1-}" in
  "") ;;
  --retire) retire=${2:?--retire takes a version, such as 0.1.0} ;;
  *) echo "usage: docker/upgrade.sh [--retire VERSION]" >&2; exit 2 ;;
esac

compose build
compose up --detach --no-recreate proxy
# What has crashed is no instance to keep, and would be started again in the place of a new one.
compose rm --force api
old=$(compose ps --quiet api)

# The gate: what every release that runs can live with is applied, the rest is held back.
compose run --rm migrate

# The new one gets requests once it is ready; where it never is, it goes.
compose up --detach --wait --no-build --no-deps --no-recreate --scale "api=$(($(echo "$old" | grep -c .) + 1))" api || {
  code=$?
  for one in $(compose ps --all --quiet api); do case "$old" in *"$one"*) ;; *) docker rm --force "$one" ;; esac; done
  exit "$code"
}
for one in $old; do docker stop "$one"; docker rm "$one"; done

# Only now: sessions of the old release would hold back what ends it, although its support has ended.
if [ -n "$retire" ]; then
  compose run --rm migrate releases retire "$retire"
  compose run --rm migrate
fi
