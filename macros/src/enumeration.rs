use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Fields, Ident, LitStr, Result};

use crate::attributes::{ContainerAttributes, refuse, variant_name};

/// A variant without fields, and the text that it stands for.
struct Variant<'a> {
    ident: &'a Ident,
    text: LitStr,
}

fn variants<'a>(
    input: &'a DeriveInput,
    attributes: &ContainerAttributes,
) -> Result<Vec<Variant<'a>>> {
    let Data::Enum(data) = &input.data else { return Ok(Vec::new()) };
    if let Some(parameter) = input.generics.params.first() {
        let message = "an enum without fields has no use for generics: remove them";
        return Err(Error::new_spanned(parameter, message));
    }
    if data.variants.is_empty() {
        let message = "an enum without variants has no values: add variants";
        return Err(Error::new(input.ident.span(), message));
    }
    let mut texts = HashSet::new();
    let mut variants = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            let message =
                "a variant with fields is no single CQL value: remove the fields, or use a struct";
            return Err(Error::new_spanned(&variant.fields, message));
        }
        let rename = variant_name(&variant.attrs)?;
        if attributes.as_int.is_some() {
            let span = rename.as_ref().map(LitStr::span);
            refuse(
                span,
                "with `as_int` a variant is a number: write `Variant = 1` instead of `rename`",
            )?;
        }
        let ident = &variant.ident;
        let text = rename.unwrap_or_else(|| LitStr::new(&ident.unraw().to_string(), ident.span()));
        if !texts.insert(text.value()) {
            let message = format!("another variant is \"{}\" already: rename one", text.value());
            return Err(Error::new(text.span(), message));
        }
        variants.push(Variant { ident, text });
    }
    Ok(variants)
}

pub(crate) fn decode(input: &DeriveInput, attributes: &ContainerAttributes) -> Result<TokenStream> {
    let variants = variants(input, attributes)?;
    let krate = &attributes.krate;
    let name = &input.ident;
    let arms = variants.iter().map(|Variant { ident, text }| {
        if attributes.as_int.is_some() {
            quote!(number if number == Self::#ident as i32 => ::core::result::Result::Ok(Self::#ident),)
        } else {
            quote!(#text => ::core::result::Result::Ok(Self::#ident),)
        }
    });
    let wire = if attributes.as_int.is_some() { quote!(i32) } else { quote!(&'__frame str) };
    Ok(quote! {
        #[automatically_derived]
        impl<'__frame> #krate::DecodeValue<'__frame> for #name {
            fn check(ty: &#krate::CqlType) -> ::core::result::Result<(), #krate::TypeMismatch> {
                <#wire as #krate::DecodeValue<'__frame>>::check(ty)
                    .map_err(|_| #krate::TypeMismatch::of::<Self>(ty))
            }

            fn decode(
                ty: &'__frame #krate::CqlType,
                bytes: ::core::option::Option<&'__frame [u8]>,
            ) -> ::core::result::Result<Self, #krate::DecodeValueError> {
                let rust = ::core::any::type_name::<Self>();
                let bytes = bytes.ok_or(#krate::DecodeValueError::Null { rust })?;
                let bytes = ::core::option::Option::Some(bytes);
                match <#wire as #krate::DecodeValue<'__frame>>::decode(ty, bytes)? {
                    #(#arms)*
                    other => ::core::result::Result::Err(#krate::DecodeValueError::Variant {
                        rust,
                        value: ::std::string::ToString::to_string(&other),
                    }),
                }
            }
        }
    })
}

pub(crate) fn encode(input: &DeriveInput, attributes: &ContainerAttributes) -> Result<TokenStream> {
    let variants = variants(input, attributes)?;
    let krate = &attributes.krate;
    let name = &input.ident;
    let arms = variants.iter().map(|Variant { ident, text }| {
        if attributes.as_int.is_some() {
            quote!(Self::#ident => Self::#ident as i32,)
        } else {
            quote!(Self::#ident => #text,)
        }
    });
    Ok(quote! {
        #[automatically_derived]
        impl #krate::EncodeValue for #name {
            fn encode(
                &self,
                ty: &#krate::CqlType,
                out: &mut ::std::vec::Vec<u8>,
            ) -> ::core::result::Result<#krate::Encoded, #krate::EncodeValueError> {
                let wire = match self { #(#arms)* };
                #krate::EncodeValue::encode(&wire, ty, out).map_err(|error| match error {
                    #krate::EncodeValueError::Mismatch(_) => #krate::TypeMismatch::of::<Self>(ty).into(),
                    other => other,
                })
            }
        }
    })
}
