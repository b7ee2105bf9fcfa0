//! The test attribute of helenus-testkit, which re-exports it.

mod datacenters;
mod expansion;
mod options;

use proc_macro::TokenStream;
use syn::{ItemFn, parse_macro_input};

use options::Options;

/// Runs an async function as a test, with a fresh cluster as its argument.
///
/// ```
/// use helenus_testkit::EmbeddedCluster;
///
/// #[helenus_testkit::test(datacenters = "east:2, west:1")]
/// async fn every_node_has_a_data_center(cluster: EmbeddedCluster) {
///     assert_eq!(cluster.nodes()[2].datacenter(), "west");
/// }
/// ```
///
/// The function may return whatever a test may return. The test runs on a tokio runtime of its own, the nodes on a
/// thread of it, so that a driver may even block.
///
/// Options, separated by commas:
/// - `nodes = 3`: this many nodes in `datacenter1`; one unless set;
/// - `datacenters = "east:2, west:1"`: data centers and how many nodes each has, in the place of `nodes`;
/// - `racks = 2`: how many racks the nodes of each data center are spread over; one unless set.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(arguments as Options);
    let function = parse_macro_input!(item as ItemFn);
    expansion::expand(&options, function).unwrap_or_else(syn::Error::into_compile_error).into()
}
