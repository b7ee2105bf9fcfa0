// What gocql does on a cluster: connect, make a schema, and use all of it.
//
// Arguments: address, port, protocol version. The last line says "done"; a check that fails ends the program.
package main

import (
	"fmt"
	"os"
	"reflect"
	"strconv"

	"github.com/gocql/gocql"
)

const keyspace = "go_client"

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func equal(found, wanted any) {
	if !reflect.DeepEqual(found, wanted) {
		panic(fmt.Sprintf("%#v instead of %#v", found, wanted))
	}
}

type address struct {
	Street string `cql:"street"`
	Zip    int    `cql:"zip"`
}

func schema(session *gocql.Session) {
	for _, cql := range []string{
		"CREATE TYPE address (street text, zip int)",
		"CREATE TABLE rows (k int, c int, s text static, v text, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)",
		"CREATE TABLE people (k uuid PRIMARY KEY, home frozen<address>, tags set<text>, marks list<int>, notes map<text, int>)",
		"CREATE TABLE counts (k int PRIMARY KEY, n counter)",
		"CREATE INDEX by_v ON rows (v)",
		"ALTER TABLE rows ADD extra int",
	} {
		must(session.Query(cql).Exec())
	}
	must(session.AwaitSchemaAgreement(session.Query("").Context()))
	metadata, err := session.KeyspaceMetadata(keyspace)
	must(err)
	rows := metadata.Tables["rows"]
	equal(rows.PartitionKey[0].Name, "k")
	equal(rows.ClusteringColumns[0].Name, "c")
	equal(metadata.UserTypes["address"].FieldNames, []string{"street", "zip"})
}

func preparedAndPaged(session *gocql.Session) {
	for c := range 250 {
		must(session.Query("INSERT INTO rows (k, c, v) VALUES (?, ?, ?)", 1, c, fmt.Sprint("v", c%5)).Exec())
	}
	iterator := session.Query("SELECT c FROM rows WHERE k = ?", 1).PageSize(30).Iter()
	var c int
	for wanted := 249; iterator.Scan(&c); wanted-- {
		equal(c, wanted)
	}
	must(iterator.Close())
	equal(c, 0)
	var count int
	must(session.Query("SELECT count(*) FROM rows WHERE v = ?", "v1").Scan(&count))
	equal(count, 50)
}

func batchesAndConditions(session *gocql.Session) {
	for _, kind := range []gocql.BatchType{gocql.LoggedBatch, gocql.UnloggedBatch} {
		batch := session.NewBatch(kind)
		batch.Query("INSERT INTO rows (k, c, v) VALUES (?, ?, ?)", 2, 1, "a")
		batch.Query("UPDATE rows SET v = 'b' WHERE k = 2 AND c = 2")
		must(session.ExecuteBatch(batch))
	}
	counters := session.NewBatch(gocql.CounterBatch)
	counters.Query("UPDATE counts SET n = n + ? WHERE k = ?", int64(5), 1)
	counters.Query("UPDATE counts SET n = n + ? WHERE k = ?", int64(-2), 1)
	must(session.ExecuteBatch(counters))
	var n int64
	must(session.Query("SELECT n FROM counts WHERE k = 1").Scan(&n))
	equal(n, int64(3))
	once := "INSERT INTO rows (k, c, v) VALUES (?, ?, ?) IF NOT EXISTS"
	row := map[string]any{}
	applied, err := session.Query(once, 3, 1, "a").MapScanCAS(row)
	must(err)
	equal(applied, true)
	row = map[string]any{}
	applied, err = session.Query(once, 3, 1, "b").MapScanCAS(row)
	must(err)
	equal(applied, false)
	equal(row["v"], "a")
}

func values(session *gocql.Session) {
	key, _ := gocql.ParseUUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
	home := address{"Main", 1}
	must(session.Query("INSERT INTO people (k, home, tags, marks, notes) VALUES (?, ?, ?, ?, ?)",
		key, home, []string{"a", "b"}, []int{3, 1}, map[string]int{"x": 1}).Exec())
	var foundHome address
	var tags []string
	var marks []int
	var notes map[string]int
	must(session.Query("SELECT home, tags, marks, notes FROM people WHERE k = ?", key).Scan(&foundHome, &tags, &marks, &notes))
	equal(foundHome, home)
	equal(tags, []string{"a", "b"})
	equal(marks, []int{3, 1})
	equal(notes, map[string]int{"x": 1})
	var statement, kind, name, of string
	must(session.Query("DESCRIBE TABLE rows").Scan(&of, &kind, &name, &statement))
	equal(kind, "table")
}

func main() {
	cluster := gocql.NewCluster(os.Args[1])
	cluster.Port, _ = strconv.Atoi(os.Args[2])
	cluster.ProtoVersion, _ = strconv.Atoi(os.Args[3])
	cluster.Consistency = gocql.One
	session, err := cluster.CreateSession()
	must(err)
	must(session.Query("DROP KEYSPACE IF EXISTS " + keyspace).Exec())
	must(session.Query("CREATE KEYSPACE " + keyspace + " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}").Exec())
	session.Close()
	cluster.Keyspace = keyspace
	session, err = cluster.CreateSession()
	must(err)
	schema(session)
	preparedAndPaged(session)
	batchesAndConditions(session)
	values(session)
	must(session.Query("DROP KEYSPACE " + keyspace).Exec())
	session.Close()
	fmt.Println("done")
}
