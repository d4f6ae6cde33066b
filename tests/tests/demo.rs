//! `quorate demo`: three regions that serve, fail, and are gone at the end.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tests::server::program;

/// The longest that one answer may take, with a failover in it.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

struct Demo {
    process: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Demo {
    fn start(arguments: &[&str]) -> Demo {
        let mut command = Command::new(program());
        command.arg("demo").args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the program starts");
        let input = process.stdin.take().expect("piped");
        let output: ChildStdout = process.stdout.take().expect("piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Demo { process, input, lines }
    }

    /// The lines up to the first that contains this.
    fn until(&self, wanted: &str) -> Vec<String> {
        let mut read = Vec::new();
        loop {
            match self.lines.recv_timeout(ANSWER_LIMIT) {
                Ok(line) => {
                    let is_last = line.contains(wanted);
                    read.push(line);
                    if is_last {
                        return read;
                    }
                }
                Err(error) => panic!("no \"{wanted}\" ({error}) in {read:#?}"),
            }
        }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("the demo reads");
    }

    /// Says a line and waits for the answer.
    fn ask(&mut self, line: &str, wanted: &str) -> Vec<String> {
        self.say(line);
        self.until(wanted)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // After the end there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The line of node 1 in the table of nodes.
fn first(lines: &[String]) -> &str {
    lines.iter().map(String::as_str).find(|line| line.contains("   1  eu-west")).unwrap_or("")
}

fn sql(url: &str, statement: &str) -> Output {
    let mut command = Command::new(program());
    command.args(["sql", url, "--format", "csv", "--quiet", "-c", statement]);
    command.output().expect("the program starts")
}

/// The URL between quotation marks of each region's line.
fn urls(lines: &[String]) -> Vec<String> {
    let url = |line: &String| line.split('\'').nth(1).map(str::to_owned);
    lines.iter().filter(|line| line.contains("psql 'postgresql://")).filter_map(url).collect()
}

/// The processes that the table of nodes shows.
fn processes(lines: &[String]) -> Vec<String> {
    let nodes = lines.iter().filter(|line| line.contains(" ms") || line.contains("cut"));
    nodes.filter_map(|line| line.split_whitespace().nth(2).map(str::to_owned)).collect()
}

#[test]
fn three_regions_serve_and_survive_and_end_with_the_demo() {
    let mut demo = Demo::start(&["--latency", "4ms"]);
    let begun = demo.until("logs and data in");
    assert!(begun[0].starts_with("3 nodes ready in "), "{begun:#?}");
    let folder = begun.last().and_then(|line| line.split_whitespace().nth(4));
    let folder = folder.map(|path| path.trim_end_matches(';').to_owned()).expect("a folder");
    assert!(std::path::Path::new(&folder).is_dir(), "{folder}");
    let urls = urls(&begun);
    assert_eq!(urls.len(), 3);
    demo.ask("select 'rows: ' || count(*) as n from accounts;", "rows: 999");
    // Each region takes reads and writes, over TLS.
    for (number, url) in urls.iter().enumerate() {
        let write =
            format!("insert into transfers (source, target, amount) values ({}, 9, 1)", number + 1);
        let answer = sql(url, &write);
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    }
    let counted = |url: &str| {
        let answer = sql(url, "select count(*) from transfers");
        String::from_utf8_lossy(&answer.stdout).lines().last().unwrap_or_default().to_owned()
    };
    assert_eq!(counted(&urls[2]), "3");
    let list = demo.ask("\\demo ls", "ap-south");
    let before = processes(&list);
    assert_eq!(before.len(), 3, "{list:#?}");
    assert!(first(&list).contains("2: 4 ms"), "{list:#?}");
    // One that dies is not missed; it comes back with all rows.
    demo.ask("\\demo kill 3", "node 3 is dead");
    assert!(!sql(&urls[2], "select 1").status.success());
    demo.ask(
        "insert into transfers (source, target, amount) values (4, 9, 1) returning 'written' as w;",
        "written",
    );
    demo.ask("\\demo restart 3", "node 3 starts");
    let is_back = tests::wait::poll(ANSWER_LIMIT, || (counted(&urls[2]) == "4").then_some(()));
    assert!(is_back.is_some(), "node 3 does not serve");
    // A region that is cut off does not commit; the others do, and afterwards all agree.
    demo.ask("\\demo partition ap-south eu-west", "nothing passes");
    demo.ask("\\demo partition 3 2", "nothing passes");
    let cut = demo.ask("\\demo ls", "ap-south");
    assert!(first(&cut).contains("2: 4 ms, 3: cut"), "{cut:#?}");
    demo.ask(
        "insert into transfers (source, target, amount) values (5, 9, 1) returning 'alone' as w;",
        "alone",
    );
    demo.ask("\\demo heal", "as it was");
    let is_back = tests::wait::poll(ANSWER_LIMIT, || (counted(&urls[2]) == "5").then_some(()));
    assert!(is_back.is_some(), "node 3 does not catch up");
    demo.ask("\\demo latency eu-west us-east 10ms", "10 ms between");
    let after = demo.ask("\\demo ls", "ap-south");
    assert!(first(&after).contains("2: 10 ms, 3: 4 ms"), "{after:#?}");
    let now = processes(&after);
    demo.say("\\q");
    let code = demo.process.wait().expect("it ends");
    assert!(code.success(), "{code}");
    for process in now {
        let gone = !std::path::Path::new(&format!("/proc/{process}")).exists();
        assert!(gone, "process {process} is left");
    }
    assert!(!std::path::Path::new(&folder).exists(), "{folder} is left");
}

#[test]
fn nodes_end_with_a_demo_that_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo");
    let arguments = ["--regions", "1", "--empty", "--data-dir", data.to_str().expect("a name")];
    let mut demo = Demo::start(&arguments);
    demo.until("logs and data in");
    let list = demo.ask("\\demo ls", "eu-west");
    let row = first(&list);
    let process = row.split_whitespace().nth(2).expect("a process").to_owned();
    demo.process.kill().expect("it runs");
    let ended = tests::wait::poll(ANSWER_LIMIT, || {
        (!std::path::Path::new(&format!("/proc/{process}")).exists()).then_some(())
    });
    assert!(ended.is_some(), "node {process} runs on without its demo");
    assert!(data.join("node-1").is_dir(), "what was asked for is kept");
}

#[test]
fn commands_run_and_mistakes_are_told() {
    let demo = |arguments: &[&str]| {
        let mut command = Command::new(program());
        command.arg("demo").args(arguments).stdin(Stdio::null());
        command.output().expect("the program starts")
    };
    let one =
        demo(&["--regions", "1", "--empty", "-e", "select 6 * 7 as answer", "-e", "\\demo kill 5"]);
    let (told, failed) =
        (String::from_utf8_lossy(&one.stdout), String::from_utf8_lossy(&one.stderr));
    assert!(told.contains("1 nodes ready in") || told.contains("1 node ready in"), "{told}");
    assert!(told.contains("42"), "{told}");
    assert!(failed.contains("there is no node 5"), "{failed}");
    assert_eq!(one.status.code(), Some(1));
    let two = demo(&["--regions", "2"]);
    assert_eq!(two.status.code(), Some(2));
    let told = String::from_utf8_lossy(&two.stderr).into_owned();
    assert!(told.contains("journals want three voters"), "{told}");
    let there = demo(&["--data-dir", "/tmp"]);
    assert_eq!(there.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&there.stderr).contains("exists already"));
}
