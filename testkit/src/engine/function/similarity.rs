//! How alike two vectors are.

use helenus_protocol::CqlType;

use crate::query_error::QueryError;
use crate::value::elements_of_vector;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Similarity {
    Cosine,
    Euclidean,
    DotProduct,
}

impl Similarity {
    pub(in crate::engine) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "similarity_cosine" => Self::Cosine,
            "similarity_euclidean" => Self::Euclidean,
            "similarity_dot_product" => Self::DotProduct,
            _ => return None,
        })
    }

    pub(super) fn evaluate(
        self,
        values: &[(&CqlType, &[u8])],
    ) -> Result<Option<Vec<u8>>, QueryError> {
        let [a, b] = values else {
            return Ok(None);
        };
        let (a, b) = (floats(*a), floats(*b));
        if self == Self::Cosine && [&a, &b].iter().any(|v| v.iter().all(|x| *x == 0.0)) {
            return Err(QueryError::invalid(
                "Function system.similarity_cosine doesn't support all-zero vectors.",
            ));
        }
        Ok(Some(self.of(&a, &b).to_be_bytes().to_vec()))
    }

    /// Between zero and one, the more alike the greater.
    pub(in crate::engine) fn of(self, a: &[f32], b: &[f32]) -> f32 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
        match self {
            Self::Cosine => {
                let norms = (f64::from(dot(a, a)) * f64::from(dot(b, b))).sqrt();
                #[expect(clippy::cast_possible_truncation, reason = "Cassandra rounds here, too")]
                let cosine = (f64::from(dot(a, b)) / norms) as f32;
                f32::midpoint(1.0, cosine)
            }
            Self::DotProduct => f32::midpoint(1.0, dot(a, b)),
            Self::Euclidean => {
                let distance = a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f32>();
                1.0 / (1.0 + distance)
            }
        }
    }
}

/// The elements of a vector of floats.
pub(in crate::engine) fn floats((ty, value): (&CqlType, &[u8])) -> Vec<f32> {
    let CqlType::Vector(element, dimension) = ty else {
        return Vec::new();
    };
    elements_of_vector(element, *dimension, value)
        .into_iter()
        .filter_map(|item| item.try_into().ok().map(f32::from_be_bytes))
        .collect()
}
