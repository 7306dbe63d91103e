#!/bin/sh
# Starts Redis with users.acl, the password in it only as its SHA-256. Further arguments override redis.conf.
set -eu
case ${REDIS_PASSWORD:-} in
  *[!A-Za-z0-9]* | '') echo 'REDIS_PASSWORD must be letters and digits, such as openssl rand -hex 32' >&2; exit 2 ;;
esac
[ "${#REDIS_PASSWORD}" -ge 32 ] || { echo 'REDIS_PASSWORD must have 32 characters or more' >&2; exit 2; }
here=$(dirname "$0")
run=${REDIS_RUN:-/run/redis}
hash=$(printf %s "$REDIS_PASSWORD" | sha256sum | cut -d ' ' -f 1)
umask 077
# Only this password, whichever the file has.
sed -E "/^user hookswitch /{ s/ ([#>][^ ]*|nopass)//g; s/^user hookswitch/& #$hash/; }" "$here/users.acl" >"$run/users.acl"
exec redis-server "$here/redis.conf" --dir "${REDIS_DATA:-/data}" --aclfile "$run/users.acl" "$@"
