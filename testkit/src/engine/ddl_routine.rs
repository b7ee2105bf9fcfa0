//! `CREATE` and `DROP` of functions and aggregates. A node knows of them, and cannot run them.

use helenus_protocol::{SchemaChangeKind, SchemaTarget};

use super::Engine;
use super::ddl::{Changes, change, check_keyspace};
use super::own_keyspaces::check_not_local;
use super::planner::keyspace_of;
use crate::cql::DataType;
use crate::cql::ast::{CreateAggregate, CreateFunction, RoutineName, Term};
use crate::query_error::QueryError;
use crate::schema::{Keyspace, Routine, UserAggregate, UserFunction};

impl Engine {
    pub(super) fn create_function(
        &self,
        create: &CreateFunction,
        keyspace: Option<&str>,
    ) -> Changes {
        let keyspace = keyspace_of(&create.name, keyspace)?;
        check_not_local(keyspace)?;
        let name = &create.name.table;
        self.edit_schema(|catalog| {
            check_keyspace(catalog, keyspace)?;
            let known = catalog.keyspace_mut(keyspace)?;
            check_types(known, create.arguments.iter().map(|(_, ty)| ty).chain([&create.returns]))?;
            if create.language != "java" {
                return Err(QueryError::Invalid(format!(
                    "Currently only Java UDFs are available in Cassandra. For more information - \
                     CASSANDRA-18252 and CASSANDRA-17281: {}",
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
            let Some(kind) =
                put(&mut known.functions, created, create.or_replace, create.if_not_exists)?
            else {
                return Ok(None);
            };
            let target = SchemaTarget::Function(name.clone(), types);
            Ok(Some(vec![change(kind, keyspace, target)]))
        })
    }

    pub(super) fn create_aggregate(
        &self,
        create: &CreateAggregate,
        keyspace: Option<&str>,
    ) -> Changes {
        let keyspace = keyspace_of(&create.name, keyspace)?;
        check_not_local(keyspace)?;
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
                initial: create.initial.as_ref().map(Term::written),
                returns,
            };
            let types = created.argument_types();
            let Some(kind) =
                put(&mut known.aggregates, created, create.or_replace, create.if_not_exists)?
            else {
                return Ok(None);
            };
            let target = SchemaTarget::Aggregate(name.clone(), types);
            Ok(Some(vec![change(kind, keyspace, target)]))
        })
    }

    pub(super) fn drop_function(&self, dropped: &RoutineName, keyspace: Option<&str>) -> Changes {
        let keyspace = keyspace_of(&dropped.name, keyspace)?;
        check_not_local(keyspace)?;
        let name = &dropped.name.table;
        self.edit_schema(|catalog| {
            let functions = catalog.keyspace(keyspace).map_or(&[][..], |known| &known.functions);
            let Some(types) = chosen(functions, keyspace, dropped)? else {
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
            known.functions.retain(|function| !function.has_signature(name, &types));
            let target = SchemaTarget::Function(name.clone(), types);
            Ok(Some(vec![change(SchemaChangeKind::Dropped, keyspace, target)]))
        })
    }

    pub(super) fn drop_aggregate(&self, dropped: &RoutineName, keyspace: Option<&str>) -> Changes {
        let keyspace = keyspace_of(&dropped.name, keyspace)?;
        check_not_local(keyspace)?;
        let name = &dropped.name.table;
        self.edit_schema(|catalog| {
            let aggregates = catalog.keyspace(keyspace).map_or(&[][..], |known| &known.aggregates);
            let Some(types) = chosen(aggregates, keyspace, dropped)? else {
                return Ok(None);
            };
            let known = catalog.keyspace_mut(keyspace)?;
            known.aggregates.retain(|aggregate| !aggregate.has_signature(name, &types));
            let target = SchemaTarget::Aggregate(name.clone(), types);
            Ok(Some(vec![change(SchemaChangeKind::Dropped, keyspace, target)]))
        })
    }
}

/// Adds a routine, or puts it in the place of one like it; `None` if there is one and it may stay.
fn put<R: Routine>(
    known: &mut Vec<R>,
    created: R,
    or_replace: bool,
    if_not_exists: bool,
) -> Result<Option<SchemaChangeKind>, QueryError> {
    let types = created.argument_types();
    match known.iter_mut().find(|routine| routine.has_signature(created.name(), &types)) {
        Some(_) if if_not_exists => Ok(None),
        Some(_) if !or_replace => {
            Err(QueryError::Invalid(format!("{} '{}' already exists", R::KIND, created.name())))
        }
        Some(old) => {
            *old = created;
            Ok(Some(SchemaChangeKind::Updated))
        }
        None => {
            known.push(created);
            Ok(Some(SchemaChangeKind::Created))
        }
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
fn chosen<R: Routine>(
    known: &[R],
    keyspace: &str,
    dropped: &RoutineName,
) -> Result<Option<Vec<String>>, QueryError> {
    let name = &dropped.name.table;
    let wanted = dropped
        .arguments
        .as_ref()
        .map(|arguments| arguments.iter().map(ToString::to_string).collect::<Vec<_>>());
    let named = known.iter().filter(|routine| routine.name() == name);
    let mut fitting: Vec<_> = named
        .map(Routine::argument_types)
        .filter(|types| wanted.as_ref().is_none_or(|wanted| wanted == types))
        .collect();
    let shown = match &wanted {
        Some(types) => format!("{keyspace}.{name}({})", types.join(", ")),
        None => format!("{keyspace}.{name}"),
    };
    match fitting.len() {
        1 => Ok(fitting.pop()),
        0 if dropped.if_exists => Ok(None),
        0 => Err(QueryError::Invalid(format!("{} '{shown}' doesn't exist", R::KIND))),
        _ => {
            let kind = R::KIND.to_uppercase();
            Err(QueryError::Invalid(format!(
                "'DROP {kind} {name}' matches multiple function definitions; specify the argument \
                 types by issuing a statement like 'DROP {kind} {name} (type, type, ...)'. Hint: \
                 use cqlsh 'DESCRIBE {kind} {name}' command to find all overloads"
            )))
        }
    }
}
