// Sequelize: sync, the query interface, associations, transactions: node sequelize.js URL, an empty database.
const { assert, tool, did, refused, run } = require('./report');
const { Sequelize, DataTypes, Op, Transaction } = require('sequelize');

function models(sequelize, wide) {
  const Maker = sequelize.define('Maker', {
    name: { type: DataTypes.STRING(wide ? 80 : 40), allowNull: false },
    mood: { type: DataTypes.ENUM(...(wide ? ['sad', 'happy', 'calm'] : ['sad', 'happy'])), defaultValue: 'happy' },
    ...(wide ? { country: DataTypes.STRING(2) } : {}),
  }, { paranoid: true, indexes: [{ fields: ['name'], unique: true }] });
  const Item = sequelize.define('Item', {
    key: { type: DataTypes.UUID, defaultValue: DataTypes.UUIDV4, primaryKey: true },
    title: { type: DataTypes.TEXT, allowNull: false },
    price: { type: DataTypes.DECIMAL(10, 2), defaultValue: 0 },
    stock: { type: DataTypes.INTEGER, defaultValue: 0, comment: 'on the shelf' },
    big: DataTypes.BIGINT,
    weight: DataTypes.DOUBLE,
    flag: { type: DataTypes.BOOLEAN, defaultValue: true },
    day: DataTypes.DATEONLY,
    raw: DataTypes.BLOB,
    details: DataTypes.JSONB,
    tags: DataTypes.ARRAY(DataTypes.TEXT),
    during: DataTypes.RANGE(DataTypes.DATE),
    ip: DataTypes.INET,
    version: { type: DataTypes.INTEGER, defaultValue: 0 },
  }, {
    version: true,
    indexes: [
      { fields: ['title', { name: 'price', order: 'DESC' }] },
      { fields: ['details'], using: 'gin' },
      { fields: ['stock'], where: { flag: true }, name: 'item_in_stock' },
    ],
  });
  const Tag = sequelize.define('Tag', { name: DataTypes.STRING }, { timestamps: false });
  Maker.hasMany(Item, { foreignKey: { name: 'makerId', allowNull: false }, onDelete: 'CASCADE' });
  Item.belongsTo(Maker, { foreignKey: 'makerId' });
  Item.belongsToMany(Tag, { through: 'ItemTag' });
  Tag.belongsToMany(Item, { through: 'ItemTag' });
  return { Maker, Item, Tag };
}

async function main(url) {
  tool('Sequelize', 'sequelize');
  const first = new Sequelize(url, { logging: false });
  await first.authenticate();
  models(first, false);
  await first.sync({ force: true });
  await first.sync();
  await first.close();
  const sequelize = new Sequelize(url, { logging: false });
  const { Maker, Item, Tag } = models(sequelize, true);
  await sequelize.sync({ alter: true });
  await sequelize.sync({ alter: true });
  did('sync with force, and with alter to wider types, a new column and a new label of an enum');

  const schema = sequelize.getQueryInterface();
  const described = await schema.describeTable('Makers');
  assert.strictEqual(described.name.type, 'CHARACTER VARYING(80)');
  assert.deepStrictEqual(described.mood.special, ['sad', 'happy', 'calm']);
  const item = await schema.describeTable('Items');
  assert.deepStrictEqual([item.key.primaryKey, item.stock.comment], [true, 'on the shelf']);
  const indexes = Object.fromEntries((await schema.showIndex('Items')).map((index) => [index.name, index]));
  assert.deepStrictEqual(indexes.items_title_price.fields.map((field) => field.attribute), ['title', 'price']);
  assert.ok(indexes.Items_pkey.primary && indexes.Items_pkey.unique);
  const [key] = await schema.getForeignKeyReferencesForTable('Items');
  assert.deepStrictEqual([key.columnName, key.referencedTableName, key.referencedColumnName], ['makerId', 'Makers', 'id']);
  const tables = (await schema.showAllTables()).map((table) => table.tableName || table).sort();
  assert.deepStrictEqual(tables, ['ItemTag', 'Items', 'Makers', 'Tags']);
  did('describeTable, showIndex, showAllTables, foreign keys');
  await schema.addColumn('Tags', 'extra', { type: DataTypes.INTEGER, defaultValue: 5, allowNull: false });
  await schema.changeColumn('Tags', 'extra', { type: DataTypes.BIGINT, allowNull: true });
  await schema.renameColumn('Tags', 'extra', 'more');
  await schema.addIndex('Tags', ['more'], { unique: false, name: 'tag_more', concurrently: true });
  await schema.addConstraint('Tags', { fields: ['name'], type: 'unique', name: 'tag_name' });
  await schema.addConstraint('Tags', { fields: ['more'], type: 'check', name: 'tag_check', where: { more: { [Op.gt]: 0 } } });
  await schema.removeConstraint('Tags', 'tag_check');
  await schema.removeIndex('Tags', 'tag_more');
  await schema.removeColumn('Tags', 'more');
  did('the query interface: columns, indexes, constraints added, changed, renamed, removed');

  const maker = await Maker.create({ name: 'm', Items: [{ title: 'one', price: 1.5, Tags: [{ name: 'a' }, { name: 'b' }] }] },
    { include: [{ model: Item, include: [Tag] }] });
  const made = await Item.bulkCreate(Array.from({ length: 50 }, (_, n) => ({
    makerId: maker.id, title: `t${n}`, stock: n, big: `${2n ** 40n}`, raw: Buffer.from([0, n]), tags: ['x', `it's ${n}`],
    details: { n, deep: { list: [n] } }, day: '2024-02-29', during: [new Date(0), new Date(1000)], ip: '10.0.0.1',
  })));
  const seven = await Item.findOne({ where: { title: 't7' }, include: Maker });
  assert.deepStrictEqual([seven.tags, seven.details.deep.list, seven.day, seven.big, seven.Maker.name],
    [['x', "it's 7"], [7], '2024-02-29', '1099511627776', 'm']);
  assert.deepStrictEqual(seven.raw, Buffer.from([0, 7]));
  assert.strictEqual(seven.during[1].value.getTime(), 1000);
  const { rows, count } = await Item.findAndCountAll({
    where: { 'details.n': 9, tags: { [Op.overlap]: ["it's 9"] }, title: { [Op.iLike]: 'T%' } },
    include: [{ model: Tag, required: false }], limit: 5, order: [['stock', 'DESC NULLS LAST']], distinct: true,
  });
  assert.deepStrictEqual([rows.length, count], [1, 1]);
  const one = await Item.findOne({ where: { title: 'one' }, include: Tag });
  assert.deepStrictEqual(one.Tags.map((tag) => tag.name).sort(), ['a', 'b']);
  const sums = await Item.findAll({
    attributes: ['makerId', [sequelize.fn('sum', sequelize.col('stock')), 'total']], group: ['makerId'],
    having: sequelize.literal('count(*) > 1'), raw: true,
  });
  assert.deepStrictEqual(sums, [{ makerId: maker.id, total: '1225' }]);
  await Maker.upsert({ id: maker.id, name: 'renamed' });
  const [, isNew] = await Maker.findOrCreate({ where: { name: 'renamed' } });
  assert.strictEqual(isNew, false);
  await Item.increment('stock', { by: 3, where: { title: 't7' } });
  assert.strictEqual((await seven.reload()).stock, 10);
  await Item.bulkCreate([{ key: made[0].key, makerId: maker.id, title: 'again' }], { updateOnDuplicate: ['title'] });
  assert.strictEqual((await made[0].reload()).title, 'again');
  did('values of many types, includes, JSON and array conditions, groups, upsert, findOrCreate, increment');

  await sequelize.transaction({ isolationLevel: Transaction.ISOLATION_LEVELS.REPEATABLE_READ }, async (transaction) => {
    await Item.findAll({ lock: transaction.LOCK.UPDATE, skipLocked: true, transaction });
    await Tag.create({ name: 'outer' }, { transaction });
    await refused('23505', sequelize.transaction({ transaction }, (inner) => Tag.create({ name: 'outer' }, { transaction: inner })));
    await Tag.create({ name: 'after' }, { transaction });
  });
  assert.strictEqual(await Tag.count({ where: { name: ['outer', 'after'] } }), 2);
  await refused('23503', Item.create({ makerId: 12345, title: 'none' }));
  const stale = await Item.findByPk(seven.key);
  await seven.update({ title: 'newer' });
  await assert.rejects(stale.update({ title: 'older' }), /OptimisticLock|stale/i);
  await maker.destroy();
  assert.strictEqual(await Maker.count(), 0);
  await maker.restore();
  await maker.destroy({ force: true });
  assert.strictEqual(await Item.count(), 0);
  did('transactions with savepoints, locks, version columns, soft deletion, cascades');
  await schema.dropAllTables();
  assert.deepStrictEqual(await schema.showAllTables(), []);
  await sequelize.close();
}

run(main);
