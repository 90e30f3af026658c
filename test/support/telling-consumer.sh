#!/bin/sh
# A service's command that tells everything it knows, on stdout and stderr, and writes down what it and its caller
# were started with. telling-consumer.sh KIND ENV_FILE RECORD [EXIT_CODE]
kind=$1 file=$2 record=$3 code=${4:-0}
input=$(cat)
for pid in $$ $PPID; do
  printf '\n== %s, process %s\n' "$kind" "$pid" >>"$record"
  tr '\0' '\n' <"/proc/$pid/cmdline" >>"$record"
  tr '\0' '\n' <"/proc/$pid/environ" >>"$record"
done
tell() {
  printf 'told: %s\n' "$input"
  cat "$file"
  sed -n 's/^[A-Z_]*=//p' "$file" | while IFS= read -r value; do
    printf '%s' "$value" | base64 -w 0
    echo
    printf '%s' "$value" | od -An -v -tx1 | tr -d ' \n'
    printf '\n{"value": "%s"}\nhttps://example.org/?value=%s\n' "$value" "$value"
  done
}
tell
tell >&2
[ "$kind" = reencrypt ] && echo '{"total":3,"changed":3,"remaining_old":0}'
exit "$code"
