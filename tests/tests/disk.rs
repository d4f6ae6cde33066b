//! Disks that are full or cannot be written, as file systems of their own. Mounting one needs root: without it these
//! tests say so and end.
//!
//! Checks: D1 on a full disk, A1 (a refused commit did not happen).

#![allow(clippy::print_stdout, reason = "a test that cannot run says so")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tests::connect::{connect, failure, rows, sqlstate};
use tests::server::start_command;
use tests::wait::poll_async;
use tests::{Options, Server};

const RECOVERY_LIMIT: Duration = Duration::from_secs(30);

/// A small file system in memory, unmounted when dropped.
struct Disk {
    folder: TempDir,
}

impl Disk {
    /// `None` without the right to mount.
    fn mount(mebibytes: u32) -> Option<Disk> {
        let folder = TempDir::new().expect("a temporary directory");
        let size = format!("size={mebibytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "none"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        match mounted {
            Ok(status) if status.success() => Some(Disk { folder }),
            _ => {
                println!("not run: a file system can be mounted by root only");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn make_read_only(&self) {
        let status = Command::new("mount").args(["-o", "remount,ro"]).arg(self.path()).status();
        assert!(status.is_ok_and(|status| status.success()), "remounted");
    }

    fn free(&self) -> u64 {
        let statistics = rustix::fs::statvfs(self.path()).expect("the disk answers");
        statistics.f_bavail * statistics.f_frsize
    }

    /// Takes space until so much is left.
    fn fill(&self, left: u64) -> PathBuf {
        let path = self.path().join("filler");
        let file = File::options().create(true).append(true).open(&path).expect("a file");
        let length = file.metadata().expect("its length").len() + self.free() - left;
        rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, length)
            .expect("space can be taken");
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_stops_writes_keeps_reads_and_recovers() {
    let Some(disk) = Disk::mount(600) else { return };
    let options = Options { folder: Some(disk.path().to_owned()), ..Options::default() };
    let mut server = Server::start(options.with(&["--disk-reserve", "128MiB"]));
    let client = connect(&server).await;
    client
        .batch_execute("create table t (a int primary key, b text); insert into t values (0, 'x')")
        .await
        .expect("there is room");
    // Below the reserve, then not one byte: commits are refused, all else goes on.
    let mut kept = 1;
    for left in [100 << 20, 0] {
        let filler = disk.fill(left);
        let mut refused = 0;
        for number in 0..1_000 {
            let text = "y".repeat(1_000);
            let insert = format!("insert into t values ({}, '{text}')", kept + number);
            match client.batch_execute(&insert).await {
                Ok(()) => kept += 1,
                Err(error) => {
                    assert_eq!(sqlstate(&error), "53100", "{error:?}");
                    refused += 1;
                    if refused == 3 {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        assert_eq!(refused, 3, "with {left} bytes left commits are refused");
        assert_eq!(rows(&client, "select count(*) from t").await, [kept.to_string()]);
        let other = connect(&server).await;
        assert_eq!(rows(&other, "select b from t where a = 0").await, ["x"]);
        assert_eq!(failure(&other, "begin; update t set b = 'z'; commit").await, "53100");
        std::fs::remove_file(filler).expect("space is given back");
        let recovered = poll_async(RECOVERY_LIMIT, || async {
            client.batch_execute("update t set b = 'w' where a = 0").await.ok()
        });
        assert!(recovered.await.is_some(), "writes go on by themselves");
        client.batch_execute("update t set b = 'x' where a = 0").await.expect("writes go on");
    }
    server.kill();
    server.restart();
    let client = connect(&server).await;
    assert_eq!(rows(&client, "select count(*) from t").await, [kept.to_string()]);
    client.batch_execute("insert into t values (-1, 'after')").await.expect("and on");
}

#[test]
fn a_disk_that_cannot_be_written_is_named() {
    let Some(disk) = Disk::mount(64) else { return };
    disk.make_read_only();
    let output = start_command(&disk.path().join("data"))
        .arg("--insecure")
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "one line: {said}");
    assert!(said.contains("data") && said.to_lowercase().contains("read-only"), "{said}");
}
