// What the Node driver does on a cluster: connect, make a schema, and use all of it.
//
// Arguments: address, port. The last line says "done"; a check that fails ends the program.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const { Client, types } = createRequire(`${process.cwd()}/`)('cassandra-driver');
const [address, port] = process.argv.slice(2);
const KEYSPACE = 'node_client';
const client = new Client({
  contactPoints: [`${address}:${port}`],
  localDataCenter: process.argv[4] ?? 'datacenter1',
  protocolOptions: { port: Number(port) },
});
const prepared = { prepare: true };

async function schema() {
  await client.execute(`DROP KEYSPACE IF EXISTS ${KEYSPACE}`);
  await client.execute(`CREATE KEYSPACE ${KEYSPACE} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`);
  await client.execute(`USE ${KEYSPACE}`);
  for (const cql of [
    'CREATE TYPE address (street text, zip int)',
    'CREATE TABLE rows (k int, c int, s text static, v text, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)',
    'CREATE TABLE people (k uuid PRIMARY KEY, home frozen<address>, born date, tags set<text>, marks list<int>, notes map<text, int>, near vector<float, 2>)',
    'CREATE TABLE counts (k int PRIMARY KEY, n counter)',
    'CREATE INDEX by_v ON rows (v)',
    'CREATE MATERIALIZED VIEW by_c AS SELECT k, c, v FROM rows WHERE k IS NOT NULL AND c IS NOT NULL PRIMARY KEY (c, k)',
    'ALTER TABLE rows ADD extra int',
  ]) await client.execute(cql);
}

async function metadata() {
  const rows = await client.metadata.getTable(KEYSPACE, 'rows');
  assert.deepEqual(rows.partitionKeys.map((column) => column.name), ['k']);
  assert.deepEqual(rows.clusteringOrder, ['DESC']);
  assert.deepEqual(rows.indexes.map((index) => index.name), ['by_v']);
  const address = await client.metadata.getUdt(KEYSPACE, 'address');
  assert.deepEqual(address.fields.map((field) => field.name), ['street', 'zip']);
  const view = await client.metadata.getMaterializedView(KEYSPACE, 'by_c');
  assert.equal(view.tableName, 'rows');
}

async function preparedAndPaged() {
  const insert = 'INSERT INTO rows (k, c, v) VALUES (?, ?, ?)';
  await Promise.all([...Array(250).keys()].map((c) => client.execute(insert, [1, c, `v${c % 5}`], prepared)));
  await client.execute('INSERT INTO rows (k, s) VALUES (:k, :s)', { k: 1, s: 'shared' }, prepared);
  const seen = [];
  for await (const row of client.stream('SELECT c, s FROM rows WHERE k = ?', [1], { prepare: true, fetchSize: 30, autoPage: true })) {
    assert.equal(row.s, 'shared');
    seen.push(row.c);
  }
  assert.deepEqual(seen, [...Array(250).keys()].reverse());
  const first = await client.execute('SELECT c FROM rows WHERE k = 1', [], { prepare: true, fetchSize: 7 });
  assert.equal(first.rows.length, 7);
  const second = await client.execute('SELECT c FROM rows WHERE k = 1', [], { prepare: true, fetchSize: 7, pageState: first.pageState });
  assert.equal(second.rows[0].c, 242);
  const counted = await client.execute("SELECT count(*) AS n FROM rows WHERE v = 'v1'");
  assert.equal(counted.first().n.toNumber(), 50);
}

async function batchesAndConditions() {
  const insert = 'INSERT INTO rows (k, c, v) VALUES (?, ?, ?)';
  await client.batch([{ query: insert, params: [2, 1, 'a'] }, { query: insert, params: [2, 2, 'b'] }], prepared);
  await client.batch([{ query: insert, params: [2, 3, 'c'] }], { prepare: true, logged: false });
  const count = 'UPDATE counts SET n = n + ? WHERE k = ?';
  await client.batch([{ query: count, params: [5, 1] }, { query: count, params: [-2, 1] }], { prepare: true, counter: true });
  assert.equal((await client.execute('SELECT n FROM counts WHERE k = 1')).first().n.toNumber(), 3);
  const once = `${insert} IF NOT EXISTS`;
  assert.equal((await client.execute(once, [3, 1, 'a'], prepared)).wasApplied(), true);
  const again = await client.execute(once, [3, 1, 'b'], prepared);
  assert.equal(again.wasApplied(), false);
  assert.equal(again.first().v, 'a');
}

async function values() {
  const key = types.Uuid.fromString('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11');
  const row = { home: { street: 'Main', zip: 1 }, born: new types.LocalDate(2000, 2, 29), tags: ['a', 'b'], marks: [3, 1], notes: { x: 1 } };
  const near = new types.Vector(new Float32Array([0.5, -1]), 'float');
  await client.execute(
    'INSERT INTO people (k, home, born, tags, marks, notes, near) VALUES (?, ?, ?, ?, ?, ?, ?)',
    [key, row.home, row.born, row.tags, row.marks, row.notes, near], prepared);
  const found = (await client.execute('SELECT * FROM people WHERE k = ?', [key], prepared)).first();
  for (const [name, value] of Object.entries(row)) {
    assert.equal(JSON.stringify(found[name]), JSON.stringify(value), name);
  }
  assert.deepEqual([...found.near], [0.5, -1]);
}

async function describedTracedAndRefused() {
  const described = await client.execute('DESCRIBE TABLE rows');
  assert.match(described.first().create_statement, /CLUSTERING ORDER BY \(c DESC\)/);
  const traced = await client.execute('SELECT * FROM rows WHERE k = 2', [], { traceQuery: true });
  const trace = await client.metadata.getTrace(traced.info.traceId);
  assert.ok(trace.events.length > 1);
  await assert.rejects(client.execute('SELECT * FROM missing'), { code: types.responseErrorCodes.invalid });
}

await client.connect();
for (const step of [schema, metadata, preparedAndPaged, batchesAndConditions, values, describedTracedAndRefused]) {
  await step();
}
await client.execute(`DROP KEYSPACE ${KEYSPACE}`);
await client.shutdown();
console.log('done');
