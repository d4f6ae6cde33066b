"""asyncpg as its users use it: python use_asyncpg.py URL; ends with a code other than 0 on any deviation."""

import asyncio
import datetime
import decimal
import sys
import uuid

import asyncpg


async def refused(error, awaitable):
    try:
        await awaitable
    except error:
        return
    raise AssertionError(f"{error.__name__} expected")


async def main(url):
    db = await asyncpg.connect(url)
    await db.execute("drop table if exists client_asyncpg")
    await db.execute(
        "create table client_asyncpg (id serial primary key, name text unique, price numeric, made timestamptz, tag uuid, doc jsonb)"
    )
    tag = uuid.uuid4()
    now = datetime.datetime.now(datetime.timezone.utc)
    number = await db.fetchval(
        "insert into client_asyncpg (name, price, made, tag, doc) values ($1, $2, $3, $4, $5) returning id",
        "one", decimal.Decimal("1.10"), now, tag, '{"a": 1}',
    )
    row = await db.fetchrow("select * from client_asyncpg where id = $1", number)
    assert row["price"] == decimal.Decimal("1.10") and row["made"] == now and row["tag"] == tag, row
    assert row["doc"] == '{"a": 1}', row
    await db.executemany("insert into client_asyncpg (name) values ($1)", [(f"n{n}",) for n in range(200)])
    assert await db.fetchval("select count(*) from client_asyncpg") == 201
    assert await db.execute("update client_asyncpg set price = 2 where name like 'n1%'") == "UPDATE 111"
    found = await db.fetch("select name from client_asyncpg where name = any($1::text[]) order by 1", ["n5", "n6"])
    assert [row["name"] for row in found] == ["n5", "n6"]

    async with db.transaction():
        await db.execute("delete from client_asyncpg where name = 'n1'")
        try:
            async with db.transaction():
                await db.execute("delete from client_asyncpg")
                raise KeyError
        except KeyError:
            pass
        numbers = [row[0] async for row in db.cursor("select id from client_asyncpg order by id", prefetch=7)]
        assert len(numbers) == 200 and numbers == sorted(numbers)
    assert await db.fetchval("select count(*) from client_asyncpg") == 200

    await refused(asyncpg.UniqueViolationError, db.execute("insert into client_asyncpg (name) values ('one')"))
    await refused(asyncpg.UndefinedTableError, db.execute("select * from nothing_of_this_name"))
    await refused(asyncpg.DivisionByZeroError, db.fetchval("select 1 / $1::int", 0))
    await refused(asyncpg.DataError, db.fetchval("select $1::int", "one"))

    copied = await db.copy_records_to_table(
        "client_asyncpg", records=[(f"c{n}", decimal.Decimal(n)) for n in range(500)], columns=["name", "price"]
    )
    assert copied == "COPY 500", copied
    await refused(asyncio.TimeoutError, db.execute("select pg_sleep(60)", timeout=0.5))
    assert await db.fetchval("select 'goes on'") == "goes on"
    types = await db.fetchrow("select $1::int[] as a, $2::interval as b, $3::float8 as c", [1, None, 3], datetime.timedelta(days=1), 2.5)
    assert types["a"] == [1, None, 3] and types["b"] == datetime.timedelta(days=1) and types["c"] == 2.5, types
    await db.execute("drop table client_asyncpg")
    await db.close()

    pool = await asyncpg.create_pool(url, min_size=2, max_size=4)
    async with pool:
        await asyncio.gather(*(pool.fetchval("select $1::int", n) for n in range(50)))


asyncio.run(main(sys.argv[1]))
