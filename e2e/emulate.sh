#!/bin/sh
# Run a command where programs for other machines are run by qemu.
#
#   emulate.sh BINFMT COMMAND...
#
# BINFMT holds lines for binfmt_misc.  They are registered in a user namespace of the
# command's own (Linux 6.7 or later), so that nothing on this machine changes.
exec unshare --user --map-root-user --mount sh -c '
    mount -t binfmt_misc none /proc/sys/fs/binfmt_misc || exit 125
    while IFS= read -r line; do
        printf "%s" "$line" >/proc/sys/fs/binfmt_misc/register || exit 125
    done <"$0"
    exec "$@"
' "$@"
