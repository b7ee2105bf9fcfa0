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

impl UserFunction {
    pub(crate) fn argument_types(&self) -> Vec<String> {
        self.arguments.iter().map(|(_, data_type)| data_type.to_string()).collect()
    }
}

impl UserAggregate {
    pub(crate) fn argument_types(&self) -> Vec<String> {
        self.arguments.iter().map(ToString::to_string).collect()
    }
}
