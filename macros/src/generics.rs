use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Error, Generics, Ident, Lifetime, Result, Type, WherePredicate, parse_quote};

/// The lifetime of what is decoded, with generics that declare it: the struct's own, where it borrows.
pub(crate) fn with_frame_lifetime(generics: &Generics) -> Result<(Lifetime, Generics)> {
    let mut declared = generics.clone();
    let mut lifetimes = generics.lifetimes();
    let Some(first) = lifetimes.next() else {
        let frame: Lifetime = parse_quote!('__frame);
        declared.params.insert(0, parse_quote!(#frame));
        return Ok((frame, declared));
    };
    match lifetimes.next() {
        None => Ok((first.lifetime.clone(), declared)),
        Some(second) => {
            let message = format!(
                "everything that is borrowed lives as long as the frame: write `{}` instead",
                first.lifetime
            );
            Err(Error::new_spanned(&second.lifetime, message))
        }
    }
}

/// Adds a bound for each of the types that names a type parameter; the others need none.
pub(crate) fn bound<'a>(
    generics: &mut Generics,
    types: impl Iterator<Item = &'a Type>,
    bound: impl Fn(&Type) -> WherePredicate,
) {
    let parameters: Vec<_> = generics.type_params().map(|param| param.ident.clone()).collect();
    let generic = types.filter(|ty| names_any(ty.to_token_stream(), &parameters));
    let bounds: Vec<_> = generic.map(bound).collect();
    if !bounds.is_empty() {
        generics.make_where_clause().predicates.extend(bounds);
    }
}

fn names_any(tokens: TokenStream, parameters: &[Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => parameters.contains(&ident),
        TokenTree::Group(group) => names_any(group.stream(), parameters),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
