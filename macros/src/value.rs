use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Member, Result, parse_quote};

use crate::attributes::{ContainerAttributes, FieldAttributes};
use crate::enumeration;
use crate::fields::{Role, StructField, struct_fields};
use crate::generics::{bound, with_frame_lifetime};

/// What a struct is as a value.
enum Shape<'a> {
    /// A user-defined type.
    Udt(Vec<StructField<'a>>),
    /// Just what its only field is.
    Transparent(StructField<'a>),
}

fn shape<'a>(
    input: &'a DeriveInput,
    attributes: &ContainerAttributes,
) -> Result<Option<Shape<'a>>> {
    attributes.refuse_by_position()?;
    let Some(mut fields) = struct_fields(input)? else { return Ok(None) };
    attributes.refuse_as_int()?;
    for field in &fields {
        if let Role::Flattened(span) = field.role {
            let message =
                "`flatten` is for rows: give the field the user-defined type that it has in CQL";
            return Err(Error::new(span, message));
        }
    }
    let is_tuple = fields.iter().any(|field| matches!(field.member, Member::Unnamed(_)));
    if !is_tuple {
        return Ok(Some(Shape::Udt(fields)));
    }
    if let Some(second) = fields.get(1) {
        let message = "the fields of a user-defined type have names: write `struct Name { field: Type }`, or use a tuple";
        return Err(second.error(message));
    }
    refuse_attributes(input)?;
    Ok(fields.pop().map(Shape::Transparent))
}

/// A struct that is what its only field is has nothing to say about that field.
fn refuse_attributes(input: &DeriveInput) -> Result<()> {
    let Data::Struct(data) = &input.data else { return Ok(()) };
    for field in &data.fields {
        let attributes = FieldAttributes::parse(&field.attrs)?;
        let rename = attributes.rename.map(|name| name.span());
        let given = attributes.skip.or(attributes.default).or(rename);
        let message = "the only field of a tuple struct is its value: remove the attribute";
        crate::attributes::refuse(given, message)?;
    }
    Ok(())
}

/// The fields that the user-defined type has too, with the names that they have there.
fn named<'f, 'a>(
    fields: &'f [StructField<'a>],
) -> impl Iterator<Item = (&'f StructField<'a>, &'f syn::LitStr, bool)> + Clone {
    fields.iter().filter_map(|field| match &field.role {
        Role::Named { name, has_default } => Some((field, name, *has_default)),
        Role::Skipped | Role::Flattened(_) => None,
    })
}

pub(crate) fn decode(input: &DeriveInput) -> Result<TokenStream> {
    let attributes = ContainerAttributes::parse(&input.attrs)?;
    let Some(shape) = shape(input, &attributes)? else {
        return enumeration::decode(input, &attributes);
    };
    let krate = &attributes.krate;
    let (frame, mut generics) = with_frame_lifetime(&input.generics)?;
    let methods = match &shape {
        Shape::Transparent(field) => {
            bound(
                &mut generics,
                [field.ty].into_iter(),
                |ty| parse_quote!(#ty: #krate::DecodeValue<#frame>),
            );
            decode_transparent(&attributes, field)
        }
        Shape::Udt(fields) => {
            let types = named(fields).map(|(field, ..)| field.ty);
            bound(&mut generics, types, |ty| parse_quote!(#ty: #krate::DecodeValue<#frame>));
            decode_udt(&attributes, fields)
        }
    };
    let (check, decode) = methods;
    let name = &input.ident;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #krate::DecodeValue<#frame> for #name #type_generics #where_clause {
            fn check(ty: &#krate::CqlType) -> ::core::result::Result<(), #krate::TypeMismatch> {
                #check
            }

            fn decode(
                ty: &#frame #krate::CqlType,
                bytes: ::core::option::Option<&#frame [u8]>,
            ) -> ::core::result::Result<Self, #krate::DecodeValueError> {
                #decode
            }
        }
    })
}

fn decode_transparent(
    attributes: &ContainerAttributes,
    field: &StructField<'_>,
) -> (TokenStream, TokenStream) {
    let krate = &attributes.krate;
    let ty = field.ty;
    let value = quote_spanned!(ty.span()=> <#ty as #krate::DecodeValue<'_>>);
    (quote!(#value::check(ty)), quote!(#value::decode(ty, bytes).map(Self)))
}

fn decode_udt(
    attributes: &ContainerAttributes,
    fields: &[StructField<'_>],
) -> (TokenStream, TokenStream) {
    let krate = &attributes.krate;
    let checks = named(fields).map(|(field, name, has_default)| {
        let ty = field.ty;
        let check = quote_spanned!(ty.span()=> udt.check_field::<#ty>(#name)?);
        if has_default {
            return quote!(#check;);
        }
        quote! {
            if !#check {
                return ::core::result::Result::Err(
                    #krate::TypeMismatch::missing_field::<Self>(ty, #name),
                );
            }
        }
    });
    let check = quote! {
        let #krate::CqlType::Udt(udt) = ty else {
            return ::core::result::Result::Err(#krate::TypeMismatch::of::<Self>(ty));
        };
        #(#checks)*
        ::core::result::Result::Ok(())
    };

    let slot =
        |name: &syn::LitStr, index: usize| format_ident!("field_{index}", span = name.span());
    let numbered = named(fields).enumerate();
    let slots = numbered.clone().map(|(index, (_, name, _))| slot(name, index));
    let arms = numbered.clone().map(|(index, (field, name, has_default))| {
        let (ty, slot) = (field.ty, slot(name, index));
        // The default stands for null, too.
        let read = if has_default {
            quote_spanned!(ty.span()=> <::core::option::Option<#ty> as #krate::DecodeValue<'_>>::decode(ty, bytes)?)
        } else {
            quote_spanned!(ty.span()=> ::core::option::Option::Some(<#ty as #krate::DecodeValue<'_>>::decode(ty, bytes)?))
        };
        quote!(#name => #slot = #read,)
    });
    let mut index = 0;
    let values = fields.iter().map(|field| {
        let member = &field.member;
        let value = match &field.role {
            Role::Named { name, has_default } => {
                let slot = slot(name, index);
                index += 1;
                if *has_default {
                    quote!(#slot.unwrap_or_default())
                } else {
                    quote!(#slot.ok_or_else(|| #krate::TypeMismatch::missing_field::<Self>(ty, #name))?)
                }
            }
            Role::Skipped | Role::Flattened(_) => quote!(::core::default::Default::default()),
        };
        quote!(#member: #value)
    });
    let values: Vec<_> = values.collect();
    let decode = quote! {
        let #krate::CqlType::Udt(udt) = ty else {
            return ::core::result::Result::Err(#krate::TypeMismatch::of::<Self>(ty).into());
        };
        let bytes = bytes.ok_or(#krate::DecodeValueError::Null {
            rust: ::core::any::type_name::<Self>(),
        })?;
        let mut fields = #krate::Fields::new(bytes);
        #(let mut #slots = ::core::option::Option::None;)*
        for (name, ty) in &udt.fields {
            let bytes = fields.next_or_null()?;
            match &**name {
                #(#arms)*
                _ => {}
            }
        }
        ::core::result::Result::Ok(Self { #(#values,)* })
    };
    (check, decode)
}

pub(crate) fn encode(input: &DeriveInput) -> Result<TokenStream> {
    let attributes = ContainerAttributes::parse(&input.attrs)?;
    let Some(shape) = shape(input, &attributes)? else {
        return enumeration::encode(input, &attributes);
    };
    let krate = &attributes.krate;
    let mut generics = input.generics.clone();
    let body = match &shape {
        Shape::Transparent(StructField { ty, .. }) => {
            bound(&mut generics, [*ty].into_iter(), |ty| parse_quote!(#ty: #krate::EncodeValue));
            quote_spanned!(ty.span()=> #krate::EncodeValue::encode(&self.0, ty, out))
        }
        Shape::Udt(fields) => {
            let types = named(fields).map(|(field, ..)| field.ty);
            bound(&mut generics, types, |ty| parse_quote!(#ty: #krate::EncodeValue));
            encode_udt(&attributes, fields)
        }
    };
    let name = &input.ident;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #krate::EncodeValue for #name #type_generics #where_clause {
            fn encode(
                &self,
                ty: &#krate::CqlType,
                out: &mut ::std::vec::Vec<u8>,
            ) -> ::core::result::Result<#krate::Encoded, #krate::EncodeValueError> {
                #body
            }
        }
    })
}

fn encode_udt(attributes: &ContainerAttributes, fields: &[StructField<'_>]) -> TokenStream {
    let krate = &attributes.krate;
    let arms = named(fields).map(|(StructField { member, ty, .. }, name, _)| {
        quote_spanned!(ty.span()=> #name => fields.value(&self.#member)?,)
    });
    // A field that may be missing when it is read may be missing when it is written.
    let required = named(fields).filter(|(.., has_default)| !has_default).map(|(_, name, _)| name);
    quote! {
        let mut fields = #krate::UdtWriter::new::<Self>(ty, out)?;
        while let ::core::option::Option::Some(name) = fields.next_field() {
            match name {
                #(#arms)*
                _ => fields.null(),
            }
        }
        fields.finish::<Self>(&[#(#required),*])
    }
}
