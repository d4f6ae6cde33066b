"""Makes docs/compatibility.md of what the suite printed: lines `tool`, `did` and `result`, with tabs between."""

import sys

HEAD = """<!-- Made by `COMPATIBILITY=docs/compatibility.md tests/run orms`. -->

# Compatibility

Tools as their makers publish them, run against a node; nothing in them or for them is changed. Each program asserts what its
lines say and ends at the first deviation; the same programs pass on PostgreSQL 16. They are in `tests/orms/`. Drivers
(psycopg, asyncpg, node-postgres, pgjdbc), psql and pgbench are tested by the other parts of `tests/run`.

| tool | version | result | exercised |
| --- | --- | --- | --- |
"""

tool, seen = ("", ""), []
print(HEAD, end="")
for line in sys.stdin:
    kind, *words = line.rstrip("\n").split("\t")
    if kind == "tool":
        tool, seen = (words[0], words[1]), []
    elif kind == "did":
        seen.append(words[0])
    else:
        print(f"| {tool[0]} | {tool[1]} | {words[0]} | {'; '.join(seen)} |")
