# Sourced by the launchers beside it, which set `entry` (a source file) and `bundle` (its built form). Runs the
# project's own Node, whatever `node` the terminal has, from any directory and through symbolic links; the bundle in
# dist/ only where no source is newer.

root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
node=$root/node_modules/.bin/node

if [ ! -x "$node" ]; then
  echo "Error: the packages are not installed: run \"npm ci\" in $root first" >&2
  exit 1
fi

program=$root/$entry
if [ -f "$root/$bundle" ]; then
  newer=$(find "$root/cli" "$root/controller" "$root/package.json" -newer "$root/$bundle" \
    \( -name '*.ts' -o -name package.json \) ! -name '*.test.ts' -print 2>/dev/null | head -n 1)
  if [ -z "$newer" ]; then program=$root/$bundle; fi
fi

exec "$node" "$program" "$@"
