#!/bin/sh
# A consumer of a .env file, small enough to be started thousands of times: consumer.sh KIND FOLDER
#   .env         what is configured          running.env   what the running service has read (absent: stopped)
#   rows         "KEY VALUE" a line: a row that is encrypted under VALUE
# It fails on demand: a file fail-KIND in the folder makes that command exit with 1. Where there is a file restarts, each
# restart adds a line to it.
kind=$1
folder=$2
[ -e "$folder/fail-$kind" ] && { echo "told to fail"; exit 1; }
case $kind in reencrypt | verify-old-refused)
  IFS= read -r line
  key=${line#*\"key\":\"} key=${key%%\"*}
  old=${line#*\"old\":\"} old=${old%%\"*}
  new=${line#*\"new\":\"} new=${new%%\"*}
  ;;
esac

# Whether the running service has a variable with this value.
runs_with() {
  while IFS= read -r entry; do
    [ "$entry" = "$1" ] && return 0
  done <"$folder/running.env"
  return 1
}

case $kind in
start | restart)
  [ -e "$folder/restarts" ] && echo again >>"$folder/restarts"
  [ -e "$folder/drop-lock" ] && rm -f "$folder/.env.rekey.lock"
  cp "$folder/.env" "$folder/running.env.$$" && mv "$folder/running.env.$$" "$folder/running.env"
  ;;
stop)
  rm -f "$folder/running.env"
  ;;
accepts-next)
  [ -e "$folder/running.env" ] && cmp -s "$folder/.env" "$folder/running.env"
  ;;
reencrypt)
  [ -e "$folder/kill-reencrypt" ] && kill -9 $$
  total=0 changed=0 remaining=0
  : >"$folder/rows.$$"
  while read -r name value; do
    if [ "$name" = "$key" ]; then
      total=$((total + 1))
      if [ "$value" = "$old" ]; then
        if [ -e "$folder/leave-one" ] && [ $changed -gt 0 ]; then
          remaining=$((remaining + 1))
        else
          value=$new
          changed=$((changed + 1))
        fi
      elif [ "$value" != "$new" ]; then
        remaining=$((remaining + 1))
      fi
    fi
    echo "$name $value" >>"$folder/rows.$$"
  done <"$folder/rows"
  mv "$folder/rows.$$" "$folder/rows"
  echo "{\"total\": $total, \"changed\": $changed, \"remaining_old\": $remaining}"
  ;;
verify)
  # Every row can be read with a value that the running service has under that name or in its previous slot.
  [ -e "$folder/running.env" ] || { echo "the service does not run"; exit 1; }
  cmp -s "$folder/.env" "$folder/running.env" || { echo "the service has read another file"; exit 1; }
  while read -r name value; do
    runs_with "$name=$value" || runs_with "${name}_PREVIOUS=$value" || {
      echo "a row of $name cannot be read"
      exit 1
    }
  done <"$folder/rows"
  ;;
verify-old-refused)
  [ -e "$folder/running.env" ] || { echo "the service does not run"; exit 1; }
  if runs_with "$key=$old" || runs_with "${key}_PREVIOUS=$old"; then
    echo "the old value is still accepted"
    exit 1
  fi
  ;;
*) exit 2 ;;
esac
