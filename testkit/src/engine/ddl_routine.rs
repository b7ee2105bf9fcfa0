//! `CREATE` and `DROP` of functions and aggregates. A node knows of them, and cannot run them.

use helenus_protocol::{SchemaChange, SchemaChangeKind, SchemaTarget};

use super::Engine;
use super::ddl::{Changes, check_keyspace, check_modifiable};
use super::planner::keyspace_of;
use crate::cql::DataType;
use crate::cql::ast::{CreateAggregate, CreateFunction, Routine};
use crate::query_error::QueryError;
use crate::schema::{Keyspace, UserAggregate, UserFunction};

/// The name and the arguments' types of each function, or of each aggregate.
type Signatures = Vec<(String, Vec<String>)>;

impl Engine {
    pub(super) fn create_function(
        &self,
        create: &CreateFunction,
        keyspace: Option<&str>,
    ) -> Changes {
        let keyspace = keyspace_of(&create.name, keyspace)?;
        check_modifiable(keyspace)?;
        let name = &create.name.table;
        self.edit_schema(|catalog| {
            check_keyspace(catalog, keyspace)?;
            let known = catalog.keyspace_mut(keyspace)?;
            check_types(known, create.arguments.iter().map(|(_, ty)| ty).chain([&create.returns]))?;
            if create.language != "java" {
                return Err(QueryError::Invalid(format!(
                    "Currently only Java UDFs are available in Cassandra. For more information - CASSANDRA-18252 and CASSANDRA-17281: {}",
                    create.language
                )));
            }
            let created = UserFunction {
                name: name.clone(),
                arguments: create.arguments.clone(),
                called_on_null: create.called_on_null,
                returns: create.returns.clone(),
                language: create.language.clone(),
                body: create.body.clone(),
            };
            let types = created.argument_types();
            let same = |function: &UserFunction| {
                function.name == *name && function.argument_types() == types
            };
            let kind = match known.functions.iter().position(same) {
                Some(_) if create.if_not_exists => return Ok(None),
                Some(_) if !create.or_replace => {
                    return Err(QueryError::Invalid(format!("Function '{name}' already exists")));
                }
                Some(index) => {
                    known.functions[index] = created;
                    SchemaChangeKind::Updated
                }
                None => {
                    known.functions.push(created);
                    SchemaChangeKind::Created
                }
            };
            let target = SchemaTarget::Function(name.clone(), types);
            Ok(Some(vec![SchemaChange { kind, keyspace: keyspace.to_owned(), target }]))
        })
    }

    pub(super) fn create_aggregate(
        &self,
        create: &CreateAggregate,
        keyspace: Option<&str>,
    ) -> Changes {
        let keyspace = keyspace_of(&create.name, keyspace)?;
        check_modifiable(keyspace)?;
        let name = &create.name.table;
        self.edit_schema(|catalog| {
            check_keyspace(catalog, keyspace)?;
            let known = catalog.keyspace_mut(keyspace)?;
            check_types(known, create.arguments.iter().chain([&create.state_type]))?;
            let state_arguments: Vec<_> =
                [&create.state_type].into_iter().chain(&create.arguments).collect();
            let state = find_function(known, &create.state_function, &state_arguments);
            if state.is_none() {
                return Err(missing_function(
                    "State",
                    keyspace,
                    &create.state_function,
                    &state_arguments,
                ));
            }
            let returns = match &create.final_function {
                None => create.state_type.clone(),
                Some(last) => match find_function(known, last, &[&create.state_type]) {
                    Some(function) => function.returns.clone(),
                    None => {
                        let arguments = [&create.state_type];
                        return Err(missing_function("Final", keyspace, last, &arguments));
                    }
                },
            };
            let created = UserAggregate {
                name: name.clone(),
                arguments: create.arguments.clone(),
                state_function: create.state_function.clone(),
                state_type: create.state_type.clone(),
                final_function: create.final_function.clone(),
                initial: create.initial.as_ref().map(|(_, written)| written.clone()),
                returns,
            };
            let types = created.argument_types();
            let same = |aggregate: &UserAggregate| {
                aggregate.name == *name && aggregate.argument_types() == types
            };
            let kind = match known.aggregates.iter().position(same) {
                Some(_) if create.if_not_exists => return Ok(None),
                Some(_) if !create.or_replace => {
                    return Err(QueryError::Invalid(format!("Aggregate '{name}' already exists")));
                }
                Some(index) => {
                    known.aggregates[index] = created;
                    SchemaChangeKind::Updated
                }
                None => {
                    known.aggregates.push(created);
                    SchemaChangeKind::Created
                }
            };
            let target = SchemaTarget::Aggregate(name.clone(), types);
            Ok(Some(vec![SchemaChange { kind, keyspace: keyspace.to_owned(), target }]))
        })
    }

    pub(super) fn drop_function(&self, routine: &Routine, keyspace: Option<&str>) -> Changes {
        let keyspace = keyspace_of(&routine.name, keyspace)?;
        check_modifiable(keyspace)?;
        let name = &routine.name.table;
        self.edit_schema(|catalog| {
            let signatures = catalog.keyspace(keyspace).map(|known| {
                let functions = known.functions.iter();
                functions.map(|function| (function.name.clone(), function.argument_types()))
            });
            let signatures = signatures.map_or_else(Vec::new, Iterator::collect);
            let Some(types) = chosen("Function", keyspace, routine, signatures)? else {
                return Ok(None);
            };
            let known = catalog.keyspace_mut(keyspace)?;
            let users = known.aggregates.iter().filter(|aggregate| {
                aggregate.state_function == *name || aggregate.final_function.as_ref() == Some(name)
            });
            let users: Vec<_> =
                users.map(|aggregate| format!("{keyspace}.{}", aggregate.name)).collect();
            if !users.is_empty() {
                return Err(QueryError::Invalid(format!(
                    "Function '{keyspace}.{name}' is still referenced by aggregates {}",
                    users.join(", ")
                )));
            }
            known
                .functions
                .retain(|function| function.name != *name || function.argument_types() != types);
            let target = SchemaTarget::Function(name.clone(), types);
            let kind = SchemaChangeKind::Dropped;
            Ok(Some(vec![SchemaChange { kind, keyspace: keyspace.to_owned(), target }]))
        })
    }

    pub(super) fn drop_aggregate(&self, routine: &Routine, keyspace: Option<&str>) -> Changes {
        let keyspace = keyspace_of(&routine.name, keyspace)?;
        check_modifiable(keyspace)?;
        let name = &routine.name.table;
        self.edit_schema(|catalog| {
            let signatures = catalog.keyspace(keyspace).map(|known| {
                let aggregates = known.aggregates.iter();
                aggregates.map(|aggregate| (aggregate.name.clone(), aggregate.argument_types()))
            });
            let signatures = signatures.map_or_else(Vec::new, Iterator::collect);
            let Some(types) = chosen("Aggregate", keyspace, routine, signatures)? else {
                return Ok(None);
            };
            catalog
                .keyspace_mut(keyspace)?
                .aggregates
                .retain(|aggregate| aggregate.name != *name || aggregate.argument_types() != types);
            let target = SchemaTarget::Aggregate(name.clone(), types);
            let kind = SchemaChangeKind::Dropped;
            Ok(Some(vec![SchemaChange { kind, keyspace: keyspace.to_owned(), target }]))
        })
    }
}

fn check_types<'t>(
    keyspace: &Keyspace,
    types: impl IntoIterator<Item = &'t DataType>,
) -> Result<(), QueryError> {
    for data_type in types {
        if let Err(unknown) = data_type.to_cql_type(&keyspace.types) {
            let problem = format!("Unknown type {}.{unknown}", keyspace.name);
            return Err(QueryError::Invalid(problem));
        }
    }
    Ok(())
}

fn find_function<'k>(
    keyspace: &'k Keyspace,
    name: &str,
    arguments: &[&DataType],
) -> Option<&'k UserFunction> {
    keyspace.functions.iter().find(|function| {
        function.name == name
            && function.arguments.iter().map(|(_, ty)| ty).eq(arguments.iter().copied())
    })
}

fn missing_function(role: &str, keyspace: &str, name: &str, arguments: &[&DataType]) -> QueryError {
    let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
    QueryError::Invalid(format!(
        "{role} function {keyspace}.{name}({}) doesn't exist",
        arguments.join(", ")
    ))
}

/// The arguments' types of the one that a DROP names; `None` if there is none and need not be.
fn chosen(
    what: &str,
    keyspace: &str,
    routine: &Routine,
    known: Signatures,
) -> Result<Option<Vec<String>>, QueryError> {
    let name = &routine.name.table;
    let wanted = routine
        .arguments
        .as_ref()
        .map(|arguments| arguments.iter().map(ToString::to_string).collect::<Vec<_>>());
    let fits = |(other, types): &(String, Vec<String>)| {
        other == name && wanted.as_ref().is_none_or(|wanted| wanted == types)
    };
    let mut fitting: Vec<_> = known.into_iter().filter(fits).map(|(_, types)| types).collect();
    let shown = match &wanted {
        Some(types) => format!("{keyspace}.{name}({})", types.join(", ")),
        None => format!("{keyspace}.{name}"),
    };
    match fitting.len() {
        1 => Ok(fitting.pop()),
        0 if routine.if_exists => Ok(None),
        0 => Err(QueryError::Invalid(format!("{what} '{shown}' doesn't exist"))),
        _ => Err(QueryError::Invalid(format!(
            "'DROP {} {name}' matches multiple function definitions; specify the argument types by issuing a statement like 'DROP {} {name} (type, type, ...)'. Hint: use cqlsh 'DESCRIBE {} {name}' command to find all overloads",
            what.to_uppercase(),
            what.to_uppercase(),
            what.to_uppercase()
        ))),
    }
}
