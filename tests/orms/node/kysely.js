// Kysely: migrations, introspection and queries: node kysely.js URL, an empty database.
const { assert, tool, did, refused, run } = require('./report');
const { Kysely, PostgresDialect, Migrator, sql } = require('kysely');
const { Pool } = require('pg');
const Cursor = require('pg-cursor');

const migrations = {
  first: {
    async up(db) {
      await db.schema.createType('mood').asEnum(['sad', 'happy']).execute();
      await db.schema.createTable('maker')
        .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn('name', 'varchar(40)', (column) => column.notNull().unique())
        .addColumn('feels', sql`mood`, (column) => column.defaultTo('happy'))
        .execute();
      await db.schema.createTable('item')
        .addColumn('id', 'bigserial', (column) => column.primaryKey())
        .addColumn('maker_id', 'integer', (column) => column.references('maker.id').onDelete('cascade').notNull())
        .addColumn('title', 'text', (column) => column.notNull())
        .addColumn('price', 'numeric(10, 2)', (column) => column.defaultTo(0))
        .addColumn('details', 'jsonb')
        .addColumn('tags', sql`text[]`)
        .addColumn('twice', 'numeric', (column) => column.generatedAlwaysAs(sql`price * 2`).stored())
        .addUniqueConstraint('item_of_maker', ['maker_id', 'title'])
        .addCheckConstraint('item_price', sql`price >= 0`)
        .execute();
      await db.schema.createIndex('item_dear').on('item').column('price desc').where('price', '>', 10).execute();
    },
    async down(db) {
      await db.schema.dropTable('item').execute();
      await db.schema.dropTable('maker').execute();
      await db.schema.dropType('mood').execute();
    },
  },
  second: {
    async up(db) {
      const item = db.schema.alterTable('item');
      await item.addColumn('body', 'text').alterColumn('maker_id', (column) => column.dropNotNull()).execute();
      await item.renameColumn('title', 'name').execute();
    },
    async down(db) {
      await db.schema.alterTable('item').renameColumn('name', 'title').execute();
      await db.schema.alterTable('item').dropColumn('body').execute();
    },
  },
};

async function main(url) {
  tool('Kysely', 'kysely');
  const db = new Kysely({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: url, max: 4 }), cursor: Cursor }) });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const migrated = async (promise) => {
    const { error, results } = await promise;
    if (error) throw error;
    return results.map((result) => result.status);
  };
  assert.deepStrictEqual(await migrated(migrator.migrateToLatest()), ['Success', 'Success']);
  assert.deepStrictEqual(await migrated(migrator.migrateToLatest()), []);
  assert.deepStrictEqual(await migrated(migrator.migrateDown()), ['Success']);
  assert.deepStrictEqual(await migrated(migrator.migrateUp()), ['Success']);
  did('migrations under their advisory lock: latest, down, up');
  const shown = (await db.introspection.getTables()).filter((table) => table.schema === 'public');
  const tables = Object.fromEntries(shown.map((table) => [table.name, table]));
  assert.deepStrictEqual(Object.keys(tables), ['item', 'maker']);
  const columns = Object.fromEntries(tables.item.columns.map((column) => [column.name, column]));
  assert.deepStrictEqual([columns.id.isAutoIncrementing, columns.id.dataType, columns.price.hasDefaultValue], [true, 'int8', true]);
  assert.deepStrictEqual([columns.name.isNullable, columns.body.isNullable, columns.tags.dataType], [false, true, '_text']);
  did('introspection of tables and columns');
  const maker = await db.insertInto('maker').values({ name: 'm' }).returningAll().executeTakeFirstOrThrow();
  assert.strictEqual(maker.feels, 'happy');
  await db.insertInto('item').values(Array.from({ length: 100 }, (_, n) => (
    { maker_id: maker.id, name: `i${n}`, price: n, tags: ['a', `${n}`], details: JSON.stringify({ n: { list: [n] } }) }))).execute();
  await db.insertInto('item').values({ maker_id: maker.id, name: 'i1', price: 50 })
    .onConflict((conflict) => conflict.columns(['maker_id', 'name']).doUpdateSet((of) => ({ price: of.ref('excluded.price') }))).execute();
  const rows = await db.selectFrom('item').innerJoin('maker', 'maker.id', 'item.maker_id')
    .select(['item.name', 'item.twice', (of) => of.fn.agg('rank').over((over) => over.orderBy('item.price', 'desc')).as('place')])
    .where(sql`${'99'} = any(tags)`).execute();
  assert.deepStrictEqual(rows, [{ name: 'i99', twice: '198.00', place: '1' }]);
  const list = await db.selectFrom('item').select((of) => of.ref('details', '->').key('n').key('list').at(0).as('first'))
    .where('name', '=', 'i7').executeTakeFirstOrThrow();
  assert.strictEqual(list.first, 7);
  const merged = await db.mergeInto('item').using('maker', 'maker.id', 'item.maker_id').whenMatched()
    .thenUpdateSet({ body: 'seen' }).executeTakeFirstOrThrow();
  assert.strictEqual(merged.numChangedRows, 100n);
  let streamed = 0;
  for await (const row of db.selectFrom('item').select('id').stream(10)) streamed += row ? 1 : 0;
  assert.strictEqual(streamed, 100);
  did('upsert, windows, JSON paths, MERGE, cursors');
  const transaction = await db.startTransaction().setIsolationLevel('repeatable read').execute();
  await transaction.insertInto('maker').values({ name: 'outer' }).execute();
  const nested = await transaction.savepoint('nested').execute();
  await refused('23505', nested.insertInto('maker').values({ name: 'outer' }).execute());
  await nested.rollbackToSavepoint('nested').execute();
  await transaction.selectFrom('maker').selectAll().forUpdate().skipLocked().execute();
  await transaction.commit().execute();
  assert.strictEqual((await db.selectFrom('maker').select('name').execute()).length, 2);
  await refused('23514', db.insertInto('item').values({ maker_id: maker.id, name: 'x', price: -1 }).execute());
  did('transactions, savepoints, locks, refusals by SQLSTATE');
  await db.destroy();
}

run(main);
