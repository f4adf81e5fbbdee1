#!/usr/bin/env bash
# A processor with nothing but curl. Its variables are those of `npm run open`.
set -euo pipefail

# curl empties the file before each attempt, which /dev/null does not allow.
ANSWER=$(mktemp)
trap 'rm -f "$ANSWER"' EXIT

# send URL TOKEN CONTENT_TYPE BODY: prints the status of the last attempt.
send() {
  curl -sS --retry 8 --retry-connrefused --retry-all-errors --max-time 30 -o "$ANSWER" -w '%{http_code}' "$1" \
    ${2:+-H "Authorization: Bearer $2"} -H "Content-Type: $3" --data-binary "$4"
}

STATUS=$(send "$RESULT_URL" "${RESULT_TOKEN:-}" application/json '{"text":"Grüße aus Köln"}') || true
case "$STATUS" in
  415 | 422) STATUS=$(send "$FAILURE_URL" "${FAILURE_TOKEN:-}" text/plain 'The result was refused.') || true ;;
esac
echo "delivered: $STATUS"
