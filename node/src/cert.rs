//! `quorate cert`: the cluster's authority, the certificates that it signs, their renewal.
//!
//! One directory, that of the authority, has everything: `ca.crt`, `ca.key`, and a folder for each node
//! (`node-3/{ca.crt,node.crt,node.key}`, to be copied to the node as it is) and each client
//! (`client-app/{ca.crt,client.crt,client.key}`). All files are readable by their owner only.
//!
//! Renewal without an interruption: `rotate` signs everything anew with the same names; a running node reads its files
//! again when it gets SIGHUP. A new authority takes three steps, so that nodes with old and new files trust each other
//! all the time: `rotate --authority` (every `ca.crt` then holds both; give it to all nodes), `rotate` (new certificates;
//! give them to all), `rotate --forget-old` (every `ca.crt` holds the new one only).

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::exit::{Code, Exit};

mod files;
pub mod issue;
#[cfg(test)]
mod tests;

use issue::{Authority, Kind, Request};

/// Options of `quorate cert`.
#[derive(Debug, Args)]
pub struct CertOptions {
    /// The authority's directory.
    #[arg(
        long,
        global = true,
        env = "QUORATE_CERTS_DIR",
        default_value = "quorate-certs",
        value_name = "DIR"
    )]
    certs_dir: PathBuf,
    #[command(subcommand)]
    command: CertCommand,
}

#[derive(Debug, Subcommand)]
enum CertCommand {
    /// Make the cluster's certificate authority.
    CreateCa {
        /// Days until it expires.
        #[arg(long, default_value_t = 3650, value_parser = clap::value_parser!(u32).range(1..=36500))]
        days: u32,
    },
    /// Make a node's certificate.
    CreateNode {
        /// The node's number.
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        node_id: u64,
        /// Host names and addresses that clients use for it.
        #[arg(value_name = "HOST")]
        hosts: Vec<String>,
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=36500))]
        days: u32,
    },
    /// Make a client's certificate.
    CreateClient {
        /// The role that the client logs in as.
        user: String,
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=36500))]
        days: u32,
    },
    /// Show all certificates and when they expire.
    List {
        /// One JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Sign all certificates anew, with the same names.
    Rotate {
        /// Only make a new authority; the old one is trusted on.
        #[arg(long)]
        authority: bool,
        /// Only forget the older authorities.
        #[arg(long, conflicts_with = "authority")]
        forget_old: bool,
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=36500))]
        days: u32,
    },
}

fn usage(message: impl Into<String>) -> Exit {
    Exit::new(Code::Usage, message)
}

/// Runs the command.
pub fn run(options: CertOptions) -> Result<(), Exit> {
    let directory = options.certs_dir;
    match options.command {
        CertCommand::CreateCa { days } => create_ca(&directory, days),
        CertCommand::CreateNode { node_id, hosts, days } => {
            let request = node_request(node_id, hosts, days)?;
            create(&directory, &format!("node-{node_id}"), &request)
        }
        CertCommand::CreateClient { user, days } => {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if user.is_empty() || user.len() > 63 || !user.chars().all(is_plain) {
                let message =
                    format!("\"{user}\": a client's name has letters, digits, - and _ only");
                return Err(usage(message));
            }
            let folder = format!("client-{user}");
            let names = vec![format!("client-{user}.quorate.internal")];
            create(&directory, &folder, &Request { kind: Kind::Client, subject: user, names, days })
        }
        CertCommand::List { json } => list(&directory, json),
        CertCommand::Rotate { authority, forget_old, days } => {
            rotate(&directory, authority, forget_old, days)
        }
    }
}

fn node_request(node: u64, hosts: Vec<String>, days: u32) -> Result<Request, Exit> {
    let mut names = vec![
        transport::node_name(node),
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
    ];
    for host in hosts {
        let is_name = |host: &str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
            !host.is_empty() && host.len() <= 253 && host.chars().all(is_plain)
        };
        // A certificate must not pass for another node's.
        let is_ours = host.to_ascii_lowercase().ends_with(".quorate.internal");
        if is_ours || !(host.parse::<IpAddr>().is_ok() || is_name(&host)) {
            return Err(usage(format!("\"{host}\" is no host name or address for a certificate")));
        }
        if !names.contains(&host) {
            names.push(host);
        }
    }
    Ok(Request { kind: Kind::Node, subject: format!("node {node}"), names, days })
}

#[expect(clippy::print_stdout, reason = "a command's answer")]
fn say(line: &str) {
    println!("{line}");
}

fn create_ca(directory: &Path, days: u32) -> Result<(), Exit> {
    for file in ["ca.crt", "ca.key"] {
        if directory.join(file).exists() {
            let shown = directory.join(file);
            let hint = "use `quorate cert rotate --authority` to replace the authority";
            return Err(usage(format!("{} exists; {hint}", shown.display())));
        }
    }
    files::make_directory(directory)?;
    Authority::create(days)?.write(directory, "")?;
    say(&format!("authority made in {}; keep ca.key where no node has it", directory.display()));
    Ok(())
}

fn create(directory: &Path, folder: &str, request: &Request) -> Result<(), Exit> {
    let target = directory.join(folder);
    if target.join(request.kind.certificate_file()).exists() {
        let hint = "use `quorate cert rotate` to renew it";
        return Err(usage(format!("{} exists; {hint}", target.display())));
    }
    let authority = Authority::read(directory)?;
    files::make_directory(&target)?;
    authority.issue(&target, request)?;
    say(&format!("certificate for {} made in {}", request.subject, target.display()));
    Ok(())
}

fn list(directory: &Path, json: bool) -> Result<(), Exit> {
    let found = files::all(directory)?;
    if json {
        let rows: Vec<_> = found.iter().map(files::Found::to_json).collect();
        say(&serde_json::to_string_pretty(&rows).expect("plain data"));
        return Ok(());
    }
    for certificate in &found {
        say(&certificate.to_string());
    }
    Ok(())
}

fn rotate(directory: &Path, authority: bool, forget_old: bool, days: u32) -> Result<(), Exit> {
    // Everything is read before anything is written.
    let found = files::all(directory)?;
    let signer = Authority::read(directory)?;
    let issued: Vec<_> = found.iter().filter(|found| found.kind != Kind::Authority).collect();
    if authority || forget_old {
        let newest = match authority {
            true => Authority::create(issue::AUTHORITY_DAYS)?,
            false => signer,
        };
        // One that is being replaced is enough: an older one has been replaced everywhere by now.
        let older = match authority {
            true => Authority::read(directory)?.newest_pem(),
            false => String::new(),
        };
        newest.write(directory, &older)?;
        for certificate in issued {
            newest.write_trusted(certificate.file.parent().unwrap_or(directory), &older)?;
        }
        let what = if authority {
            "a new authority is trusted as well"
        } else {
            "one authority is trusted"
        };
        say(&format!("{what}; give every node its ca.crt and send it SIGHUP"));
        return Ok(());
    }
    for certificate in issued {
        let request = Request {
            kind: certificate.kind,
            subject: certificate.subject.clone(),
            names: certificate.names.clone(),
            days,
        };
        let folder = certificate.file.parent().unwrap_or(directory);
        signer.issue(folder, &request)?;
        say(&format!("certificate for {} renewed in {}", request.subject, folder.display()));
    }
    Ok(())
}
