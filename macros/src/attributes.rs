use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Error, LitStr, Path, Result, parse_quote};

/// What `#[helenus(…)]` says on a struct or an enum.
pub(crate) struct ContainerAttributes {
    /// Where the traits are.
    pub(crate) krate: Path,
    pub(crate) by_position: Option<Span>,
    pub(crate) as_int: Option<Span>,
}

impl ContainerAttributes {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut parsed = Self { krate: parse_quote!(::helenus), by_position: None, as_int: None };
        each(attributes, |meta| {
            if meta.path.is_ident("crate") {
                parsed.krate = text(&meta, "a path, as in `crate = \"helenus\"`")?.parse()?;
            } else if meta.path.is_ident("by_position") {
                parsed.by_position = Some(meta.path.span());
            } else if meta.path.is_ident("as_int") {
                parsed.as_int = Some(meta.path.span());
            } else {
                let known = "here there are `crate = \"…\"`, `by_position` and `as_int`";
                return Err(unknown(&meta, known));
            }
            Ok(())
        })?;
        Ok(parsed)
    }

    pub(crate) fn refuse_by_position(&self) -> Result<()> {
        refuse(
            self.by_position,
            "`by_position` is for rows; the fields of a user-defined type have names: remove it",
        )
    }

    pub(crate) fn refuse_as_int(&self) -> Result<()> {
        refuse(self.as_int, "`as_int` is for enums as values: remove it")
    }
}

/// What `#[helenus(…)]` says on a field.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) rename: Option<LitStr>,
    pub(crate) skip: Option<Span>,
    pub(crate) default: Option<Span>,
    pub(crate) flatten: Option<Span>,
}

impl FieldAttributes {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut parsed = Self::default();
        each(attributes, |meta| {
            let span = Some(meta.path.span());
            if meta.path.is_ident("rename") {
                parsed.rename = Some(text(&meta, "a name, as in `rename = \"column\"`")?);
            } else if meta.path.is_ident("skip") {
                parsed.skip = span;
            } else if meta.path.is_ident("default") {
                parsed.default = span;
            } else if meta.path.is_ident("flatten") {
                parsed.flatten = span;
            } else {
                let known =
                    "on a field there are `rename = \"…\"`, `skip`, `default` and `flatten`";
                return Err(unknown(&meta, known));
            }
            Ok(())
        })?;
        parsed.check()?;
        Ok(parsed)
    }

    /// Refuses attributes that contradict each other.
    fn check(&self) -> Result<()> {
        let rename = self.rename.as_ref().map(Spanned::span);
        if self.skip.is_some() {
            refuse(
                rename,
                "a field that is skipped has no name to change: remove `rename` or `skip`",
            )?;
            refuse(
                self.default,
                "a field that is skipped is `Default::default()` already: remove `default`",
            )?;
            refuse(
                self.flatten,
                "a field that is skipped has no columns: remove `flatten` or `skip`",
            )?;
        }
        if self.flatten.is_some() {
            refuse(rename, "a flattened field has the names of its own fields: remove `rename`")?;
            refuse(self.default, "write `default` on the fields of the flattened struct instead")?;
        }
        Ok(())
    }
}

/// The text that stands for an enum's variant, where it is not its name.
pub(crate) fn variant_name(attributes: &[Attribute]) -> Result<Option<LitStr>> {
    let mut rename = None;
    each(attributes, |meta| {
        if !meta.path.is_ident("rename") {
            return Err(unknown(&meta, "on a variant there is `rename = \"…\"`"));
        }
        rename = Some(text(&meta, "a text, as in `rename = \"red\"`")?);
        Ok(())
    })?;
    Ok(rename)
}

/// The error that an attribute which stands where it makes no sense deserves.
pub(crate) fn refuse(attribute: Option<Span>, message: &str) -> Result<()> {
    match attribute {
        Some(span) => Err(Error::new(span, message)),
        None => Ok(()),
    }
}

fn each(
    attributes: &[Attribute],
    mut read: impl FnMut(ParseNestedMeta<'_>) -> Result<()>,
) -> Result<()> {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident("helenus"));
    ours.into_iter().try_for_each(|attribute| attribute.parse_nested_meta(&mut read))
}

fn text(meta: &ParseNestedMeta<'_>, wanted: &str) -> Result<LitStr> {
    let value = meta.value().and_then(syn::parse::ParseBuffer::parse::<LitStr>);
    value.map_err(|_| meta.error(format!("this takes {wanted}")))
}

fn unknown(meta: &ParseNestedMeta<'_>, known: &str) -> Error {
    meta.error(format!("unknown attribute: {known}"))
}
