/// What the application says of its requests, as names with values, for policies that go by it.
///
/// ```
/// use helenus_policies::Tags;
///
/// let tags = Tags::NONE.with("workload", "reports").with("team", "billing").with("workload", "night");
/// assert_eq!(tags.get("workload"), Some("night"));
/// assert_eq!(tags.iter().count(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(Vec<(String, String)>);

impl Tags {
    /// No tag.
    pub const NONE: Self = Self(Vec::new());

    /// These and one more; a value that the name had is replaced.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.0.retain(|(other, _)| *other != name);
        self.0.push((name, value.into()));
        self
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Every name with its value, in the order in which they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
