//! Which functions a name may mean.

use helenus_protocol::CqlType;

use super::Function;
use super::collection::CollectionFunction;
use super::number::MathFunction;
use super::similarity::Similarity;
use super::time::TimeFunction;

/// A function with the types that it takes and gives.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Overload {
    pub(in crate::engine) function: Function,
    pub(in crate::engine) arguments: Vec<CqlType>,
    pub(in crate::engine) returns: CqlType,
}

impl Overload {
    pub(super) fn new(function: Function, arguments: Vec<CqlType>, returns: CqlType) -> Self {
        Self { function, arguments, returns }
    }
}

/// The numeric types.
pub(in crate::engine) const NUMBERS: [CqlType; 9] = [
    CqlType::TinyInt,
    CqlType::SmallInt,
    CqlType::Int,
    CqlType::BigInt,
    CqlType::Counter,
    CqlType::Float,
    CqlType::Double,
    CqlType::Decimal,
    CqlType::VarInt,
];

const NATIVE: [CqlType; 19] = [
    CqlType::Ascii,
    CqlType::BigInt,
    CqlType::Boolean,
    CqlType::Counter,
    CqlType::Date,
    CqlType::Decimal,
    CqlType::Double,
    CqlType::Duration,
    CqlType::Float,
    CqlType::Inet,
    CqlType::Int,
    CqlType::SmallInt,
    CqlType::Text,
    CqlType::Time,
    CqlType::Timestamp,
    CqlType::TimeUuid,
    CqlType::TinyInt,
    CqlType::Uuid,
    CqlType::VarInt,
];

/// What a name may mean, given those types of its arguments that are known, and the type that is wanted; none for a
/// name that no function has.
pub(in crate::engine) fn overloads(
    name: &str,
    given: &[Option<CqlType>],
    wanted: Option<&CqlType>,
) -> Vec<Overload> {
    let first = given.iter().flatten().next();
    if let Some(found) = TimeFunction::overloads(name) {
        return found;
    }
    if let Some(function) = MathFunction::named(name) {
        let numbers = NUMBERS.iter().filter(|ty| **ty != CqlType::Counter);
        let overload =
            |ty: &CqlType| Overload::new(Function::Math(function), vec![ty.clone()], ty.clone());
        return numbers.map(overload).collect();
    }
    if let Some(function) = CollectionFunction::named(name) {
        let overload = |ty: &CqlType| {
            let returns = function.returns(ty)?;
            Some(Overload::new(Function::Collection(function), vec![ty.clone()], returns))
        };
        return first.and_then(overload).into_iter().collect();
    }
    if let Some(similarity) = Similarity::named(name) {
        let vector = first.filter(|ty| matches!(ty, CqlType::Vector(..)));
        let overload = |ty: &CqlType| {
            let arguments = vec![ty.clone(), ty.clone()];
            Overload::new(Function::Similarity(similarity), arguments, CqlType::Float)
        };
        return vector.map(overload).into_iter().collect();
    }
    match name {
        "uuid" => vec![Overload::new(Function::Uuid, Vec::new(), CqlType::Uuid)],
        "tojson" | "to_json" => {
            let argument = first.map(|ty| vec![ty.clone()]).unwrap_or_default();
            vec![Overload::new(Function::ToJson, argument, CqlType::Text)]
        }
        "fromjson" | "from_json" => wanted
            .map(|ty| {
                Overload::new(Function::FromJson(ty.clone()), vec![CqlType::Text], ty.clone())
            })
            .into_iter()
            .collect(),
        _ => blob_conversion(name).into_iter().collect(),
    }
}

/// `intasblob`, `int_as_blob`, `blobasint` and `blob_as_int`.
fn blob_conversion(name: &str) -> Option<Overload> {
    let native = |name: &str| {
        let name = if name == "varchar" { "text" } else { name };
        NATIVE.iter().find(|ty| ty.to_string() == name).cloned()
    };
    if let Some(ty) = name.strip_suffix("_as_blob").or_else(|| name.strip_suffix("asblob")) {
        return Some(Overload::new(Function::ToBlob, vec![native(ty)?], CqlType::Blob));
    }
    let ty = name.strip_prefix("blob_as_").or_else(|| name.strip_prefix("blobas"))?;
    let ty = native(ty)?;
    Some(Overload::new(Function::FromBlob(ty.clone()), vec![CqlType::Blob], ty))
}
