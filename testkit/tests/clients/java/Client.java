// What the Java driver does on a cluster: connect, make a schema, and use all of it.
//
// Arguments: address, port, protocol version, data center. The last line says "done"; a check that fails ends the program.
import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.datastax.oss.driver.api.core.cql.*;
import com.datastax.oss.driver.api.core.data.*;
import com.datastax.oss.driver.api.core.servererrors.InvalidQueryException;
import com.datastax.oss.driver.api.core.type.UserDefinedType;
import java.net.InetSocketAddress;
import java.time.*;
import java.util.*;

public class Client {
  static final String KEYSPACE = "java_client";

  static void equal(Object found, Object wanted) {
    if (!Objects.equals(found, wanted)) throw new AssertionError(found + " instead of " + wanted);
  }

  static void schema(CqlSession session) {
    session.execute("DROP KEYSPACE IF EXISTS " + KEYSPACE);
    session.execute("CREATE KEYSPACE " + KEYSPACE + " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
    session.execute("USE " + KEYSPACE);
    for (String cql : List.of(
        "CREATE TYPE address (street text, zip int)",
        "CREATE TABLE rows (k int, c int, s text static, v text, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)",
        "CREATE TABLE people (k uuid PRIMARY KEY, home frozen<address>, born date, tags set<text>, marks list<int>, notes map<text, int>, near vector<float, 2>)",
        "CREATE TABLE counts (k int PRIMARY KEY, n counter)",
        "CREATE INDEX by_v ON rows (v)",
        "CREATE MATERIALIZED VIEW by_c AS SELECT k, c, v FROM rows WHERE k IS NOT NULL AND c IS NOT NULL PRIMARY KEY (c, k)",
        "CREATE FUNCTION plus (a int, b int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return a + b;'",
        "CREATE AGGREGATE total (int) SFUNC plus STYPE int INITCOND 0",
        "ALTER TABLE rows ADD extra int")) session.execute(cql);
  }

  static void metadata(CqlSession session) {
    var keyspace = session.refreshSchema().getKeyspace(KEYSPACE).orElseThrow();
    var rows = keyspace.getTable("rows").orElseThrow();
    equal(rows.getPartitionKey().get(0).getName().asInternal(), "k");
    equal(rows.getClusteringColumns().values().iterator().next().toString(), "DESC");
    equal(rows.getIndexes().keySet(), Set.of(CqlIdentifier.fromCql("by_v")));
    equal(keyspace.getViews().size(), 1);
    equal(keyspace.getFunctions().size(), 1);
    equal(keyspace.getAggregates().size(), 1);
    equal(keyspace.getUserDefinedTypes().size(), 1);
    // The driver writes the schema out by what it read of it.
    if (!keyspace.describeWithChildren(true).contains("CLUSTERING ORDER BY (c DESC)")) throw new AssertionError(keyspace.describeWithChildren(true));
    equal(session.getMetadata().getTokenMap().isPresent(), true);
  }

  static void preparedAndPaged(CqlSession session) {
    var insert = session.prepare("INSERT INTO rows (k, c, v) VALUES (?, ?, ?)");
    equal(insert.getPartitionKeyIndices(), List.of(0));
    for (int c = 0; c < 250; c++) session.execute(insert.bind(1, c, "v" + c % 5));
    session.execute(session.prepare("INSERT INTO rows (k, s) VALUES (:k, :s)").boundStatementBuilder().setInt("k", 1).setString("s", "shared").build());
    int next = 249;
    for (Row row : session.execute(session.prepare("SELECT c, s FROM rows WHERE k = ?").bind(1).setPageSize(30))) {
      equal(row.getInt("c"), next--);
      equal(row.getString("s"), "shared");
    }
    equal(next, -1);
    equal(session.execute("SELECT count(*) FROM rows WHERE v = 'v1'").one().getLong(0), 50L);
  }

  static void batchesAndConditions(CqlSession session) {
    var insert = session.prepare("INSERT INTO rows (k, c, v) VALUES (?, ?, ?)");
    session.execute(BatchStatement.newInstance(DefaultBatchType.LOGGED, insert.bind(2, 1, "a"), SimpleStatement.newInstance("UPDATE rows SET v = 'b' WHERE k = 2 AND c = 2")));
    session.execute(BatchStatement.newInstance(DefaultBatchType.UNLOGGED, insert.bind(2, 3, "a")));
    var add = session.prepare("UPDATE counts SET n = n + ? WHERE k = ?");
    session.execute(BatchStatement.newInstance(DefaultBatchType.COUNTER, add.bind(5L, 1), add.bind(-2L, 1)));
    equal(session.execute("SELECT n FROM counts WHERE k = 1").one().getLong("n"), 3L);
    var once = session.prepare("INSERT INTO rows (k, c, v) VALUES (?, ?, ?) IF NOT EXISTS");
    equal(session.execute(once.bind(3, 1, "a")).wasApplied(), true);
    var again = session.execute(once.bind(3, 1, "b"));
    equal(again.wasApplied(), false);
    equal(again.one().getString("v"), "a");
  }

  static void values(CqlSession session) {
    UserDefinedType type = session.refreshSchema().getKeyspace(KEYSPACE).orElseThrow().getUserDefinedType("address").orElseThrow();
    UdtValue home = type.newValue("Main", 1);
    UUID key = UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    var insert = session.prepare("INSERT INTO people (k, home, born, tags, marks, notes, near) VALUES (?, ?, ?, ?, ?, ?, ?)");
    session.execute(insert.bind(key, home, LocalDate.of(2000, 2, 29), Set.of("a", "b"), List.of(3, 1), Map.of("x", 1), CqlVector.newInstance(0.5f, -1f)));
    Row row = session.execute(session.prepare("SELECT * FROM people WHERE k = ?").bind(key)).one();
    equal(row.getUdtValue("home"), home);
    equal(row.getLocalDate("born"), LocalDate.of(2000, 2, 29));
    equal(row.getSet("tags", String.class), Set.of("a", "b"));
    equal(row.getList("marks", Integer.class), List.of(3, 1));
    equal(row.getMap("notes", String.class, Integer.class), Map.of("x", 1));
    equal(row.getVector("near", Float.class), CqlVector.newInstance(0.5f, -1f));
  }

  static void describedTracedAndRefused(CqlSession session) {
    equal(session.execute("DESCRIBE TABLE rows").one().getString("type"), "table");
    var traced = session.execute(SimpleStatement.newInstance("SELECT * FROM rows WHERE k = 2").setTracing(true));
    equal(traced.getExecutionInfo().getQueryTrace().getEvents().size() > 1, true);
    try {
      session.execute("SELECT * FROM missing");
      throw new AssertionError("not refused");
    } catch (InvalidQueryException expected) {}
  }

  public static void main(String[] arguments) {
    var config = DriverConfigLoader.programmaticBuilder()
        .withString(DefaultDriverOption.PROTOCOL_VERSION, "V" + arguments[2])
        .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, Duration.ofSeconds(20)).build();
    try (var session = CqlSession.builder().withConfigLoader(config)
        .addContactPoint(new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])))
        .withLocalDatacenter(arguments[3]).build()) {
      schema(session);
      metadata(session);
      preparedAndPaged(session);
      batchesAndConditions(session);
      values(session);
      describedTracedAndRefused(session);
      session.execute("DROP KEYSPACE " + KEYSPACE);
    }
    System.out.println("done");
  }
}
