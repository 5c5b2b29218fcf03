//! The shape of the tree, checked: what crates may depend on, which libraries they may name, how
//! large files and functions grow, and that every crate says what it is.

mod documents;
mod edges;
mod sizes;
mod sources;

use std::io;
use std::path::Path;

/// Everything that is out of order below `root`, a line each; empty where all is well.
pub(crate) fn check(root: &Path) -> io::Result<Vec<String>> {
    let crates = sources::crates(root)?;
    let mut faults = edges::check(&crates);
    faults.extend(sizes::check(&crates)?);
    faults.extend(documents::check(root, &crates)?);
    faults.sort();
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A tree of two small crates that is in order, but for its size statistics.
    fn small_tree() -> tempfile::TempDir {
        let tree = tempfile::tempdir().unwrap();
        for (name, dependencies) in [("model", "serde = \"1\""), ("engine", "")] {
            let folder = tree.path().join("crates").join(name);
            fs::create_dir_all(folder.join("src")).unwrap();
            let manifest = format!(
                "[package]\nname = \"fleetscope-{name}\"\n[dependencies]\n{dependencies}\n"
            );
            fs::write(folder.join("Cargo.toml"), manifest).unwrap();
            fs::write(folder.join("src/lib.rs"), "//! What it is for.\n").unwrap();
        }
        let architecture = "### `model`\n\n**Invariant:** knows nothing.\n\n### `engine`\n\n\
                            **Invariant:** pure.\n";
        fs::write(tree.path().join("ARCHITECTURE.md"), architecture).unwrap();
        tree
    }

    fn plant(tree: &Path, name: &str, text: &str) {
        fs::write(tree.join("crates").join(name), text).unwrap();
    }

    #[test]
    fn this_tree_is_tidy() {
        let faults = check(&crate::root()).unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn a_small_tree_in_order_has_no_faults() {
        let tree = small_tree();
        assert_eq!(check(tree.path()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_planted_edge_from_engine_to_sim_is_found_even_as_a_dev_dependency() {
        for section in ["dependencies", "dev-dependencies"] {
            let tree = small_tree();
            let manifest = format!(
                "[package]\nname = \"fleetscope-engine\"\n[{section}]\nfleetscope-sim.workspace = true\n"
            );
            plant(tree.path(), "engine/Cargo.toml", &manifest);
            let faults = check(tree.path()).unwrap();
            assert!(
                faults.iter().any(|fault| fault.contains("fleetscope-sim")),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn a_library_named_by_the_wrong_crate_is_found() {
        let tree = small_tree();
        let manifest = "[package]\nname = \"fleetscope-engine\"\n[dependencies]\nsqlx = \"0.9\"\n";
        plant(tree.path(), "engine/Cargo.toml", manifest);
        let faults = check(tree.path()).unwrap();
        assert!(
            faults.iter().any(|fault| fault.contains("sqlx")),
            "{faults:?}"
        );
    }

    #[test]
    fn a_file_that_grew_too_long_is_found_and_its_tests_do_not_count() {
        let tree = small_tree();
        let long = format!("//! Long.\n{}", "const X: u8 = 0;\n".repeat(501));
        plant(tree.path(), "engine/src/long.rs", &long);
        let tested = format!(
            "//! Short.\n#[cfg(test)]\nmod tests {{\n{}}}\n",
            "    const X: u8 = 0;\n".repeat(600)
        );
        plant(tree.path(), "engine/src/tested.rs", &tested);
        let faults = check(tree.path()).unwrap();
        assert!(
            faults.iter().any(|fault| fault.contains("long.rs")),
            "{faults:?}"
        );
        assert!(
            !faults.iter().any(|fault| fault.contains("tested.rs")),
            "{faults:?}"
        );
    }

    #[test]
    fn a_crate_without_its_words_is_found() {
        let tree = small_tree();
        plant(tree.path(), "engine/src/lib.rs", "pub mod x;\n");
        fs::write(
            tree.path().join("ARCHITECTURE.md"),
            "### `model`\n\n**Invariant:** x\n",
        )
        .unwrap();
        let faults = check(tree.path()).unwrap();
        assert!(
            faults.iter().any(|fault| fault.contains("//!")),
            "{faults:?}"
        );
        assert!(
            faults.iter().any(|fault| fault.contains("ARCHITECTURE.md")),
            "{faults:?}"
        );
    }

    #[test]
    fn a_drawer_for_odds_and_ends_is_found() {
        let tree = small_tree();
        plant(tree.path(), "engine/src/utils.rs", "//! Odds and ends.\n");
        let faults = check(tree.path()).unwrap();
        assert!(
            faults.iter().any(|fault| fault.contains("utils")),
            "{faults:?}"
        );
    }
}
