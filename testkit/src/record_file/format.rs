/// What a file of records holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    /// How it begins.
    pub(crate) magic: [u8; 8],
    pub(crate) version: u16,
    /// What an error calls it, with its article.
    pub(crate) what: &'static str,
}
