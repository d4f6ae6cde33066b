// Drizzle: generated migrations, drizzle-kit's pull and push, queries: node drizzle.js URL, an empty database.
const { assert, tool, did, refused, run } = require('./report');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { drizzle } = require('drizzle-orm/node-postgres');
const { migrate } = require('drizzle-orm/node-postgres/migrator');
const { eq, sql, arrayContains, desc } = require('drizzle-orm');
const { Pool } = require('pg');
const schema = require('./drizzle_schema');

async function main(url) {
  tool('Drizzle', 'drizzle-orm');
  const packages = process.env.NODE_PATH;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'drizzle-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true }));
  fs.symlinkSync(packages, path.join(folder, 'node_modules'));
  fs.copyFileSync(path.join(__dirname, 'drizzle_schema.js'), path.join(folder, 'schema.js'));
  const kit = (...words) => execFileSync(process.execPath, [path.join(packages, 'drizzle-kit/bin.cjs'), ...words],
    { cwd: folder, encoding: 'utf8', timeout: 60000, stdio: ['ignore', 'pipe', 'pipe'] });
  kit('generate', '--dialect', 'postgresql', '--schema', './schema.js', '--out', './made', '--name', 'first');
  const pool = new Pool({ connectionString: url, max: 3 });
  const db = drizzle(pool, { schema });
  await migrate(db, { migrationsFolder: path.join(folder, 'made') });
  await migrate(db, { migrationsFolder: path.join(folder, 'made') });
  did('drizzle-kit generate, and its migrations once');
  kit('pull', '--dialect', 'postgresql', '--url', url, '--out', './pulled');
  const pulled = fs.readFileSync(path.join(folder, 'pulled/schema.ts'), 'utf8');
  for (const part of ['pgEnum("mood", [\'sad\', \'happy\'])', 'pgView("dear"', 'generatedAlwaysAsIdentity({ name: "maker_id_seq", startWith: 100',
    'uuid().defaultRandom().primaryKey().notNull()', 'numeric({ precision: 10, scale:  2 }).default(\'0\')', 'jsonb().default({})',
    'text().array()', 'uniqueIndex("item_of_maker")', 'index("item_dear")', 'check("item_price"', 'onDelete("cascade")',
    'unique("maker_name_unique")', 'bigserial({ mode: "bigint" }).notNull()']) {
    assert.ok(pulled.includes(part), `${part} is not in\n${pulled}`);
  }
  did('drizzle-kit pull: enums, views, identity, defaults, arrays, indexes, checks, keys');
  const pushed = kit('push', '--dialect', 'postgresql', '--schema', './schema.js', '--url', url, '--force');
  assert.match(pushed, /No changes detected|Changes applied/);
  did('drizzle-kit push');
  const [maker] = await db.insert(schema.maker).values({ name: 'm' }).returning();
  assert.deepStrictEqual(maker, { id: 100, name: 'm', feels: 'happy' });
  await db.insert(schema.item).values(Array.from({ length: 50 }, (_, n) => (
    { makerId: maker.id, title: `t${n}`, price: `${n}`, tags: ['a', `it's ${n}`], details: { n }, day: '2024-02-29' })));
  await db.insert(schema.item).values({ makerId: maker.id, title: 't1', price: '70' })
    .onConflictDoUpdate({ target: [schema.item.makerId, schema.item.title], set: { price: sql`excluded.price` } });
  const rows = await db.select({ title: schema.item.title, twice: schema.item.twice, name: schema.maker.name }).from(schema.item)
    .innerJoin(schema.maker, eq(schema.maker.id, schema.item.makerId)).orderBy(desc(schema.item.price)).limit(2);
  assert.deepStrictEqual(rows, [{ title: 't1', twice: '140.00', name: 'm' }, { title: 't49', twice: '98.00', name: 'm' }]);
  const seven = await db.query.item.findFirst({ where: arrayContains(schema.item.tags, ["it's 7"]) });
  assert.deepStrictEqual([seven.details, seven.day, seven.tags], [{ n: 7 }, '2024-02-29', ['a', "it's 7"]]);
  assert.strictEqual(await db.$count(schema.item), 50);
  assert.strictEqual((await db.select().from(schema.dear)).length, 50);
  did('insert, upsert, joins, relational queries, arrays, views');
  await db.transaction(async (outer) => {
    await outer.insert(schema.maker).values({ name: 'outer' });
    await refused('23505', outer.transaction((inner) => inner.insert(schema.maker).values({ name: 'outer' })));
    await outer.select().from(schema.maker).for('update', { skipLocked: true });
  }, { isolationLevel: 'repeatable read' });
  assert.strictEqual(await db.$count(schema.maker), 2);
  await refused('23514', db.insert(schema.item).values({ makerId: maker.id, title: 'x', price: '-1' }));
  did('nested transactions, locks, refusals by SQLSTATE');
  await pool.end();
}

run(main);
