"""Alembic's generated migrations and SQLAlchemy's reflection: python program.py URL, an empty database. Ends with an
assertion's failure on the first deviation. What the ORM does with rows is tests/clients/use_sqlalchemy.py."""

import pathlib
import shutil
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(here), str(here.parent)]

import alembic  # noqa: E402
import sqlalchemy  # noqa: E402
from alembic import command  # noqa: E402
from alembic.autogenerate import compare_metadata  # noqa: E402
from alembic.config import Config  # noqa: E402
from alembic.migration import MigrationContext  # noqa: E402
from alembic.script import ScriptDirectory  # noqa: E402
from sqlalchemy import MetaData, create_engine, insert, inspect, select, text  # noqa: E402
from sqlalchemy.exc import IntegrityError  # noqa: E402

import models  # noqa: E402
from report import did, tool  # noqa: E402

REVISIONS = ["first", "second"]


def differences(connection, metadata):
    def is_ours(thing, name, kind, reflected, other):
        return name != "alembic_version"

    options = {
        "compare_type": True, "compare_server_default": True, "include_schemas": True, "include_object": is_ours,
    }
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def configuration(folder, connection, metadata):
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes.update(connection=connection, metadata=metadata)
    return config


def migrations(engine, folder):
    for name in ["env.py", "script.py.mako"]:
        shutil.copy(here / name, folder)
    (folder / "versions").mkdir()
    with engine.begin() as connection:
        connection.execute(text("create schema other"))
    for name, metadata in zip(REVISIONS, [models.before(), models.after()]):
        with engine.connect() as connection:
            config = configuration(folder, connection, metadata)
            command.revision(config, name, autogenerate=True, rev_id=name)
        with engine.connect() as connection:
            command.upgrade(configuration(folder, connection, metadata), "head")
            connection.commit()
        with engine.connect() as connection:
            left = differences(connection, metadata)
            assert left == [], left
            if name == "first":
                connection.execute(text("insert into maker (name) values ('m')"))
                connection.execute(text("insert into item (maker_id, title, price) values (100, 't', 1.25)"))
                connection.commit()
    did("autogenerate finds each difference, upgrade leaves none: tables, columns, types, keys, indexes, comments")
    with engine.connect() as connection:
        assert connection.execute(text("select title, price from item")).one() == ("t", 1.25)
        config = configuration(folder, connection, models.before())
        command.downgrade(config, "-1")
        connection.commit()
        left = differences(connection, models.before())
        assert left == [], left
        command.upgrade(config, "head")
        command.current(config)
        connection.commit()
        assert differences(connection, models.after()) == []
        assert ScriptDirectory.from_config(config).get_current_head() == "second"
    did("downgrade leaves no difference from what was before, and upgrade again")


def reflection(engine):
    wanted, found = models.after(), MetaData()
    found.reflect(engine)
    found.reflect(engine, schema="other")
    assert set(found.tables) == {*wanted.tables, "alembic_version"}, set(found.tables)
    for name, table in wanted.tables.items():
        other = found.tables[name]
        assert {column.name for column in table.columns} == {column.name for column in other.columns}, name
        for column in table.columns:
            same = other.columns[column.name]
            dialect = engine.dialect
            assert column.type.compile(dialect) == same.type.compile(dialect), (name, column.name, same.type)
            assert column.nullable == same.nullable and column.comment == same.comment, (name, column.name)
            assert (column.identity is None) == (same.identity is None), (name, column.name)
            assert (column.computed is None) == (same.computed is None), (name, column.name)
        assert {key.name for key in table.indexes} == {key.name for key in other.indexes}, name
        assert other.comment == table.comment
    inspector = inspect(engine)
    (key,) = inspector.get_foreign_keys("screw")
    assert (key["constrained_columns"], key["referred_columns"]) == (["item_id", "number"], ["item_id", "number"])
    (key,) = inspector.get_foreign_keys("item")
    assert key["options"] == {"ondelete": "SET NULL", "onupdate": "CASCADE"}, key
    (key,) = inspector.get_foreign_keys("part")
    assert key["options"] == {"deferrable": True, "initially": "DEFERRED"}, key
    indexes = {index["name"]: index for index in inspector.get_indexes("item")}
    assert indexes["item_by_price"]["column_sorting"] == {"price": ("desc",)}, indexes
    assert indexes["item_by_price"]["dialect_options"]["postgresql_where"] == "(price > (10)::numeric)", indexes
    assert indexes["item_lower"]["expressions"] == ["lower(title)"] and indexes["item_lower"]["unique"], indexes
    assert indexes["item_covers"]["dialect_options"]["postgresql_include"] == ["price"], indexes
    assert indexes["item_of_maker"]["duplicates_constraint"] == "item_of_maker", indexes
    assert inspector.get_pk_constraint("part")["constrained_columns"] == ["item_id", "number"]
    assert [check["sqltext"] for check in inspector.get_check_constraints("item")] == ["price >= 0::numeric"]
    assert inspector.get_enums() == [{"name": "mood", "schema": "public", "visible": True, "labels": ["sad", "happy"]}]
    assert sorted(inspector.get_sequence_names()) == ["item_id_seq", "maker_id_seq", "screw_id_seq"]
    assert inspector.has_table("note", schema="other") and not inspector.has_table("note")
    assert "other" in inspector.get_schema_names()
    with engine.begin() as connection:
        connection.execute(text("create view dear as select id, title from item where price > 10"))
        connection.execute(text("create materialized view counted as select count(*) as n from item"))
    inspector = inspect(engine)
    assert inspector.get_view_names() == ["dear"] and inspector.get_materialized_view_names() == ["counted"]
    assert "price > " in inspector.get_view_definition("dear")
    assert [column["name"] for column in inspector.get_columns("dear")] == ["id", "title"]
    did("reflection of all tables: types, keys, indexes, checks, enums, sequences, comments, identity, views")
    with engine.begin() as connection:
        connection.execute(text("drop view dear"))
        connection.execute(text("drop materialized view counted"))
    found.remove(found.tables["alembic_version"])
    with engine.begin() as connection:
        found.drop_all(connection)
        found.create_all(connection)
        assert differences(connection, wanted) == []
    did("tables made again from what was reflected show no difference")


def rows(engine):
    found = MetaData()
    found.reflect(engine)
    maker, item, part = (found.tables[name] for name in ["maker", "item", "part"])
    with engine.begin() as connection:
        ids = connection.execute(
            insert(maker).returning(maker.c.id, sort_by_parameter_order=True), [{"name": f"m{n}"} for n in range(1500)]
        ).scalars().all()
        assert len(ids) == 1500 and ids == sorted(ids)
        connection.execute(insert(item), [{"maker_id": id, "title": f"t{id}", "price": id} for id in ids])
        number = connection.execute(select(item.c.id).where(item.c.title == f"t{ids[3]}")).scalar_one()
        values = {
            "item_id": number, "number": 1, "tags": ["a", None], "grid": [[1, 2], [3, 4]], "document": {"a": [1]},
            "bits": "1010", "raw": b"\x00\xff",
        }
        connection.execute(insert(part), values)
        row = connection.execute(select(part)).mappings().one()
        assert all(row[name] == value for name, value in values.items() if name != "bits"), row
        try:
            with connection.begin_nested():
                connection.execute(insert(maker), {"name": "m1"})
            raise AssertionError("a unique violation expected")
        except IntegrityError as error:
            assert error.orig.diag.constraint_name == "maker_name_key", error.orig.diag.constraint_name
        assert connection.execute(select(maker.c.id).with_for_update(skip_locked=True)).fetchall()
        streamed = connection.execution_options(yield_per=100).execute(select(item.c.id))
        assert sum(len(block) for block in streamed.partitions()) == 1500
    did("insertmanyvalues with RETURNING in order, savepoints, server-side cursors, constraint names in errors")


def main(url):
    tool("SQLAlchemy", f"{sqlalchemy.__version__}, Alembic {alembic.__version__}")
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with tempfile.TemporaryDirectory() as folder:
        migrations(engine, pathlib.Path(folder))
        reflection(engine)
        rows(engine)
        with engine.connect() as connection:
            config = configuration(pathlib.Path(folder), connection, models.before())
            command.downgrade(config, "base")
            connection.commit()
            names = inspect(connection).get_table_names()
            assert names == ["alembic_version"], names
        did("downgrade to base drops everything")


main(sys.argv[1])
