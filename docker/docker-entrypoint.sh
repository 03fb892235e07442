#!/bin/sh
# The gate, and every other command of the runner:
#   docker compose run --rm migrate            applies what is needed
#   docker compose run --rm migrate status     or history, down, up --to M …
#
# `up` compares the ledger with this image's migrations and does nothing when all are applied; on a database that
# nobody has used yet it makes the ledger and applies the whole history. Its exit code is the container's: what
# fails here keeps the API from starting, and is never passed over. `--wait`: what runs in batches on a large table is
# done too, since this build is not ready before. `--phase expand`: what would end a release of the models that is
# supported or connected is held back, for `releases retire V`; this build is ready without it.
set -eu

if [ "$#" -eq 0 ]; then set -- up --wait --phase expand; fi

exec node /app/packages/migrator-cli/dist/main.cjs "$@"
