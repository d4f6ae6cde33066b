//! Certificates as the transport reads them, their modes, renewal and mistakes.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use transport::{CertificateFiles, CertificateStore};

use super::*;

fn certs(directory: &Path, command: CertCommand) -> Result<(), Exit> {
    run(CertOptions { certs_dir: directory.to_owned(), command })
}

fn node(node_id: u64, hosts: &[&str]) -> CertCommand {
    let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
    CertCommand::CreateNode { node_id, hosts, days: 30 }
}

fn rotate_with(authority: bool, forget_old: bool) -> CertCommand {
    CertCommand::Rotate { authority, forget_old, days: 90 }
}

#[test]
fn certificates_are_made_listed_and_renewed() {
    let home = tempfile::tempdir().expect("a directory");
    let directory = &home.path().join("certs");
    let none = certs(directory, node(3, &[])).expect_err("no authority");
    assert!(none.message.contains("create-ca"), "{}", none.message);
    certs(directory, CertCommand::CreateCa { days: 100 }).expect("made");
    assert!(certs(directory, CertCommand::CreateCa { days: 100 }).is_err(), "never overwritten");
    certs(directory, node(3, &["db.example.com", "10.0.0.7"])).expect("made");
    assert!(certs(directory, node(3, &[])).is_err(), "never overwritten");
    let client = |user: &str| CertCommand::CreateClient { user: user.to_owned(), days: 7 };
    certs(directory, client("app")).expect("made");
    for wrong in ["", "a/b", "a.b"] {
        assert!(certs(directory, client(wrong)).is_err(), "{wrong}");
    }
    for wrong in ["node-4.quorate.internal", "a b", ""] {
        assert!(certs(directory, node(5, &[wrong])).is_err(), "{wrong}");
    }
    let files = [
        "ca.crt",
        "ca.key",
        "node-3/ca.crt",
        "node-3/node.crt",
        "node-3/node.key",
        "client-app/client.key",
    ];
    for file in files {
        let mode = std::fs::metadata(directory.join(file)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let found = files::all(directory).expect("readable");
    // A day that has begun counts or not, by the second in which the test runs.
    let is_about = |days_left: i64, days: i64| days_left == days || days_left == days - 1;
    let kinds: Vec<_> = found.iter().map(|found| (found.kind, found.subject.as_str())).collect();
    let expected =
        [(Kind::Authority, "Quorate cluster CA"), (Kind::Client, "app"), (Kind::Node, "node 3")];
    assert_eq!(kinds, expected);
    for (found, days) in found.iter().zip([100, 7, 30]) {
        assert!(is_about(found.days_left, days), "{found}");
    }
    let names = found[2].names.clone();
    for name in ["node-3.quorate.internal", "db.example.com", "10.0.0.7", "::1"] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
    let store = CertificateStore::open(CertificateFiles::of_directory(&directory.join("node-3")));
    let store = store.expect("the transport takes it");

    let key = || std::fs::read(directory.join("node-3/node.key")).expect("there");
    let trusted = |file: &str| {
        let text = std::fs::read_to_string(directory.join(file)).expect("there");
        text.matches("BEGIN").count()
    };
    let before = key();
    certs(directory, rotate_with(true, false)).expect("a new authority");
    assert_eq!(
        (trusted("ca.crt"), trusted("node-3/ca.crt"), trusted("client-app/ca.crt")),
        (2, 2, 2)
    );
    assert_eq!(before, key(), "certificates come in the next step");
    store.reload().expect("the old certificate with both authorities");
    certs(directory, rotate_with(false, false)).expect("renewed");
    assert_ne!(before, key());
    let found = files::all(directory).expect("readable");
    let renewed = found.last().expect("the node");
    assert!(is_about(renewed.days_left, 90), "{renewed}");
    let (mut old_names, mut new_names) = (names, renewed.names.clone());
    old_names.sort();
    new_names.sort();
    assert_eq!(old_names, new_names);
    store.reload().expect("the new certificate");
    certs(directory, rotate_with(false, true)).expect("forgotten");
    assert_eq!((trusted("ca.crt"), trusted("node-3/ca.crt")), (1, 1));
    store.reload().expect("one authority");
    assert_eq!(store.node(), Some(3));
}

#[test]
fn what_is_damaged_is_named() {
    let home = tempfile::tempdir().expect("a directory");
    let directory = home.path();
    certs(directory, CertCommand::CreateCa { days: 100 }).expect("made");
    certs(directory, node(1, &[])).expect("made");
    std::fs::write(directory.join("node-1/node.crt"), "nonsense").expect("written");
    let damaged = certs(directory, rotate_with(true, false)).expect_err("damaged");
    assert!(damaged.message.contains("node-1/node.crt"), "{}", damaged.message);
    let authorities = std::fs::read_to_string(directory.join("ca.crt")).expect("there");
    assert_eq!(authorities.matches("BEGIN").count(), 1, "nothing was written");
}
