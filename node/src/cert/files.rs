//! What certificates a directory has.

use std::fmt;
use std::net::IpAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::issue::{Kind, now};
use crate::exit::{Code, Exit, from_io};

/// A certificate on disk.
#[derive(Clone, Debug)]
pub struct Found {
    pub file: PathBuf,
    pub kind: Kind,
    pub subject: String,
    pub names: Vec<String>,
    /// Date.
    pub expires: String,
    /// Negative when it has expired.
    pub days_left: i64,
}

impl Found {
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "file": self.file,
            "kind": self.kind.name(),
            "subject": self.subject,
            "names": self.names,
            "expires": self.expires,
            "days_left": self.days_left,
        })
    }
}

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = match self.days_left {
            ..0 => "EXPIRED".to_owned(),
            days => format!("{days} days left"),
        };
        let (kind, file) = (self.kind.name(), self.file.display());
        write!(formatter, "{kind:9}  {}  {left:>15}  {file}  {}", self.expires, self.subject)?;
        if !self.names.is_empty() {
            write!(formatter, " ({})", self.names.join(", "))?;
        }
        Ok(())
    }
}

/// Makes a directory that only its owner may look into.
pub fn make_directory(path: &Path) -> Result<(), Exit> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| from_io(path, "create", &error))
}

/// The authorities first, then nodes and clients by name.
pub fn all(directory: &Path) -> Result<Vec<Found>, Exit> {
    let authority = directory.join("ca.crt");
    if !authority.exists() {
        let hint = "make an authority with `quorate cert create-ca`";
        return Err(Exit::new(Code::Usage, format!("no {} here; {hint}", authority.display())));
    }
    let mut found = read(&authority, Kind::Authority)?;
    let entries = std::fs::read_dir(directory).map_err(|e| from_io(directory, "read", &e))?;
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        for kind in [Kind::Node, Kind::Client] {
            let file = folder.join(kind.certificate_file());
            if file.exists() {
                found.extend(read(&file, kind)?);
            }
        }
    }
    Ok(found)
}

fn read(file: &Path, kind: Kind) -> Result<Vec<Found>, Exit> {
    let unusable = |reason: &dyn fmt::Display| {
        Exit::new(Code::DataDirectory, format!("{} cannot be read: {reason}", file.display()))
    };
    let all = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(&error))?;
    if all.is_empty() {
        return Err(unusable(&"it holds no certificate"));
    }
    all.iter()
        .map(|der| {
            let (_, parsed) = X509Certificate::from_der(der).map_err(|error| unusable(&error))?;
            Ok(describe(file, kind, &parsed))
        })
        .collect()
}

fn describe(file: &Path, kind: Kind, certificate: &X509Certificate<'_>) -> Found {
    let subject = certificate.subject().iter_common_name().next();
    let subject = subject.and_then(|name| name.as_str().ok()).unwrap_or_default().to_owned();
    let mut names = Vec::new();
    if let Ok(Some(alternatives)) = certificate.subject_alternative_name() {
        for name in &alternatives.value.general_names {
            match name {
                GeneralName::DNSName(name) => names.push((*name).to_owned()),
                GeneralName::IPAddress(bytes) => names.extend(address(bytes)),
                _ => {}
            }
        }
    }
    let not_after = certificate.validity().not_after;
    let now = i64::try_from(now().as_secs()).unwrap_or(i64::MAX);
    let days_left = (not_after.timestamp() - now).div_euclid(86_400);
    let expires = not_after.to_datetime().date().to_string();
    Found { file: file.to_owned(), kind, subject, names, expires, days_left }
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(four).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|sixteen| IpAddr::from(sixteen).to_string())
}
