use helenus_policies::{HostList, Node};

/// What the application says of nodes, for policies that go by it.
#[derive(Debug, Clone, Default)]
pub(crate) struct NodeTags(Vec<Tag>);

#[derive(Debug, Clone)]
struct Tag {
    nodes: HostList,
    name: String,
    value: String,
}

impl NodeTags {
    pub(crate) fn add(&mut self, nodes: HostList, name: String, value: String) {
        self.0.push(Tag { nodes, name, value });
    }

    /// The value of a node's tag; the one that was said last.
    pub(crate) fn get(&self, node: &Node, name: &str) -> Option<&str> {
        let tag = self.0.iter().rev().find(|tag| tag.name == name && tag.nodes.has(node));
        tag.map(|tag| tag.value.as_str())
    }
}
