//! Functions and aggregates that users define.

use crate::cql::DataType;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UserFunction {
    pub(crate) name: String,
    pub(crate) arguments: Vec<(String, DataType)>,
    pub(crate) called_on_null: bool,
    pub(crate) returns: DataType,
    pub(crate) language: String,
    pub(crate) body: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UserAggregate {
    pub(crate) name: String,
    pub(crate) arguments: Vec<DataType>,
    pub(crate) state_function: String,
    pub(crate) state_type: DataType,
    pub(crate) final_function: Option<String>,
    pub(crate) initial: Option<String>,
    pub(crate) returns: DataType,
}

/// A function or an aggregate: several may have one name, told apart by their arguments.
pub(crate) trait Routine {
    /// What it is called in answers.
    const KIND: &'static str;

    fn name(&self) -> &str;

    fn argument_types(&self) -> Vec<String>;

    /// Whether a call by this name with such arguments is one of it.
    fn has_signature(&self, name: &str, argument_types: &[String]) -> bool {
        self.name() == name && self.argument_types() == argument_types
    }
}

impl Routine for UserFunction {
    const KIND: &'static str = "Function";

    fn name(&self) -> &str {
        &self.name
    }

    fn argument_types(&self) -> Vec<String> {
        self.arguments.iter().map(|(_, data_type)| data_type.to_string()).collect()
    }
}

impl Routine for UserAggregate {
    const KIND: &'static str = "Aggregate";

    fn name(&self) -> &str {
        &self.name
    }

    fn argument_types(&self) -> Vec<String> {
        self.arguments.iter().map(ToString::to_string).collect()
    }
}
