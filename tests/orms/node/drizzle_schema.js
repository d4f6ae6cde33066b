// Tables for drizzle.js, which pushes them and pulls them back with drizzle-kit.
const d = require('drizzle-orm/pg-core');
const { sql } = require('drizzle-orm');

const mood = d.pgEnum('mood', ['sad', 'happy']);
const maker = d.pgTable('maker', {
  id: d.integer().primaryKey().generatedAlwaysAsIdentity({ startWith: 100 }),
  name: d.varchar({ length: 40 }).notNull().unique(),
  feels: mood().default('happy'),
});
const item = d.pgTable('item', {
  id: d.uuid().primaryKey().defaultRandom(),
  makerId: d.integer('maker_id').notNull().references(() => maker.id, { onDelete: 'cascade' }),
  title: d.text().notNull(),
  price: d.numeric({ precision: 10, scale: 2 }).default('0'),
  stock: d.bigserial({ mode: 'number' }),
  details: d.jsonb().default({}),
  tags: d.text().array(),
  made: d.timestamp({ withTimezone: true }).defaultNow(),
  day: d.date(),
  twice: d.numeric().generatedAlwaysAs(sql`price * 2`),
}, (table) => [
  d.uniqueIndex('item_of_maker').on(table.makerId, table.title),
  d.index('item_dear').on(table.price.desc()).where(sql`price > 10`),
  d.check('item_price', sql`price >= 0`),
]);
const dear = d.pgView('dear').as((from) => from.select({ id: item.id, title: item.title }).from(item));

module.exports = { mood, maker, item, dear };
