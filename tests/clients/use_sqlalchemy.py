"""SQLAlchemy with psycopg: python use_sqlalchemy.py URL; ends with a code other than 0 on any deviation."""

import sys

from sqlalchemy import ForeignKey, Numeric, String, create_engine, exc, func, inspect, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "client_owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    things: Mapped[list["Thing"]] = relationship(back_populates="owner", cascade="all, delete-orphan")


class Thing(Base):
    __tablename__ = "client_thing"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("client_owner.id"), index=True)
    price: Mapped[float] = mapped_column(Numeric(10, 2))
    owner: Mapped[Owner] = relationship(back_populates="things")


def main(url):
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Owner(name=f"o{n}", things=[Thing(price=n), Thing(price=2 * n)]) for n in range(50))
        session.commit()
        total = session.scalar(select(func.sum(Thing.price)))
        assert total == 3 * sum(range(50)), total
        owner = session.scalars(select(Owner).where(Owner.name == "o7")).one()
        assert sorted(thing.price for thing in owner.things) == [7, 14]
        owner.name = "seven"
        session.commit()
        session.delete(owner)
        session.commit()
        assert session.scalar(select(func.count()).select_from(Thing)) == 98
        session.add(Owner(name="o8"))
        try:
            session.commit()
            raise AssertionError("a unique violation expected")
        except exc.IntegrityError as error:
            assert error.orig.sqlstate == "23505", error
        session.rollback()
        try:
            session.execute(select(Thing).where(func.nothing_of_this_name(Thing.id) == 1))
            raise AssertionError("an undefined function expected")
        except exc.ProgrammingError as error:
            assert error.orig.sqlstate == "42883", error
        session.rollback()
        with session.begin_nested() as nested:
            session.add(Owner(name="nested"))
            session.flush()
            nested.rollback()
        session.commit()
        assert session.scalar(select(Owner).where(Owner.name == "nested")) is None
    seen = inspect(engine)
    assert {"client_owner", "client_thing"} <= set(seen.get_table_names())
    assert seen.get_pk_constraint("client_owner")["constrained_columns"] == ["id"]
    key = seen.get_foreign_keys("client_thing")[0]
    assert (key["referred_table"], key["constrained_columns"]) == ("client_owner", ["owner_id"]), key
    columns = {column["name"]: str(column["type"]) for column in seen.get_columns("client_thing")}
    assert columns["price"] == "NUMERIC(10, 2)", columns
    assert seen.get_indexes("client_thing")[0]["column_names"] == ["owner_id"]
    assert seen.get_unique_constraints("client_owner")[0]["column_names"] == ["name"]
    Base.metadata.drop_all(engine)
    assert not inspect(engine).has_table("client_thing")


main(sys.argv[1])
