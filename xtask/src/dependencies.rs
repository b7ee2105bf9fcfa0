use spdx::{Expression, ParseMode};

use crate::workspace::{Metadata, Package};

/// Which workspace packages a package may be built on. Packages that are not named here may use any but the leaves.
const DIRECTION: [(&str, &[&str]); 8] = [
    ("helenus-protocol", &[]),
    ("helenus-macros", &[]),
    ("helenus-policies", &["helenus-protocol"]),
    ("helenus", &["helenus-macros", "helenus-policies", "helenus-protocol"]),
    ("helenus-telemetry", &["helenus", "helenus-policies", "helenus-protocol"]),
    ("helenus-testkit", &["helenus-protocol", "helenus-testkit-macros"]),
    ("helenus-testkit-cli", &["helenus-protocol", "helenus-testkit"]),
    ("helenus-testkit-macros", &[]),
];

/// Nothing may depend on these.
const LEAVES: [&str; 3] = ["helenus-examples", "helenus-testkit-cli", "xtask"];

/// What a package may not be built on, however indirectly.
const BANNED: [(&str, &str); 2] = [("helenus-protocol", "tokio"), ("helenus-policies", "tokio")];

const LICENSES: [&str; 11] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// What is wrong with the workspace's dependencies, a line each.
pub(crate) fn check(metadata: &Metadata) -> Vec<String> {
    let members: Vec<&str> = metadata.members().map(|package| package.name.as_str()).collect();
    let mut complaints: Vec<String> =
        metadata.members().flat_map(|package| against_direction(package, &members)).collect();
    complaints.extend(metadata.members().flat_map(|package| banned(metadata, package)));
    complaints.extend(metadata.packages.iter().filter_map(unlicensed));
    complaints
}

fn against_direction(package: &Package, members: &[&str]) -> Vec<String> {
    let allowed =
        DIRECTION.iter().find(|(name, _)| *name == package.name).map(|(_, allowed)| *allowed);
    package
        .normal_dependencies()
        .filter(|dependency| members.contains(dependency))
        .filter(|dependency| {
            LEAVES.contains(dependency)
                || allowed.is_some_and(|allowed| !allowed.contains(dependency))
        })
        .map(|dependency| format!("{} must not depend on {dependency}", package.name))
        .collect()
}

fn banned(metadata: &Metadata, package: &Package) -> Vec<String> {
    let banned = BANNED.iter().filter(|(name, _)| *name == package.name);
    let closure = metadata.normal_closure(package);
    banned
        .filter(|(_, banned)| closure.contains(banned))
        .map(|(_, banned)| format!("{} must not be built on {banned}", package.name))
        .collect()
}

fn unlicensed(package: &Package) -> Option<String> {
    let named = format!("{} {}", package.name, package.version);
    let Some(license) = &package.license else {
        return Some(format!("{named} declares no license"));
    };
    (!is_permitted(license))
        .then(|| format!("{named} has the license `{license}`, which is not on the list"))
}

fn is_permitted(license: &str) -> bool {
    Expression::parse_mode(license, ParseMode::LAX).is_ok_and(|expression| {
        expression.evaluate(|requirement| {
            requirement.license.id().is_some_and(|id| LICENSES.contains(&id.name))
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn one_permitted_alternative_is_enough_and_all_parts_of_it_are_needed() {
        assert!(is_permitted("MIT"));
        assert!(is_permitted("MIT/Apache-2.0"));
        assert!(is_permitted("GPL-3.0-only OR MIT"));
        assert!(is_permitted("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(!is_permitted("MIT AND GPL-3.0-only"));
        assert!(!is_permitted("LicenseRef-secret"));
        assert!(!is_permitted("see file"));
    }

    /// A workspace of these packages, each with its normal and its development dependencies.
    fn workspace(packages: &[(&str, &[&str], &[&str])], members: &[&str]) -> Metadata {
        let kinds = |normal: &[&str], dev: &[&str]| -> Vec<(String, Value)> {
            let normal = normal.iter().map(|name| ((*name).to_owned(), Value::Null));
            normal.chain(dev.iter().map(|name| ((*name).to_owned(), json!("dev")))).collect()
        };
        let package = |(name, normal, dev): &(&str, &[&str], &[&str])| {
            let dependencies: Vec<Value> = kinds(normal, dev)
                .into_iter()
                .map(|(name, kind)| json!({"name": name, "kind": kind}))
                .collect();
            json!({
                "id": name, "name": name, "version": "0.1.0", "license": "MIT", "targets": [],
                "dependencies": dependencies,
            })
        };
        let node = |(name, normal, dev): &(&str, &[&str], &[&str])| {
            let deps: Vec<Value> = kinds(normal, dev)
                .into_iter()
                .map(|(name, kind)| json!({"pkg": name, "dep_kinds": [{"kind": kind}]}))
                .collect();
            json!({"id": name, "deps": deps})
        };
        serde_json::from_value(json!({
            "packages": packages.iter().map(package).collect::<Vec<_>>(),
            "workspace_members": members,
            "resolve": {"nodes": packages.iter().map(node).collect::<Vec<_>>()},
        }))
        .unwrap()
    }

    #[test]
    fn doors_open_in_one_direction_only() {
        let metadata = workspace(
            &[
                ("helenus-protocol", &["helenus-policies"], &["helenus-testkit"]),
                ("helenus-policies", &["helenus-protocol"], &[]),
                ("helenus-testkit", &["helenus-protocol"], &["helenus"]),
                ("helenus", &["helenus-policies", "xtask"], &[]),
                ("xtask", &["helenus-testkit"], &[]),
            ],
            &["helenus-protocol", "helenus-policies", "helenus-testkit", "helenus", "xtask"],
        );
        assert_eq!(
            check(&metadata),
            [
                "helenus-protocol must not depend on helenus-policies",
                "helenus must not depend on xtask"
            ]
        );
    }

    #[test]
    fn a_ban_reaches_through_other_packages_but_not_into_tests() {
        let packages: [(&str, &[&str], &[&str]); 4] = [
            ("helenus-protocol", &["between"], &[]),
            ("helenus-policies", &[], &["tokio"]),
            ("between", &["tokio"], &[]),
            ("tokio", &[], &[]),
        ];
        let metadata = workspace(&packages, &["helenus-protocol", "helenus-policies"]);
        assert_eq!(check(&metadata), ["helenus-protocol must not be built on tokio"]);
    }
}
