// TypeORM: synchronize, generated migrations, relations: node typeorm.js URL, an empty database.
require('reflect-metadata');
const { assert, tool, did, refused, run } = require('./report');
const { DataSource, EntitySchema, In, Raw } = require('typeorm');

function entities(wide) {
  const Maker = new EntitySchema({
    name: 'Maker', tableName: 'maker', columns: {
      id: { type: 'int', primary: true, generated: 'increment' },
      name: { type: 'varchar', length: wide ? 80 : 40, unique: true, comment: 'as on the label' },
      feels: { type: 'enum', enum: wide ? ['sad', 'happy', 'calm'] : ['sad', 'happy'], default: 'happy' },
      ...(wide ? { country: { type: 'char', length: 2, nullable: true } } : {}),
    },
    relations: { items: { type: 'one-to-many', target: 'Item', inverseSide: 'maker', cascade: true } },
  });
  const Item = new EntitySchema({
    name: 'Item', tableName: 'item', columns: {
      id: { type: 'uuid', primary: true, generated: 'uuid' },
      title: { type: 'text' },
      price: { type: 'numeric', precision: 10, scale: 2, default: 0 },
      details: { type: 'jsonb', default: {} },
      tags: { type: 'text', array: true, nullable: true },
      made: { type: 'timestamptz', createDate: true },
      changed: { type: 'timestamptz', updateDate: true },
      gone: { type: 'timestamptz', deleteDate: true, nullable: true },
      version: { type: 'int', version: true },
      twice: { type: 'numeric', asExpression: 'price * 2', generatedType: 'STORED', nullable: true },
    },
    relations: {
      maker: { type: 'many-to-one', target: 'Maker', inverseSide: 'items', onDelete: 'CASCADE', nullable: false },
      labels: { type: 'many-to-many', target: 'Label', joinTable: true, cascade: true },
    },
    indices: [{ name: 'item_dear', columns: ['price'], where: 'price > 10' }],
    uniques: [{ name: 'item_title', columns: ['title', 'maker'] }],
    checks: [{ name: 'item_price', expression: 'price >= 0' }],
  });
  const Label = new EntitySchema({
    name: 'Label', tableName: 'label', columns: { id: { type: 'bigint', primary: true, generated: 'identity' }, name: { type: 'varchar' } },
  });
  return [Maker, Item, Label];
}

async function main(url) {
  tool('TypeORM', 'typeorm');
  const open = (wide) => new DataSource({ type: 'postgres', url, uuidExtension: 'pgcrypto', entities: entities(wide), logging: false }).initialize();
  const first = await open(false);
  await first.synchronize();
  const again = await first.driver.createSchemaBuilder().log();
  assert.deepStrictEqual(again.upQueries.map((query) => query.query), []);
  await first.destroy();
  const source = await open(true);
  const changes = await source.driver.createSchemaBuilder().log();
  assert.ok(changes.upQueries.length >= 3);
  await source.synchronize();
  const left = await source.driver.createSchemaBuilder().log();
  assert.deepStrictEqual(left.upQueries.map((query) => query.query), []);
  did('synchronize, and again after changes: wider types, a column, a label of an enum; no difference is left');
  const runner = source.createQueryRunner();
  const table = await runner.getTable('item');
  assert.deepStrictEqual(table.foreignKeys.map((key) => [key.columnNames[0], key.onDelete]), [['makerId', 'CASCADE']]);
  assert.deepStrictEqual(table.checks.map((check) => check.name), ['item_price']);
  assert.ok(table.findColumnByName('twice').generatedType === 'STORED' && await runner.hasColumn('maker', 'country'));
  await runner.release();
  did('the query runner reads tables, keys, checks, generated columns');
  const makers = source.getRepository('Maker');
  const items = source.getRepository('Item');
  const maker = await makers.save({ name: 'm', items: Array.from({ length: 40 }, (_, n) => (
    { title: `t${n}`, price: n, details: { n }, tags: ['a', `${n}`], labels: n ? [] : [{ name: 'x' }, { name: 'y' }] })) });
  const loaded = await makers.findOne({ where: { id: maker.id }, relations: { items: { labels: true } }, order: { items: { price: 'ASC' } } });
  assert.deepStrictEqual([loaded.items.length, loaded.items[0].labels.length, loaded.items[3].twice], [40, 2, '6.00']);
  const some = await items.find({ where: { title: In(['t1', 't2']), tags: Raw((column) => `${column} @> :tags`, { tags: ['2'] }) } });
  assert.deepStrictEqual(some.map((item) => item.details), [{ n: 2 }]);
  const [page, total] = await items.findAndCount({ relations: { maker: true }, skip: 5, take: 10, order: { price: 'DESC' } });
  assert.deepStrictEqual([page.length, total, page[0].title], [10, 40, 't34']);
  const grouped = await items.createQueryBuilder('i').leftJoin('i.maker', 'm').select('m.name', 'name').addSelect('sum(i.price)', 'total')
    .groupBy('m.name').having('count(*) > 1').getRawMany();
  assert.deepStrictEqual(grouped, [{ name: 'm', total: '780.00' }]);
  await makers.upsert({ name: 'm', country: 'de' }, ['name']);
  assert.strictEqual((await makers.findOneBy({ name: 'm' })).country, 'de');
  some[0].title = 'changed';
  await items.save(some[0]);
  assert.strictEqual((await items.findOneBy({ id: some[0].id })).version, 2);
  await items.softDelete(some[0].id);
  assert.strictEqual(await items.count(), 39);
  did('relations, pages, arrays, JSON, groups, upsert, versions, soft deletion');
  await source.transaction('REPEATABLE READ', async (outer) => {
    await outer.save('Maker', { name: 'outer' });
    await refused('23505', outer.transaction((inner) => inner.insert('Maker', { name: 'outer' })));
    await outer.findOne('Item', { where: { title: 't1' }, lock: { mode: 'pessimistic_write' } });
  });
  assert.ok(await makers.findOneBy({ name: 'outer' }));
  await refused('23514', items.save({ title: 'x', price: -1, maker }));
  did('nested transactions, locks, refusals by SQLSTATE');
  await source.dropDatabase();
  await source.destroy();
}

run(main);
