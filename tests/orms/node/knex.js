// Knex: migrations, the schema builder and queries: node knex.js URL, an empty database.
const { assert, tool, did, refused, run } = require('./report');
const makeKnex = require('knex');

const migrations = {
  '1_first': {
    async up(knex) {
      await knex.schema.createSchema('other');
      await knex.schema.createTable('maker', (table) => {
        table.increments('id');
        table.string('name', 40).notNullable().unique();
        table.enu('mood', ['sad', 'happy'], { useNative: true, enumName: 'mood' }).defaultTo('happy');
        table.comment('who makes');
      });
      await knex.schema.createTable('item', (table) => {
        table.bigIncrements('id');
        table.integer('maker_id').notNullable().references('maker.id').onDelete('CASCADE');
        table.string('title').notNullable().index();
        table.decimal('price', 10, 2).defaultTo(0).checkPositive('item_price');
        table.jsonb('details').defaultTo('{}');
        table.specificType('tags', 'text[]');
        table.uuid('key').defaultTo(knex.raw('gen_random_uuid()'));
        table.timestamps(true, true);
        table.enu('size', ['s', 'l']);
        table.unique(['maker_id', 'title'], { indexName: 'item_of_maker' });
      });
      await knex.schema.withSchema('other').createTable('note', (table) => {
        table.uuid('id').primary();
        table.binary('raw');
        table.date('day');
        table.float('weight');
        table.boolean('flag').defaultTo(true);
      });
    },
    async down(knex) {
      await knex.schema.withSchema('other').dropTable('note');
      await knex.schema.dropTable('item').dropTable('maker').dropSchema('other');
      await knex.raw('drop type mood');
    },
  },
  '2_second': {
    async up(knex) {
      await knex.schema.alterTable('item', (table) => {
        table.renameColumn('title', 'name');
        table.decimal('price', 12, 3).notNullable().defaultTo(1).alter();
        table.text('body');
        table.dropColumn('size');
        table.index(['price', 'name'], 'item_by_price', { predicate: knex.whereNotNull('price') });
      });
      await knex.schema.alterTable('maker', (table) => {
        table.string('name', 80).notNullable().alter();
        table.setNullable('name');
      });
      await knex.schema.renameTable('maker', 'producer');
      await knex.schema.createView('dear', (view) => {
        view.columns(['id', 'name']);
        view.as(knex('item').select('id', 'name').where('price', '>', 10));
      });
      await knex.schema.createMaterializedView('counted', (view) => view.as(knex('item').count('* as n')));
    },
    async down(knex) {
      await knex.schema.dropMaterializedView('counted').dropView('dear');
      await knex.schema.renameTable('producer', 'maker');
      await knex.schema.alterTable('maker', (table) => table.dropNullable('name'));
      await knex.schema.alterTable('item', (table) => {
        table.dropIndex([], 'item_by_price');
        table.dropColumn('body');
        table.renameColumn('name', 'title');
        table.enu('size', ['s', 'l']);
      });
    },
  },
};

const source = {
  getMigrations: async () => Object.keys(migrations),
  getMigrationName: (name) => name,
  getMigration: async (name) => migrations[name],
};

async function main(url) {
  tool('Knex', 'knex');
  const knex = makeKnex({ client: 'pg', connection: url, pool: { min: 0, max: 5 }, migrations: { migrationSource: source } });
  const [batch, done] = await knex.migrate.latest();
  assert.deepStrictEqual([batch, done], [1, ['1_first', '2_second']]);
  assert.deepStrictEqual((await knex.migrate.latest())[1], []);
  await knex.migrate.rollback();
  assert.ok(!(await knex.schema.hasTable('item')));
  await knex.migrate.up();
  await knex('maker').insert({ name: 'kept' });
  await knex.migrate.up();
  await knex.migrate.down();
  await knex.migrate.latest();
  assert.strictEqual((await knex('producer').first()).name, 'kept');
  const [finished, open] = await knex.migrate.list();
  assert.deepStrictEqual([finished.length, open.length], [2, 0]);
  did('migrations: latest, rollback, up, down, list, with their lock');
  assert.ok(await knex.schema.hasTable('producer'));
  assert.ok(await knex.schema.hasColumn('item', 'name'));
  const info = await knex('item').columnInfo();
  assert.deepStrictEqual(info.price, { type: 'numeric', maxLength: null, nullable: false, defaultValue: "'1'::numeric" });
  assert.strictEqual(info.name.maxLength, 255);
  did('hasTable, hasColumn, columnInfo');

  const [maker] = await knex('producer').insert({ name: 'm' }).returning('*');
  assert.strictEqual(maker.mood, 'happy');
  const rows = Array.from({ length: 500 }, (_, n) => ({ maker_id: maker.id, name: `i${n}`, price: n + 1, tags: ['a', `${n}`] }));
  await knex.batchInsert('item', rows, 100);
  await knex('item').insert({ maker_id: maker.id, name: 'i1', price: 7 }).onConflict(['maker_id', 'name']).merge(['price']);
  await knex('item').insert({ maker_id: maker.id, name: 'i1' }).onConflict().ignore();
  assert.strictEqual((await knex('item').where({ name: 'i1' }).first()).price, '7.000');
  await knex('item').where('price', '>', 400).update({ details: JSON.stringify({ a: { b: [1, 2] } }) });
  const found = await knex('item').whereJsonPath('details', '$.a.b[0]', '=', 1).whereRaw('? = any(tags)', ['450']);
  assert.deepStrictEqual(found.map((row) => row.name), ['i450']);
  const grouped = await knex('item').join('producer', 'producer.id', 'item.maker_id').groupBy('producer.name')
    .select('producer.name').sum('price as total').count('* as n').having(knex.raw('count(*)'), '>', 1);
  assert.deepStrictEqual(grouped, [{ name: 'm', total: '125255.000', n: '500' }]);
  const ranked = await knex.with('top', knex('item').select('name').rank('place', (over) => over.orderBy('price', 'desc')))
    .from('top').where('place', '<=', 2).select().orderBy('place');
  assert.deepStrictEqual(ranked.map((row) => row.name), ['i499', 'i498']);
  let streamed = 0;
  for await (const row of knex('item').select('id').stream()) streamed += row ? 1 : 0;
  assert.strictEqual(streamed, 500);
  did('batches, upserts, JSON paths, joins, common tables, windows');
  await knex.transaction(async (outer) => {
    await outer('producer').insert({ name: 'outer' });
    await refused('23505', outer.transaction((inner) => inner('producer').insert({ name: 'outer' })));
    await outer('producer').where({ name: 'outer' }).forUpdate().first();
    await outer('producer').where({ name: 'outer' }).forUpdate().skipLocked().first();
  });
  assert.ok(await knex('producer').where({ name: 'outer' }).first());
  await refused('23514', knex('item').insert({ maker_id: maker.id, name: 'x', price: -1 }));
  await refused('23503', knex('item').insert({ maker_id: 0, name: 'x' }));
  did('nested transactions, FOR UPDATE, refusals by SQLSTATE');
  await knex.schema.refreshMaterializedView('counted');
  assert.deepStrictEqual(await knex('counted'), [{ n: '500' }]);
  await knex.migrate.rollback(undefined, true);
  assert.ok(!(await knex.schema.hasTable('producer')));
  did('views and materialized views; all undone');
  await knex.destroy();
}

run(main);
