use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Index, Member, Result, parse_quote};

use crate::attributes::ContainerAttributes;
use crate::fields::{Role, StructField, struct_fields};
use crate::generics::{bound, with_frame_lifetime};

/// The struct's fields, and whether they stand by position.
fn row_fields<'a>(
    input: &'a DeriveInput,
    attributes: &ContainerAttributes,
) -> Result<(Vec<StructField<'a>>, bool)> {
    attributes.refuse_as_int()?;
    let Some(fields) = struct_fields(input)? else {
        let message = "a row is a struct: derive `DecodeValue` or `EncodeValue` for an enum, and use it as a field";
        return Err(Error::new(input.ident.span(), message));
    };
    let is_tuple = fields.iter().any(|field| matches!(field.member, Member::Unnamed(_)));
    let by_position = is_tuple || attributes.by_position.is_some();
    for field in &fields {
        match &field.role {
            Role::Flattened(span) if by_position => {
                let message =
                    "a flattened field has no position: remove `flatten`, or read by name";
                return Err(Error::new(*span, message));
            }
            Role::Named { name, has_default: true } if by_position => {
                let message = "by position every column must be there: remove `default`, and read an `Option`";
                return Err(Error::new(name.span(), message));
            }
            _ => {}
        }
    }
    Ok((fields, by_position))
}

pub(crate) fn decode(input: &DeriveInput) -> Result<TokenStream> {
    let attributes = ContainerAttributes::parse(&input.attrs)?;
    let (fields, by_position) = row_fields(input, &attributes)?;
    let krate = &attributes.krate;
    let (frame, mut generics) = with_frame_lifetime(&input.generics)?;
    let named = |field: &&StructField<'_>| matches!(field.role, Role::Named { .. });
    let values = fields.iter().filter(named).map(|field| field.ty);
    bound(&mut generics, values, |ty| parse_quote!(#ty: #krate::DecodeValue<#frame>));
    let flattened = fields.iter().filter(|field| matches!(field.role, Role::Flattened(_)));
    let flattened = flattened.map(|field| field.ty);
    bound(&mut generics, flattened, |ty| parse_quote!(#ty: #krate::DecodeRow<#frame>));

    let (layout, check, values) = if by_position {
        decode_by_position(&attributes, &fields)
    } else {
        decode_by_name(&attributes, &fields, &quote!(#frame))
    };
    let members = fields.iter().map(|field| &field.member);
    let name = &input.ident;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #krate::DecodeRow<#frame> for #name #type_generics #where_clause {
            type Layout = #layout;

            fn check(
                columns: &[#krate::ColumnSpec],
            ) -> ::core::result::Result<Self::Layout, #krate::RowMismatch> {
                #check
            }

            fn decode(
                layout: &Self::Layout,
                row: &#krate::RowCells<'_, #frame>,
            ) -> ::core::result::Result<Self, #krate::DecodeRowError> {
                let _ = layout;
                ::core::result::Result::Ok(Self { #(#members: #values,)* })
            }
        }
    })
}

type Parts = (TokenStream, TokenStream, Vec<TokenStream>);

fn decode_by_position(attributes: &ContainerAttributes, fields: &[StructField<'_>]) -> Parts {
    let krate = &attributes.krate;
    let mut count = 0_usize;
    let mut checks = Vec::new();
    let mut values = Vec::new();
    for field in fields {
        let ty = field.ty;
        if let Role::Skipped = field.role {
            values.push(quote!(::core::default::Default::default()));
            continue;
        }
        checks
            .push(quote_spanned!(ty.span()=> #krate::ColumnSpec::check::<#ty>(columns, #count)?;));
        values.push(quote_spanned!(ty.span()=> row.value::<#ty>(#count)?));
        count += 1;
    }
    let check = quote! {
        if columns.len() != #count {
            return ::core::result::Result::Err(#krate::RowMismatch::Count {
                columns: columns.len(),
                wanted: #count,
                rust: ::core::any::type_name::<Self>(),
            });
        }
        #(#checks)*
        ::core::result::Result::Ok(())
    };
    (quote!(()), check, values)
}

fn decode_by_name(
    attributes: &ContainerAttributes,
    fields: &[StructField<'_>],
    frame: &TokenStream,
) -> Parts {
    let krate = &attributes.krate;
    let mut layouts = Vec::new();
    let mut checks = Vec::new();
    let mut values = Vec::new();
    for field in fields {
        let (ty, span) = (field.ty, field.ty.span());
        let at = Index::from(layouts.len());
        match &field.role {
            Role::Skipped => values.push(quote!(::core::default::Default::default())),
            Role::Flattened(_) => {
                layouts.push(quote_spanned!(span=> <#ty as #krate::DecodeRow<#frame>>::Layout));
                let row = quote_spanned!(span=> <#ty as #krate::DecodeRow<#frame>>);
                checks.push(quote_spanned!(span=> #row::check(columns)?));
                values.push(quote_spanned!(span=> #row::decode(&layout.#at, row)?));
            }
            Role::Named { name, has_default: true } => {
                layouts.push(quote!(::core::option::Option<usize>));
                checks
                    .push(quote_spanned!(span=> #krate::ColumnSpec::find::<#ty>(columns, #name)?));
                values.push(quote_spanned!(span=> match layout.#at {
                    ::core::option::Option::Some(index) => {
                        row.value::<::core::option::Option<#ty>>(index)?.unwrap_or_default()
                    }
                    ::core::option::Option::None => ::core::default::Default::default(),
                }));
            }
            Role::Named { name, has_default: false } => {
                layouts.push(quote!(usize));
                let find = quote_spanned!(span=> #krate::ColumnSpec::find::<#ty>(columns, #name)?);
                checks.push(quote!(#find.ok_or(#krate::RowMismatch::Missing {
                    column: #name,
                    rust: ::core::any::type_name::<Self>(),
                })?));
                values.push(quote_spanned!(span=> row.value::<#ty>(layout.#at)?));
            }
        }
    }
    (quote!((#(#layouts,)*)), quote!(::core::result::Result::Ok((#(#checks,)*))), values)
}

pub(crate) fn encode(input: &DeriveInput) -> Result<TokenStream> {
    let attributes = ContainerAttributes::parse(&input.attrs)?;
    let (fields, by_position) = row_fields(input, &attributes)?;
    let krate = &attributes.krate;
    let mut generics = input.generics.clone();
    let named = |field: &&StructField<'_>| matches!(field.role, Role::Named { .. });
    let values = fields.iter().filter(named).map(|field| field.ty);
    bound(&mut generics, values, |ty| parse_quote!(#ty: #krate::EncodeValue));
    let flattened = fields.iter().filter(|field| matches!(field.role, Role::Flattened(_)));
    bound(
        &mut generics,
        flattened.map(|field| field.ty),
        |ty| parse_quote!(#ty: #krate::EncodeRow),
    );

    let methods = if by_position {
        encode_by_position(&attributes, &fields)
    } else {
        encode_by_name(&attributes, &fields)
    };
    let name = &input.ident;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #krate::EncodeRow for #name #type_generics #where_clause {
            #methods
        }
    })
}

fn encode_by_position(attributes: &ContainerAttributes, fields: &[StructField<'_>]) -> TokenStream {
    let krate = &attributes.krate;
    let given = fields.iter().filter(|field| matches!(field.role, Role::Named { .. }));
    let values = given.map(
        |StructField { member, ty, .. }| quote_spanned!(ty.span()=> writer.value(&self.#member)?;),
    );
    quote! {
        fn encode_row(
            &self,
            writer: &mut #krate::RowWriter<'_>,
        ) -> ::core::result::Result<(), #krate::EncodeRowError> {
            #(#values)*
            ::core::result::Result::Ok(())
        }
    }
}

fn encode_by_name(attributes: &ContainerAttributes, fields: &[StructField<'_>]) -> TokenStream {
    let krate = &attributes.krate;
    let mut arms = Vec::new();
    let mut flattened = Vec::new();
    for StructField { member, ty, role } in fields {
        match role {
            Role::Named { name, .. } => {
                arms.push(quote_spanned!(ty.span()=> #name => {
                    writer.value(&self.#member)?;
                    ::core::result::Result::Ok(true)
                }));
            }
            Role::Flattened(_) => flattened.push(quote_spanned!(ty.span()=>
                if #krate::EncodeRow::encode_named(&self.#member, name, writer)? {
                    return ::core::result::Result::Ok(true);
                }
            )),
            Role::Skipped => {}
        }
    }
    quote! {
        fn encode_row(
            &self,
            writer: &mut #krate::RowWriter<'_>,
        ) -> ::core::result::Result<(), #krate::EncodeRowError> {
            writer.by_name(self)
        }

        fn encode_named(
            &self,
            name: &str,
            writer: &mut #krate::RowWriter<'_>,
        ) -> ::core::result::Result<bool, #krate::EncodeRowError> {
            match name {
                #(#arms)*
                _ => {
                    #(#flattened)*
                    ::core::result::Result::Ok(false)
                }
            }
        }
    }
}
