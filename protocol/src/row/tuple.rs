use std::any::type_name;

use super::encode::check_count;
use super::{
    DecodeRow, DecodeRowError, EncodeRow, EncodeRowError, RowCells, RowMismatch, RowWriter,
};
use crate::{ColumnSpec, DecodeValue, EncodeValue};

/// Implements rows by position for tuples of one arity.
macro_rules! tuple_row {
    ($arity:literal: $($name:ident $index:tt),+) => {
        impl<$($name: EncodeValue),+> EncodeRow for ($($name,)+) {
            fn encode_row(&self, writer: &mut RowWriter<'_>) -> Result<(), EncodeRowError> {
                check_count(writer.columns().len(), $arity)?;
                $(writer.value(&self.$index)?;)+
                Ok(())
            }
        }

        impl<'frame, $($name: DecodeValue<'frame>),+> DecodeRow<'frame> for ($($name,)+) {
            type Layout = ();

            fn check(columns: &[ColumnSpec]) -> Result<(), RowMismatch> {
                if columns.len() != $arity {
                    return Err(RowMismatch::Count {
                        columns: columns.len(),
                        wanted: $arity,
                        rust: type_name::<Self>(),
                    });
                }
                $(ColumnSpec::check::<$name>(columns, $index)?;)+
                Ok(())
            }

            fn decode((): &(), row: &RowCells<'_, 'frame>) -> Result<Self, DecodeRowError> {
                Ok(($(row.value::<$name>($index)?,)+))
            }
        }
    };
}

tuple_row!(1: A 0);
tuple_row!(2: A 0, B 1);
tuple_row!(3: A 0, B 1, C 2);
tuple_row!(4: A 0, B 1, C 2, D 3);
tuple_row!(5: A 0, B 1, C 2, D 3, E 4);
tuple_row!(6: A 0, B 1, C 2, D 3, E 4, F 5);
tuple_row!(7: A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple_row!(8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuple_row!(9: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuple_row!(10: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuple_row!(11: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuple_row!(12: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
tuple_row!(13: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12);
tuple_row!(14: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13);
tuple_row!(15: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14);
tuple_row!(
    16: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15
);
