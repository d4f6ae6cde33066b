//! Who may import whom, and that every library from outside has its line in the decision log.
//!
//! ```text
//! libs ◀── sql ◀── query processor ─┐
//!   ▲        coordinator ◀──────────┤
//!   └──────────── other roles ◀─────┴── node, simulation
//! ```
//!
//! A role never imports another role; they meet through the types and traits of `libs/protocol`. What a crate imports only
//! for its tests is held to the same directions.

use serde_json::Value;

use super::{Finding, SourceFile};
use crate::chores;

const RULE: &str = "dependency";
const DECISION: &str = "docs/decisions/2026-11-22-dependencies.md";

/// What a crate is, by its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Library,
    Engine,
    /// The commit coordinator: a state machine over `libs` that two roles and the model drive.
    Coordinator,
    Role,
    QueryProcessor,
    Client,
    Node,
    Simulation,
    BlackBox,
    /// Black-box runs whose histories the simulation's checkers judge.
    Consistency,
    Chores,
}

fn layer(folder: &str) -> Option<Layer> {
    Some(match folder {
        "query-processor/coordinator" => Layer::Coordinator,
        "query-processor" => Layer::QueryProcessor,
        "adjudicator" | "journal" | "crossbar" | "storage" | "supervisor" | "gateway" => {
            Layer::Role
        }
        "node" => Layer::Node,
        "xtask" => Layer::Chores,
        "tests" => Layer::BlackBox,
        "tests/consistency" => Layer::Consistency,
        folder if folder.starts_with("libs/") => Layer::Library,
        folder if folder.starts_with("sql/") => Layer::Engine,
        folder if folder.starts_with("clients/") => Layer::Client,
        folder if folder.starts_with("simulation/") => Layer::Simulation,
        _ => return None,
    })
}

/// The whole rule, as a table: what may import what.
fn may_import(importer: Layer, imported: Layer) -> bool {
    match importer {
        Layer::Library | Layer::Coordinator | Layer::BlackBox => imported == Layer::Library,
        // One way to connect serves all of them.
        Layer::Client => matches!(imported, Layer::Library | Layer::Client),
        Layer::Engine => matches!(imported, Layer::Library | Layer::Engine),
        Layer::Role => matches!(imported, Layer::Library | Layer::Coordinator),
        Layer::QueryProcessor => {
            matches!(imported, Layer::Library | Layer::Engine | Layer::Coordinator)
        }
        Layer::Node => {
            use Layer::{BlackBox, Chores, Consistency, Node, Simulation};
            !matches!(imported, Node | Simulation | BlackBox | Consistency | Chores)
        }
        Layer::Simulation => {
            use Layer::{BlackBox, Chores, Client, Consistency, Node};
            !matches!(imported, Node | Client | BlackBox | Consistency | Chores)
        }
        Layer::Consistency => {
            matches!(imported, Layer::Library | Layer::BlackBox | Layer::Simulation)
        }
        Layer::Chores => false,
    }
}

/// What cargo knows of the workspace's own crates.
pub fn metadata() -> Result<Value, String> {
    let output = chores::cargo()
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
}

pub fn check(metadata: &Value, files: &[SourceFile]) -> Vec<Finding> {
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let decision = files.iter().find(|file| file.path == DECISION).map_or("", |file| &file.text);
    let within =
        |path: &str| path.strip_prefix(root).map(|path| path.trim_start_matches('/').to_owned());
    let mut findings = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let manifest = package["manifest_path"].as_str().and_then(within).unwrap_or_default();
        let folder = manifest.trim_end_matches("Cargo.toml").trim_end_matches('/');
        let Some(importer) = layer(folder) else {
            findings.push(Finding::new(
                &manifest,
                1,
                RULE,
                "this folder has no layer in the rules",
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let name = dependency["name"].as_str().unwrap_or_default();
            let line = line_of(files, &manifest, name);
            match dependency["path"].as_str() {
                Some(path) => {
                    let imported = within(path).and_then(|folder| layer(&folder));
                    if !imported.is_some_and(|imported| may_import(importer, imported)) {
                        let message = format!("a crate in {folder} must not know `{name}`");
                        findings.push(Finding::new(&manifest, line, RULE, message));
                    }
                }
                None if !decision.contains(&format!("| `{name}` |")) => {
                    let message = format!("`{name}` has no line in {DECISION}");
                    findings.push(Finding::new(&manifest, line, RULE, message));
                }
                None => {}
            }
        }
    }
    findings
}

/// Where a manifest names a dependency; its first line if it is not found.
fn line_of(files: &[SourceFile], manifest: &str, name: &str) -> usize {
    let file = files.iter().find(|file| file.path == manifest);
    let mut lines = file.into_iter().flat_map(SourceFile::lines);
    let starts =
        |text: &str| text.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    lines.find(|(_, text)| starts(text)).map_or(1, |(line, _)| line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(folder: &str, dependency: Value) -> Vec<String> {
        let metadata = serde_json::json!({
            "workspace_root": "/w",
            "packages": [{
                "manifest_path": format!("/w/{folder}/Cargo.toml"),
                "dependencies": [dependency],
            }],
        });
        let files = [SourceFile::new(DECISION, "| `bytes` | shared buffers |\n")];
        check(&metadata, &files).into_iter().map(|finding| finding.message).collect()
    }

    fn import(folder: &str, imported: &str) -> Vec<String> {
        findings(folder, serde_json::json!({ "name": "it", "path": format!("/w/{imported}") }))
    }

    #[test]
    fn roles_meet_only_in_libraries() {
        assert!(import("storage", "libs/protocol").is_empty());
        assert!(import("adjudicator", "query-processor/coordinator").is_empty());
        assert_eq!(import("storage", "journal"), ["a crate in storage must not know `it`"]);
        assert_eq!(import("gateway", "query-processor").len(), 1);
        assert_eq!(import("storage", "sql/planner").len(), 1);
        assert_eq!(import("libs/types", "sql/catalog").len(), 1);
        assert_eq!(import("tests", "node").len(), 1);
    }

    #[test]
    fn node_and_simulation_link_everything_but_each_other() {
        assert!(import("node", "journal").is_empty());
        assert!(import("simulation/model", "adjudicator").is_empty());
        assert_eq!(import("node", "simulation/model").len(), 1);
        assert_eq!(import("simulation/model", "node").len(), 1);
    }

    #[test]
    fn a_library_from_outside_needs_its_line() {
        assert!(findings("storage", serde_json::json!({ "name": "bytes" })).is_empty());
        let found = findings("storage", serde_json::json!({ "name": "leftpad" }));
        assert_eq!(found, [format!("`leftpad` has no line in {DECISION}")]);
    }

    #[test]
    fn a_new_folder_needs_a_layer() {
        assert_eq!(import("cellar", "libs/types"), ["this folder has no layer in the rules"]);
    }
}
