"""Tables of many kinds for SQLAlchemy and Alembic: `before` is what the first migration makes, `after` the second."""

import enum

from sqlalchemy import (
    ARRAY, BigInteger, Boolean, CheckConstraint, Column, Computed, Date, DateTime, Enum, ForeignKey,
    ForeignKeyConstraint, Identity, Index, Integer, Interval, LargeBinary, MetaData, Numeric, SmallInteger, String, Table,
    Text, Time, UniqueConstraint, Uuid, func, text,
)
from sqlalchemy.dialects.postgresql import BIT, CIDR, DOUBLE_PRECISION, INET, INT4RANGE, JSON, JSONB, MACADDR, TSTZRANGE, TSVECTOR


class Mood(enum.Enum):
    sad = 1
    happy = 2


mood = Enum(Mood, name="mood")


def before():
    metadata = MetaData()
    Table(
        "maker", metadata,
        Column("id", Integer, Identity(always=True, start=100), primary_key=True),
        Column("name", String(40), nullable=False, unique=True),
        Column("feels", mood, server_default="happy"),
        comment="who makes things",
    )
    Table(
        "item", metadata,
        Column("id", BigInteger, primary_key=True),
        Column("maker_id", ForeignKey("maker.id", ondelete="CASCADE", name="item_maker"), nullable=False),
        Column("title", String(50), nullable=False, comment="as shown"),
        Column("price", Numeric(10, 2), server_default="0", nullable=False),
        Column("old", Integer),
        Column("made", DateTime(timezone=True), server_default=func.now()),
        CheckConstraint("price >= 0", name="item_price"),
        Index("item_title", "title"),
    )
    return metadata


def after():
    metadata = MetaData()
    Table(
        "maker", metadata,
        Column("id", Integer, Identity(always=True, start=100), primary_key=True),
        Column("name", String(80), nullable=False, unique=True),
        Column("feels", mood, server_default="happy"),
        Column("country", String(2)),
        comment="who makes the things",
    )
    Table(
        "item", metadata,
        Column("id", BigInteger, primary_key=True),
        Column("maker_id", ForeignKey("maker.id", ondelete="SET NULL", onupdate="CASCADE", name="item_maker")),
        Column("title", Text, nullable=False, comment="as printed"),
        Column("price", Numeric(12, 3), server_default="1", nullable=False),
        Column("made", DateTime(timezone=True), server_default=func.now(), nullable=False),
        CheckConstraint("price >= 0", name="item_price"),
        UniqueConstraint("maker_id", "title", name="item_of_maker"),
        Index("item_by_price", text("price DESC"), "made", postgresql_where=text("price > 10")),
        Index("item_lower", func.lower(Column("title", Text)), unique=True),
        Index("item_covers", "made", postgresql_include=["price"]),
    )
    Table(
        "part", metadata,
        Column("item_id", BigInteger, ForeignKey("item.id", deferrable=True, initially="DEFERRED"), primary_key=True),
        Column("number", SmallInteger, primary_key=True, autoincrement=False),
        Column("flag", Boolean, server_default=text("true")),
        Column("weight", DOUBLE_PRECISION(53)),
        Column("day", Date),
        Column("clock", Time),
        Column("lasts", Interval),
        Column("raw", LargeBinary),
        Column("key", Uuid),
        Column("document", JSONB, server_default=text("'{}'::jsonb")),
        Column("plain", JSON),
        Column("tags", ARRAY(Text)),
        Column("grid", ARRAY(Integer)),
        Column("ip", INET),
        Column("net", CIDR),
        Column("mac", MACADDR),
        Column("bits", BIT(4)),
        Column("numbers", INT4RANGE),
        Column("during", TSTZRANGE),
        Column("words", TSVECTOR),
        Index("part_document", "document", postgresql_using="gin"),
        Index("part_tags", "tags", postgresql_using="gin"),
    )
    Table(
        "screw", metadata,
        Column("id", Integer, primary_key=True),
        Column("item_id", BigInteger),
        Column("number", SmallInteger),
        Column("doubled", Integer, Computed("number * 2", persisted=True)),
        ForeignKeyConstraint(["item_id", "number"], ["part.item_id", "part.number"], name="screw_part"),
    )
    Table(
        "note", metadata,
        Column("id", Integer, Identity(), primary_key=True),
        Column("body", Text, server_default=text("'it''s'::text")),
        schema="other",
    )
    return metadata
