use std::collections::HashSet;

use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Fields, LitStr, Member, Result, Type};

use crate::attributes::FieldAttributes;

/// A field of a struct, and what becomes of it.
pub(crate) struct StructField<'a> {
    /// How the struct calls it: a name or a number.
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
    pub(crate) role: Role,
}

/// What a field is to the row or the user-defined type.
pub(crate) enum Role {
    /// The column or field of this name. Where it is not there it may be `Default::default()`.
    Named { name: LitStr, has_default: bool },
    /// Nothing.
    Skipped,
    /// A row within the row.
    Flattened(Span),
}

/// The fields of a struct; `None` for an enum.
pub(crate) fn struct_fields(input: &DeriveInput) -> Result<Option<Vec<StructField<'_>>>> {
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(_) => return Ok(None),
        Data::Union(data) => {
            let message = "a union cannot tell which of its fields is there: derive on a struct";
            return Err(Error::new(data.union_token.span(), message));
        }
    };
    if let Fields::Unit = fields {
        let message = "a struct without fields has no values: add fields";
        return Err(Error::new(input.ident.span(), message));
    }
    let fields = fields.members().zip(fields).map(struct_field).collect::<Result<Vec<_>>>()?;
    refuse_twins(&fields)?;
    Ok(Some(fields))
}

fn struct_field((member, field): (Member, &Field)) -> Result<StructField<'_>> {
    let attributes = FieldAttributes::parse(&field.attrs)?;
    let role = if attributes.skip.is_some() {
        Role::Skipped
    } else if let Some(span) = attributes.flatten {
        Role::Flattened(span)
    } else {
        let name = attributes.rename.unwrap_or_else(|| name_of(&member));
        Role::Named { name, has_default: attributes.default.is_some() }
    };
    Ok(StructField { member, ty: &field.ty, role })
}

fn name_of(member: &Member) -> LitStr {
    match member {
        Member::Named(name) => LitStr::new(&name.unraw().to_string(), name.span()),
        Member::Unnamed(index) => LitStr::new(&index.index.to_string(), index.span),
    }
}

/// Refuses two fields of the same name.
fn refuse_twins(fields: &[StructField<'_>]) -> Result<()> {
    let mut names = HashSet::new();
    for field in fields {
        if let Role::Named { name, .. } = &field.role
            && !names.insert(name.value())
        {
            let message =
                format!("another field is called \"{}\" already: rename one", name.value());
            return Err(Error::new_spanned(&field.member, message));
        }
    }
    Ok(())
}

impl StructField<'_> {
    /// An error at the field's type.
    pub(crate) fn error(&self, message: &str) -> Error {
        Error::new_spanned(self.ty.to_token_stream(), message)
    }
}
