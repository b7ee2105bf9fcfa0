// What DataStax's C++ driver does on a cluster: connect, make a schema, and use all of it.
//
// Arguments: address, port, protocol version. The last line says "done"; a check that fails ends the program.
#include <cassandra.h>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};

using Batch = std::unique_ptr<CassBatch, Free<cass_batch_free>>;
using Cluster = std::unique_ptr<CassCluster, Free<cass_cluster_free>>;
using Collection = std::unique_ptr<CassCollection, Free<cass_collection_free>>;
using Future = std::unique_ptr<CassFuture, Free<cass_future_free>>;
using Iterator = std::unique_ptr<CassIterator, Free<cass_iterator_free>>;
using Prepared = std::unique_ptr<const CassPrepared, Free<cass_prepared_free>>;
using Result = std::unique_ptr<const CassResult, Free<cass_result_free>>;
using Schema = std::unique_ptr<const CassSchemaMeta, Free<cass_schema_meta_free>>;
using Session = std::unique_ptr<CassSession, Free<cass_session_free>>;
using Statement = std::unique_ptr<CassStatement, Free<cass_statement_free>>;
using UserType = std::unique_ptr<CassUserType, Free<cass_user_type_free>>;
using Rows = std::vector<std::string>;

const std::string KEYSPACE = "cpp_client";

Session session;

void must(CassError error) {
  if (error != CASS_OK) throw std::runtime_error(cass_error_desc(error));
}

Future waited(CassFuture* pending) {
  Future future(pending);
  if (cass_future_error_code(future.get()) != CASS_OK) {
    const char* message;
    size_t length;
    cass_future_error_message(future.get(), &message, &length);
    throw std::runtime_error(std::string(message, length));
  }
  return future;
}

template <class T, class U>
void equal(const T& found, const U& wanted) {
  if (!(found == wanted)) throw std::runtime_error("\"" + std::string(found) + "\" instead of \"" + wanted + "\"");
}

void equal(const Rows& found, const Rows& wanted) {
  if (found.size() != wanted.size()) throw std::runtime_error(std::to_string(found.size()) + " rows instead of " + std::to_string(wanted.size()));
  for (size_t i = 0; i < found.size(); ++i) equal(found[i], wanted[i]);
}

std::string text(const CassValue* value);

std::string listed(CassIterator* elements, bool in_pairs) {
  Iterator iterator(elements);
  std::string shown;
  while (cass_iterator_next(iterator.get())) {
    if (!shown.empty()) shown += ",";
    if (in_pairs) shown += text(cass_iterator_get_map_key(iterator.get())) + ":" + text(cass_iterator_get_map_value(iterator.get()));
    else shown += text(cass_iterator_get_value(iterator.get()));
  }
  return "{" + shown + "}";
}

std::string fields(const CassValue* value) {
  Iterator iterator(cass_iterator_fields_from_user_type(value));
  std::string shown;
  while (cass_iterator_next(iterator.get())) {
    const char* name;
    size_t length;
    must(cass_iterator_get_user_type_field_name(iterator.get(), &name, &length));
    shown += (shown.empty() ? "" : ",") + std::string(name, length) + ":" + text(cass_iterator_get_user_type_field_value(iterator.get()));
  }
  return "(" + shown + ")";
}

std::string text(const CassValue* value) {
  if (cass_value_is_null(value)) return "null";
  switch (cass_value_type(value)) {
    case CASS_VALUE_TYPE_INT: {
      cass_int32_t number;
      must(cass_value_get_int32(value, &number));
      return std::to_string(number);
    }
    case CASS_VALUE_TYPE_BIGINT:
    case CASS_VALUE_TYPE_COUNTER: {
      cass_int64_t number;
      must(cass_value_get_int64(value, &number));
      return std::to_string(number);
    }
    case CASS_VALUE_TYPE_BOOLEAN: {
      cass_bool_t flag;
      must(cass_value_get_bool(value, &flag));
      return flag ? "true" : "false";
    }
    case CASS_VALUE_TYPE_LIST:
    case CASS_VALUE_TYPE_SET:
      return listed(cass_iterator_from_collection(value), false);
    case CASS_VALUE_TYPE_MAP:
      return listed(cass_iterator_from_map(value), true);
    case CASS_VALUE_TYPE_UDT:
      return fields(value);
    default: {
      const char* bytes;
      size_t length;
      must(cass_value_get_string(value, &bytes, &length));
      return std::string(bytes, length);
    }
  }
}

// Each row is its values, a space between two.
void append(Rows& rows, const CassResult* result) {
  Iterator iterator(cass_iterator_from_result(result));
  while (cass_iterator_next(iterator.get())) {
    const CassRow* row = cass_iterator_get_row(iterator.get());
    std::string line;
    for (size_t i = 0; i < cass_result_column_count(result); ++i) line += (i ? " " : "") + text(cass_row_get_column(row, i));
    rows.push_back(line);
  }
}

Rows run(const Statement& statement) {
  Future future = waited(cass_session_execute(session.get(), statement.get()));
  Rows rows;
  append(rows, Result(cass_future_get_result(future.get())).get());
  return rows;
}

Rows run(const std::string& cql) { return run(Statement(cass_statement_new(cql.c_str(), 0))); }

Prepared prepare(const char* cql) {
  return Prepared(cass_future_get_prepared(waited(cass_session_prepare(session.get(), cql)).get()));
}

void bind(CassStatement* statement, size_t index, int value) { must(cass_statement_bind_int32(statement, index, value)); }
void bind(CassStatement* statement, size_t index, cass_int64_t value) { must(cass_statement_bind_int64(statement, index, value)); }
void bind(CassStatement* statement, size_t index, const char* value) { must(cass_statement_bind_string(statement, index, value)); }

template <class... Values>
Statement bound(const Prepared& prepared, Values... values) {
  Statement statement(cass_prepared_bind(prepared.get()));
  size_t index = 0;
  (bind(statement.get(), index++, values), ...);
  return statement;
}

void schema() {
  for (const char* cql : {
           "CREATE TYPE address (street text, zip int)",
           "CREATE TABLE rows (k int, c int, s text static, v text, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)",
           "CREATE TABLE people (k int PRIMARY KEY, home frozen<address>, tags set<text>, marks list<int>, notes map<text, int>)",
           "CREATE TABLE counts (k int PRIMARY KEY, n counter)",
           "CREATE INDEX by_v ON rows (v)",
           "ALTER TABLE rows ADD extra int",
           "CREATE TABLE base (k int PRIMARY KEY, v int)",
           "CREATE MATERIALIZED VIEW base_by_v AS SELECT * FROM base WHERE k IS NOT NULL AND v IS NOT NULL PRIMARY KEY (v, k)",
       })
    run(cql);
}

void metadata() {
  Schema schema(cass_session_get_schema_meta(session.get()));
  const CassKeyspaceMeta* keyspace = cass_schema_meta_keyspace_by_name(schema.get(), KEYSPACE.c_str());
  const CassTableMeta* rows = cass_keyspace_meta_table_by_name(keyspace, "rows");
  const char* name;
  size_t length;
  cass_column_meta_name(cass_table_meta_partition_key(rows, 0), &name, &length);
  equal(std::string(name, length), "k");
  cass_column_meta_name(cass_table_meta_clustering_key(rows, 0), &name, &length);
  equal(std::string(name, length), "c");
  const bool all = cass_table_meta_clustering_key_order(rows, 0) == CASS_CLUSTERING_ORDER_DESC && cass_table_meta_index_by_name(rows, "by_v") &&
                   cass_column_meta_type(cass_table_meta_column_by_name(rows, "s")) == CASS_COLUMN_TYPE_STATIC &&
                   cass_keyspace_meta_materialized_view_by_name(keyspace, "base_by_v");
  equal(std::to_string(all), "1");
}

void prepared_and_paged() {
  Prepared insert = prepare("INSERT INTO rows (k, c, v) VALUES (?, ?, ?)");
  for (int c = 0; c < 250; ++c) run(bound(insert, 1, c, ("v" + std::to_string(c % 5)).c_str()));
  run("INSERT INTO rows (k, s) VALUES (1, 'shared')");
  Statement select = bound(prepare("SELECT c, s FROM rows WHERE k = ?"), 1);
  must(cass_statement_set_paging_size(select.get(), 30));
  Rows found, wanted;
  int pages = 0;
  for (bool more = true; more; ++pages) {
    Future future = waited(cass_session_execute(session.get(), select.get()));
    Result page(cass_future_get_result(future.get()));
    append(found, page.get());
    more = cass_result_has_more_pages(page.get());
    if (more) must(cass_statement_set_paging_state(select.get(), page.get()));
  }
  for (int c = 249; c >= 0; --c) wanted.push_back(std::to_string(c) + " shared");
  equal(found, wanted);
  equal(std::to_string(pages), "9");
  equal(run("SELECT count(*) FROM rows WHERE v = 'v1'"), Rows{"50"});
  Statement named(cass_prepared_bind(prepare("SELECT v FROM rows WHERE k = :key AND c = :c").get()));
  must(cass_statement_bind_int32_by_name(named.get(), "key", 1));
  must(cass_statement_bind_int32_by_name(named.get(), "c", 7));
  equal(run(named), Rows{"v2"});
}

void batches() {
  Prepared insert = prepare("INSERT INTO rows (k, c, v) VALUES (?, ?, ?)");
  for (CassBatchType kind : {CASS_BATCH_TYPE_LOGGED, CASS_BATCH_TYPE_UNLOGGED}) {
    Batch batch(cass_batch_new(kind));
    must(cass_batch_add_statement(batch.get(), bound(insert, 2, 1, "a").get()));
    must(cass_batch_add_statement(batch.get(), Statement(cass_statement_new("UPDATE rows SET v = 'b' WHERE k = 2 AND c = 2", 0)).get()));
    waited(cass_session_execute_batch(session.get(), batch.get()));
  }
  equal(run("SELECT c, v FROM rows WHERE k = 2"), Rows{"2 b", "1 a"});
  Batch counters(cass_batch_new(CASS_BATCH_TYPE_COUNTER));
  Prepared add = prepare("UPDATE counts SET n = n + ? WHERE k = ?");
  for (cass_int64_t change : {5, -2}) must(cass_batch_add_statement(counters.get(), bound(add, change, 1).get()));
  waited(cass_session_execute_batch(session.get(), counters.get()));
  equal(run("SELECT n FROM counts WHERE k = 1"), Rows{"3"});
}

void conditions() {
  Prepared once = prepare("INSERT INTO rows (k, c, v) VALUES (?, ?, ?) IF NOT EXISTS");
  equal(run(bound(once, 3, 1, "a")), Rows{"true"});
  equal(run(bound(once, 3, 1, "b")), Rows{"false 3 1 null null a"});
  Prepared update = prepare("UPDATE rows SET v = ? WHERE k = 3 AND c = 1 IF v = ?");
  equal(run(bound(update, "c", "x")), Rows{"false a"});
  equal(run(bound(update, "c", "a")), Rows{"true"});
}

void values() {
  Schema schema(cass_session_get_schema_meta(session.get()));
  const CassKeyspaceMeta* keyspace = cass_schema_meta_keyspace_by_name(schema.get(), KEYSPACE.c_str());
  UserType home(cass_user_type_new_from_data_type(cass_keyspace_meta_user_type_by_name(keyspace, "address")));
  must(cass_user_type_set_string_by_name(home.get(), "street", "Main"));
  must(cass_user_type_set_int32_by_name(home.get(), "zip", 1));
  Collection tags(cass_collection_new(CASS_COLLECTION_TYPE_SET, 2)), marks(cass_collection_new(CASS_COLLECTION_TYPE_LIST, 2)),
      notes(cass_collection_new(CASS_COLLECTION_TYPE_MAP, 1));
  for (const char* tag : {"b", "a"}) must(cass_collection_append_string(tags.get(), tag));
  for (int mark : {3, 1}) must(cass_collection_append_int32(marks.get(), mark));
  must(cass_collection_append_string(notes.get(), "x"));
  must(cass_collection_append_int32(notes.get(), 1));
  Statement insert = bound(prepare("INSERT INTO people (k, home, tags, marks, notes) VALUES (?, ?, ?, ?, ?)"), 1);
  must(cass_statement_bind_user_type(insert.get(), 1, home.get()));
  must(cass_statement_bind_collection(insert.get(), 2, tags.get()));
  must(cass_statement_bind_collection(insert.get(), 3, marks.get()));
  must(cass_statement_bind_collection(insert.get(), 4, notes.get()));
  run(insert);
  run("UPDATE people SET tags = tags + {'c'}, marks = marks + [2], notes['y'] = 2 WHERE k = 1");
  equal(run("SELECT * FROM people"), Rows{"1 (street:Main,zip:1) {3,1,2} {x:1,y:2} {a,b,c}"});
  equal(run("SELECT home.street, notes['y'] FROM people"), Rows{"Main 2"});
}

void refused(const std::string& cql) {
  try {
    run(cql);
  } catch (const std::runtime_error&) {
    return;
  }
  throw std::runtime_error("not refused: " + cql);
}

void described_and_traced() {
  refused("ALTER TABLE base DROP k");
  Statement select(cass_statement_new("SELECT * FROM rows WHERE k = 1", 0));
  must(cass_statement_set_tracing(select.get(), cass_true));
  Future future = waited(cass_session_execute(session.get(), select.get()));
  CassUuid trace;
  must(cass_future_tracing_id(future.get(), &trace));
  char id[CASS_UUID_STRING_LENGTH];
  cass_uuid_string(trace, id);
  equal(run("SELECT command FROM system_traces.sessions WHERE session_id = " + std::string(id)), Rows{"QUERY"});
  equal(run("DESCRIBE TYPE address"), Rows{KEYSPACE + " type address CREATE TYPE " + KEYSPACE + ".address (\n    street text,\n    zip int\n);"});
}

void connect(char** arguments, const std::string& keyspace) {
  Cluster cluster(cass_cluster_new());
  must(cass_cluster_set_contact_points(cluster.get(), arguments[1]));
  must(cass_cluster_set_port(cluster.get(), std::stoi(arguments[2])));
  must(cass_cluster_set_protocol_version(cluster.get(), std::stoi(arguments[3])));
  session.reset(cass_session_new());
  waited(cass_session_connect_keyspace(session.get(), cluster.get(), keyspace.c_str()));
}

int main(int, char** arguments) try {
  connect(arguments, "");
  run("DROP KEYSPACE IF EXISTS " + KEYSPACE);
  run("CREATE KEYSPACE " + KEYSPACE + " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
  run("USE " + KEYSPACE);
  schema();
  // A session hears of changes when it will, and knows all there is once it is connected.
  connect(arguments, KEYSPACE);
  metadata();
  prepared_and_paged();
  batches();
  conditions();
  values();
  described_and_traced();
  run("DROP KEYSPACE " + KEYSPACE);
  waited(cass_session_close(session.get()));
  std::cout << "done\n";
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
