"""pgcli: its own commands, and what it asks for its completions: python program.py URL, an empty database."""

import importlib.metadata
import os
import pathlib
import subprocess
import sys
import tempfile
from urllib.parse import urlsplit

here = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(here.parent))

from report import did, tool  # noqa: E402

SETUP = """create schema other;
create type mood as enum ('sad', 'happy');
create table maker (id int generated always as identity primary key, name text not null unique, feels mood);
create table item (id serial primary key, maker_id int references maker, price numeric default 1);
create view dear as select * from item where price > 10;
create function twice(n int, out m int) language sql as 'select n * 2'"""
# Commands, each with what its answer must have in it.
COMMANDS = {
    "\\dt": ["maker", "item", "table"],
    "\\dv": ["dear"],
    "\\d item": ["maker_id", "numeric", "item_pkey", "item_maker_id_fkey"],
    "\\d+ dear": ["price", "View definition"],
    "\\di": ["maker_name_key"],
    "\\ds": ["item_id_seq"],
    "\\df twice": ["twice", "n integer"],
    "\\sf twice": ["select n * 2"],
    "\\dT mood": ["mood"],
    "\\dn": ["other", "public"],
    "\\du": ["admin"],
    "\\l": ["postgres"],
    "\\dx": ["plpgsql"],
    "\\dp item": ["item"],
    "insert into maker (name) values ('a'), ('b') returning id": ["INSERT 0 2"],
    "select * from no_such_table": ["no_such_table"],
}


def main(url):
    tool("pgcli", importlib.metadata.version("pgcli"))
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "PAGER": "cat"}

        def pgcli(command):
            words = [str(pathlib.Path(sys.executable).parent / "pgcli"), "--no-password", url, "-c", command]
            done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
            return done.stdout + done.stderr

        for statement in SETUP.split(";\n"):
            answer = pgcli(statement)
            assert "CREATE" in answer, (statement, answer)
        for command, parts in COMMANDS.items():
            answer = pgcli(command)
            for part in parts:
                assert part in answer, f"{part} is not in the answer to {command}:\n{answer}"
        did("statements and " + " ".join(word for word in (name.split()[0] for name in COMMANDS) if word[0] == "\\"))
        os.environ.update(environment)
        completions(urlsplit(url))


def completions(url):
    from pgcli.pgexecute import PGExecute

    asked = PGExecute(url.path.lstrip("/"), url.username, "", url.hostname, url.port, "")
    assert set(asked.schemata()) >= {"public", "other", "pg_catalog"}
    assert {("public", "item"), ("public", "maker")} <= set(asked.tables())
    assert ("public", "dear") in set(asked.views())
    columns = {tuple(row)[:4] for row in asked.table_columns()}
    assert ("public", "item", "price", "numeric") in columns, columns
    (key,) = [key for key in asked.foreignkeys() if key.childtable == "item"]
    assert (key.parenttable, key.parentcolumn, key.childcolumn) == ("maker", "id", "maker_id"), key
    assert "postgres" in list(asked.databases()) or url.path != "/postgres"
    assert ("public", "mood") in set(asked.datatypes())
    assert "twice" in {function.func_name for function in asked.functions()}
    assert "item" in asked.view_definition("dear")
    did("completions: schemas, tables, views, columns, keys, types, functions, databases")


main(sys.argv[1])
