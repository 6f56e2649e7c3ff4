#!/bin/sh
# Finds a Python that can run Kabinet and hands over to tools/bootstrap.py, which does the rest.
# usage: tools/bootstrap.sh STAGE...      stages: base dev front messages
cd "$(dirname "$0")/.." || exit 1
if [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null; then
  exec .venv/bin/python tools/bootstrap.py "$@"
fi
# 3.11 and 3.12 first: every package Kabinet needs comes ready-made for these two.
for name in "${PYTHON:-python3.11}" python3.11 python3.12 python3 python3.13 python3.14; do
  if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    exec "$name" tools/bootstrap.py "$@"
  fi
done
found=$(python3 --version 2>&1) || found='none'
echo "Kabinet needs Python 3.11 or newer; found: $found." >&2
echo "Get it:  apt-get install python3 python3-venv   (Debian 12+, Ubuntu 24.04+)" >&2
echo "         dnf install python3.12                 (Fedora, RHEL 9)" >&2
echo "         brew install python@3.12               (macOS)" >&2
exit 1
