// node-postgres as its users use it: node use_node_postgres.js URL; ends with a code other than 0 on any deviation.
const assert = require('node:assert');
const { Client, Pool } = require('pg');

async function refused(code, promise) {
  try {
    await promise;
  } catch (error) {
    assert.strictEqual(error.code, code, error.message);
    return;
  }
  assert.fail(`${code} expected`);
}

async function main(url) {
  const db = new Client({ connectionString: url });
  await db.connect();
  await db.query('drop table if exists client_node');
  await db.query(`create table client_node (id int primary key, name text, price numeric, doc jsonb, made timestamptz, raw bytea)`);
  const made = new Date('2024-02-29T12:34:56.789Z');
  const inserted = await db.query(
    'insert into client_node values ($1, $2, $3, $4, $5, $6) returning *',
    [1, 'one', '12.50', { a: [1, null] }, made, Buffer.from([0, 255])]);
  const row = inserted.rows[0];
  assert.deepStrictEqual(row.doc, { a: [1, null] });
  assert.strictEqual(row.price, '12.50');
  assert.strictEqual(row.made.getTime(), made.getTime());
  assert.deepStrictEqual(row.raw, Buffer.from([0, 255]));
  for (let n = 2; n <= 100; n++) {
    await db.query({ name: 'add', text: 'insert into client_node (id, name) values ($1, $2)', values: [n, `n${n}`] });
  }
  const updated = await db.query('update client_node set price = 1 where id > $1', [50]);
  assert.strictEqual(updated.rowCount, 50);
  const several = await db.query('select 1 as a; select count(*)::int as b from client_node');
  assert.deepStrictEqual(several.map((result) => result.rows[0]), [{ a: 1 }, { b: 100 }]);
  const any = await db.query('select id from client_node where id = any($1) order by id', [[1, 2, 1000]]);
  assert.deepStrictEqual(any.rows, [{ id: 1 }, { id: 2 }]);

  await db.query('begin');
  await db.query('delete from client_node');
  await db.query('rollback');
  await db.query('begin');
  await db.query('delete from client_node where id = 1');
  await refused('22012', db.query('select 1 / 0'));
  await refused('25P02', db.query('select 1'));
  await db.query('rollback');
  const count = await db.query('select count(*)::int as n from client_node');
  assert.strictEqual(count.rows[0].n, 100);

  await refused('23505', db.query("insert into client_node (id) values (1)"));
  await refused('42P01', db.query('select * from nothing_of_this_name'));
  await refused('22P02', db.query('select $1::int', ['one']));
  await refused('42601', db.query('selec 1'));

  const { rows: [{ pid }] } = await db.query('select pg_backend_pid() as pid');
  assert.strictEqual(typeof pid, 'number');
  await db.query("set statement_timeout = '300ms'");
  await refused('57014', db.query('select pg_sleep(60)'));
  await db.query('reset statement_timeout');

  // pg's own cancel: a second client with the first one's key.
  const sleep = refused('57014', db.query('select pg_sleep(60)'));
  let asleep = true;
  sleep.finally(() => { asleep = false; }).catch(() => {});
  while (asleep) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const other = new Client({ connectionString: url });
    const connection = other.connection;
    connection.on('error', () => {});
    connection.connect(db.port, db.host);
    await new Promise((resolve) => {
      connection.on('connect', () => connection.cancel(db.processID, db.secretKey));
      connection.on('end', resolve);
      connection.on('error', resolve);
    });
  }
  await sleep;
  await db.query('drop table client_node');
  await db.end();

  const pool = new Pool({ connectionString: url, max: 4 });
  const results = await Promise.all([...Array(50).keys()].map((n) => pool.query('select $1::int as n', [n])));
  assert.deepStrictEqual(results.map((result) => result.rows[0].n), [...Array(50).keys()]);
  await pool.end();
}

main(process.argv[2]).catch((error) => { console.error(error); process.exit(1); });
