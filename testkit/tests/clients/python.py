"""What the Python driver does on a cluster: connect, make a schema, and use all of it.

Arguments: address, port, protocol version. The last line says "done"; a check that fails ends the program.
"""
import sys
import uuid
from collections import namedtuple
from datetime import date

from cassandra import ConsistencyLevel, InvalidRequest
from cassandra.cluster import Cluster
from cassandra.query import BatchStatement, BatchType, SimpleStatement, named_tuple_factory

ADDRESS, PORT, VERSION = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
KEYSPACE = "python_client"


def equal(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r} instead of {wanted!r}")


def refused(session, cql):
    try:
        session.execute(cql)
    except InvalidRequest:
        return
    raise AssertionError(f"not refused: {cql}")


def schema(session):
    session.execute(f"DROP KEYSPACE IF EXISTS {KEYSPACE}")
    session.execute(
        f"CREATE KEYSPACE {KEYSPACE} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}"
    )
    session.set_keyspace(KEYSPACE)
    session.execute("CREATE TYPE address (street text, zip int)")
    session.execute("CREATE TABLE rows (k int, c int, s text static, v text, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)")
    session.execute("CREATE TABLE people (k uuid PRIMARY KEY, home frozen<address>, moved address, born date, tags set<text>, marks list<int>, notes map<text, int>)")
    session.execute("CREATE TABLE counts (k int PRIMARY KEY, n counter)")
    session.execute("CREATE TABLE vectors (k int PRIMARY KEY, v vector<float, 3>)")
    session.execute("CREATE INDEX by_v ON rows (v)")
    session.execute("ALTER TABLE rows ADD extra int")
    session.execute("CREATE TABLE base (k int PRIMARY KEY, v int)")
    session.execute("CREATE MATERIALIZED VIEW base_by_v AS SELECT * FROM base WHERE k IS NOT NULL AND v IS NOT NULL PRIMARY KEY (v, k)")


def metadata(cluster):
    cluster.refresh_schema_metadata()
    keyspace = cluster.metadata.keyspaces[KEYSPACE]
    equal(set(keyspace.tables), {"rows", "people", "counts", "vectors", "base"})
    equal(list(keyspace.user_types), ["address"])
    equal(keyspace.user_types["address"].field_names, ["street", "zip"])
    rows = keyspace.tables["rows"]
    equal([column.name for column in rows.primary_key], ["k", "c"])
    equal(list(rows.indexes), ["by_v"])
    equal(rows.columns["s"].is_static, True)
    equal(list(keyspace.views), ["base_by_v"])
    # The driver writes the schema out by what it read of it.
    text = keyspace.export_as_string()
    for part in ["CREATE TYPE", "CREATE TABLE", "CREATE INDEX by_v", "CREATE MATERIALIZED VIEW"]:
        if part not in text:
            raise AssertionError(f"{part} is missing from {text}")


def prepared_and_paged(session):
    insert = session.prepare("INSERT INTO rows (k, c, v) VALUES (?, ?, ?)")
    equal(insert.routing_key_indexes, [0])
    for c in range(250):
        session.execute(insert, (1, c, f"v{c % 5}"))
    session.execute("INSERT INTO rows (k, s) VALUES (1, %s)", ("shared",))
    select = session.prepare("SELECT c, s FROM rows WHERE k = ?")
    select.fetch_size = 30
    result = session.execute(select, (1,))
    equal(result.has_more_pages, True)
    rows = list(result)
    equal([row.c for row in rows], list(range(249, -1, -1)))
    equal({row.s for row in rows}, {"shared"})
    statement = SimpleStatement("SELECT c FROM rows WHERE k = 1 AND c >= 10 AND c < 20 ORDER BY c", fetch_size=3)
    equal([row.c for row in session.execute(statement)], list(range(10, 20)))
    equal(session.execute("SELECT count(*) FROM rows WHERE v = 'v1'").one().count, 50)
    equal(len(list(session.execute("SELECT * FROM rows PER PARTITION LIMIT 2"))), 2)
    equal(session.execute("SELECT max(c) AS most, min(c) AS least FROM rows").one(), (249, 0))
    named = session.prepare("SELECT v FROM rows WHERE k = :k AND c = :c")
    equal(session.execute(named, {"k": 1, "c": 7}).one().v, "v2")


def batches(session):
    insert = session.prepare("INSERT INTO rows (k, c, v) VALUES (?, ?, ?)")
    for kind in [BatchType.LOGGED, BatchType.UNLOGGED]:
        batch = BatchStatement(batch_type=kind, consistency_level=ConsistencyLevel.ONE)
        batch.add(insert, (2, 1, "a"))
        batch.add(SimpleStatement("UPDATE rows SET v = 'b' WHERE k = 2 AND c = 2"))
        batch.add("DELETE FROM rows WHERE k = 2 AND c = 3")
        session.execute(batch)
    equal([row.c for row in session.execute("SELECT c FROM rows WHERE k = 2")], [2, 1])
    counter = BatchStatement(batch_type=BatchType.COUNTER)
    add = session.prepare("UPDATE counts SET n = n + ? WHERE k = ?")
    counter.add(add, (5, 1))
    counter.add(add, (-2, 1))
    session.execute(counter)
    equal(session.execute("SELECT n FROM counts WHERE k = 1").one().n, 3)


def conditions(session):
    insert = session.prepare("INSERT INTO rows (k, c, v) VALUES (?, ?, ?) IF NOT EXISTS")
    equal(session.execute(insert, (3, 1, "a")).was_applied, True)
    result = session.execute(insert, (3, 1, "b"))
    equal((result.was_applied, result.one().v), (False, "a"))
    update = session.prepare("UPDATE rows SET v = ? WHERE k = 3 AND c = 1 IF v = ?")
    equal(session.execute(update, ("c", "x")).was_applied, False)
    equal(session.execute(update, ("c", "a")).was_applied, True)
    equal(session.execute("DELETE FROM rows WHERE k = 3 AND c = 1 IF EXISTS").was_applied, True)
    batch = BatchStatement()
    batch.add(insert, (3, 2, "x"))
    batch.add("UPDATE rows SET s = 'y' WHERE k = 3")
    equal(session.execute(batch).was_applied, True)


def types(cluster, session):
    Address = namedtuple("Address", ["street", "zip"])
    cluster.register_user_type(KEYSPACE, "address", Address)
    insert = session.prepare("INSERT INTO people (k, home, moved, born, tags, marks, notes) VALUES (?, ?, ?, ?, ?, ?, ?)")
    key = uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
    session.execute(insert, (key, Address("Main", 1), Address("Side", 2), date(2000, 2, 29), {"b", "a"}, [3, 1], {"x": 1}))
    session.execute("UPDATE people SET moved.zip = 3, tags = tags + {'c'}, marks = marks + [2], notes['y'] = 2 WHERE k = %s", (key,))
    row = session.execute("SELECT * FROM people WHERE k = %s", (key,)).one()
    equal((row.home, row.moved), (Address("Main", 1), Address("Side", 3)))
    equal((row.born.date(), set(row.tags), row.marks, dict(row.notes)), (date(2000, 2, 29), {"a", "b", "c"}, [3, 1, 2], {"x": 1, "y": 2}))
    equal(session.execute("SELECT home.street, notes['y'] AS y FROM people").one(), ("Main", 2))
    vector = session.prepare("INSERT INTO vectors (k, v) VALUES (?, ?)")
    session.execute(vector, (1, [1.0, 0.5, -2.0]))
    equal(list(session.execute("SELECT v FROM vectors").one().v), [1.0, 0.5, -2.0])


def altered(session):
    select = session.prepare("SELECT * FROM base")
    session.execute("INSERT INTO base (k, v) VALUES (1, 2)")
    equal(session.execute(select).one(), (1, 2))
    session.execute("ALTER TABLE base ADD w int")
    equal(len(session.execute(select).one()), 3)
    refused(session, "ALTER TABLE base DROP k")


def described(session):
    equal("python_client" in {row.name for row in session.execute("DESCRIBE KEYSPACES")}, True)
    kinds = [row.type for row in session.execute(f"DESCRIBE KEYSPACE {KEYSPACE}")]
    equal(kinds, ["keyspace", "type", "table", "materialized_view", "table", "table", "table", "index", "table"])
    table = session.execute("DESCRIBE TABLE rows").one()
    equal("CLUSTERING ORDER BY (c DESC)" in table.create_statement, True)
    equal(session.execute("DESCRIBE CLUSTER").one().partitioner, "Murmur3Partitioner")


def traced(cluster, session):
    result = session.execute("SELECT * FROM rows WHERE k = 1", trace=True)
    trace = result.get_query_trace()
    equal(trace.coordinator in {host.address for host in cluster.metadata.all_hosts()}, True)
    equal(len(trace.events) > 1, True)


def main():
    cluster = Cluster([ADDRESS], port=PORT, protocol_version=VERSION)
    session = cluster.connect()
    session.row_factory = named_tuple_factory
    schema(session)
    metadata(cluster)
    prepared_and_paged(session)
    batches(session)
    conditions(session)
    types(cluster, session)
    altered(session)
    described(session)
    traced(cluster, session)
    session.execute(f"DROP KEYSPACE {KEYSPACE}")
    cluster.shutdown()
    print("done")


main()
