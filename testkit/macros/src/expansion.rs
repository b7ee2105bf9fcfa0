//! The test that an async function becomes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn};

use crate::options::Options;

pub(crate) fn expand(options: &Options, mut function: ItemFn) -> Result<TokenStream, Error> {
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        return Err(Error::new_spanned(signature, "the test has to be an async function"));
    }
    if signature.inputs.len() != 1 {
        let problem = "the test takes one argument: the cluster, an `EmbeddedCluster`";
        return Err(Error::new_spanned(signature, problem));
    }
    let (name, output) = (signature.ident.clone(), signature.output.clone());
    let attributes = std::mem::take(&mut function.attrs);
    let visibility = std::mem::replace(&mut function.vis, syn::Visibility::Inherited);
    let datacenters = options
        .datacenters
        .iter()
        .map(|(datacenter, nodes)| quote!(.datacenter(#datacenter, #nodes)));
    let racks = options.racks.map(|racks| quote!(.racks(#racks)));
    Ok(quote! {
        #[::core::prelude::v1::test]
        #(#attributes)*
        #visibility fn #name() #output {
            #function
            ::helenus_testkit::run_test(
                ::helenus_testkit::EmbeddedCluster::builder() #(#datacenters)* #racks,
                #name,
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(function: &str) -> String {
        let function = syn::parse_str(function).unwrap();
        expand(&Options::default(), function).unwrap_err().to_string()
    }

    #[test]
    fn a_function_that_cannot_be_such_a_test_is_refused() {
        assert_eq!(refusal("fn t(c: C) {}"), "the test has to be an async function");
        let wanted = "the test takes one argument: the cluster, an `EmbeddedCluster`";
        assert_eq!(refusal("async fn t() {}"), wanted);
        assert_eq!(refusal("async fn t(c: C, d: D) {}"), wanted);
    }
}
