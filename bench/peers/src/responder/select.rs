/// What of a system table is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Select {
    pub(super) keyspace: String,
    pub(super) table: String,
    /// Empty for all of them.
    pub(super) columns: Vec<Column>,
    pub(super) markers: usize,
}

/// A column, as the result calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) as_json: bool,
}

impl Select {
    /// Understands `SELECT … FROM keyspace.table`, and passes over the condition: all rows of a system table answer
    /// each of the drivers' questions.
    pub(super) fn parse(cql: &str) -> Option<Self> {
        let words = cql.split_whitespace().collect::<Vec<_>>().join(" ");
        let lower = words.to_ascii_lowercase();
        let list = lower.strip_prefix("select ")?;
        let (list, rest) = list.split_once(" from ")?;
        let (keyspace, table) = rest.split([' ', ';']).next()?.split_once('.')?;
        let columns = match list.trim() {
            "*" => Vec::new(),
            list => list.split(',').map(|column| Column::parse(column.trim())).collect(),
        };
        let markers = rest.matches('?').count();
        Some(Self { keyspace: keyspace.into(), table: table.into(), columns, markers })
    }
}

impl Column {
    fn parse(text: &str) -> Self {
        let name = text.split(" as ").next().unwrap_or(text);
        let json = name.strip_prefix("tojson(").and_then(|name| name.strip_suffix(')'));
        Self { name: json.unwrap_or(name).to_owned(), as_json: json.is_some() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, as_json: bool) -> Column {
        Column { name: name.into(), as_json }
    }

    #[test]
    fn columns_are_told_from_the_table_and_its_condition() {
        let select = Select::parse("SELECT host_id,\n  tokens FROM system.local WHERE key='local'");
        let select = select.unwrap();
        assert_eq!((&*select.keyspace, &*select.table), ("system", "local"));
        assert_eq!(select.columns, [column("host_id", false), column("tokens", false)]);
        assert_eq!(Select::parse("SELECT * FROM system.peers_v2;").unwrap().columns, []);
    }

    #[test]
    fn json_keeps_the_name_of_its_column() {
        let select =
            Select::parse("select toJson(replication) AS replication from a.b where c = ?");
        let select = select.unwrap();
        assert_eq!(select.columns, [column("replication", true)]);
        assert_eq!(select.markers, 1);
    }

    #[test]
    fn anything_else_is_not_understood() {
        assert_eq!(Select::parse("INSERT INTO a.b (c) VALUES (1)"), None);
        assert_eq!(Select::parse("SELECT now()"), None);
    }
}
