//! Scripts of definitions with what each statement did: lines after `> ` are statements, the rest is what they answer.
//!
//! `UPDATE_SCRIPTS=1 cargo test -p definition` writes the answers anew.

mod session;

use std::path::Path;

use session::Session;

fn answers(script: &str) -> String {
    let mut session = Session::new();
    let mut text = String::new();
    for line in script.lines() {
        if line.starts_with('#') {
            text.push_str(line);
            text.push_str("\n\n");
        }
        if let Some(statement) = line.strip_prefix("> ") {
            text.push_str(&format!("> {statement}\n{}\n", session.run(statement)));
        }
    }
    text
}

#[test]
fn scripts_answer_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .expect("the scripts are beside this file")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    names.sort();
    let (mut cases, mut failures) = (0, Vec::new());
    for path in names {
        let script = std::fs::read_to_string(&path).expect("a readable script");
        let answered = answers(&script);
        cases += answered.lines().filter(|line| line.starts_with("> ")).count();
        if std::env::var_os("UPDATE_SCRIPTS").is_some() {
            std::fs::write(&path, answered).expect("a writable script");
        } else if answered != script {
            let different =
                answered.lines().zip(script.lines()).find(|(left, right)| left != right);
            failures.push(format!("{}: {different:?}", path.display()));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(cases >= 150, "only {cases} cases were found");
}
