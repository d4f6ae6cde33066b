//! Keys and signatures.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use runtime::{Clock, SystemClock};

use crate::data_directory::write_private;
use crate::exit::{Code, Exit, from_io};

/// How long a new authority is good for.
pub const AUTHORITY_DAYS: u32 = 3650;
const DAY: Duration = Duration::from_secs(86_400);
/// Certificates are good since a while ago: other machines' clocks may be behind.
const BACKDATED: Duration = Duration::from_secs(3_600);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Authority,
    Node,
    Client,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Authority => "authority",
            Kind::Node => "node",
            Kind::Client => "client",
        }
    }

    pub fn certificate_file(self) -> &'static str {
        match self {
            Kind::Authority => "ca.crt",
            Kind::Node => "node.crt",
            Kind::Client => "client.crt",
        }
    }

    fn key_file(self) -> &'static str {
        match self {
            Kind::Authority => "ca.key",
            Kind::Node => "node.key",
            Kind::Client => "client.key",
        }
    }
}

/// A certificate that is wanted.
#[derive(Clone, Debug)]
pub struct Request {
    pub kind: Kind,
    pub subject: String,
    /// Host names and addresses.
    pub names: Vec<String>,
    pub days: u32,
}

/// Who signs.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// All authorities that are trusted, the newest first.
    certificates: String,
    key: String,
}

fn failed(error: impl std::fmt::Display) -> Exit {
    Exit::failure(format!("could not make a certificate: {error}"))
}

/// Seconds since 1970.
pub fn now() -> Duration {
    Duration::from_nanos(SystemClock::new(0).now().latest.0)
}

fn date(params: &mut CertificateParams, days: u32) {
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now().saturating_sub(BACKDATED);
    params.not_after = epoch + now() + DAY * days;
}

impl Authority {
    pub fn create(days: u32) -> Result<Authority, Exit> {
        let key = KeyPair::generate().map_err(failed)?;
        let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
        params.distinguished_name.push(DnType::CommonName, "Quorate cluster CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        date(&mut params, days);
        let certificates = params.self_signed(&key).map_err(failed)?.pem();
        let serialized = key.serialize_pem();
        Ok(Authority { issuer: Issuer::new(params, key), certificates, key: serialized })
    }

    pub fn read(directory: &Path) -> Result<Authority, Exit> {
        let read = |name: &str| {
            let file = directory.join(name);
            std::fs::read_to_string(&file).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => Exit::new(
                    Code::Usage,
                    format!(
                        "no {} here; make an authority with `quorate cert create-ca`",
                        file.display()
                    ),
                ),
                _ => from_io(&file, "read", &error),
            })
        };
        let (certificates, key) = (read("ca.crt")?, read("ca.key")?);
        let unusable = |error: &dyn std::fmt::Display| {
            let shown = directory.display();
            Exit::new(
                Code::DataDirectory,
                format!("the authority in {shown} cannot be used: {error}"),
            )
        };
        let pair = KeyPair::from_pem(&key).map_err(|error| unusable(&error))?;
        let issuer =
            Issuer::from_ca_cert_pem(&certificates, pair).map_err(|error| unusable(&error))?;
        Ok(Authority { issuer, certificates, key })
    }

    /// The authority that signs, without older ones.
    pub fn newest_pem(&self) -> String {
        const END: &str = "-----END CERTIFICATE-----";
        match self.certificates.find(END) {
            Some(at) => format!("{}\n", &self.certificates[..at + END.len()]),
            None => self.certificates.clone(),
        }
    }

    /// Writes the authority, and behind it older ones that are still trusted.
    pub fn write(&self, directory: &Path, older: &str) -> Result<(), Exit> {
        write_private(&directory.join("ca.key"), self.key.as_bytes())?;
        self.write_trusted(directory, older)
    }

    /// Writes who is trusted, without the key.
    pub fn write_trusted(&self, directory: &Path, older: &str) -> Result<(), Exit> {
        let all = format!("{}{older}", self.newest_pem());
        write_private(&directory.join("ca.crt"), all.as_bytes())
    }

    /// Makes a key and a certificate, replacing those in the folder.
    pub fn issue(&self, folder: &Path, request: &Request) -> Result<(), Exit> {
        let key = KeyPair::generate().map_err(failed)?;
        let (addresses, names): (Vec<_>, Vec<_>) =
            request.names.iter().partition(|name| name.parse::<IpAddr>().is_ok());
        let names: Vec<String> = names.into_iter().cloned().collect();
        let mut params = CertificateParams::new(names).map_err(failed)?;
        let addresses = addresses.iter().filter_map(|address| address.parse().ok());
        params.subject_alt_names.extend(addresses.map(SanType::IpAddress));
        params.distinguished_name.push(DnType::CommonName, request.subject.as_str());
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = match request.kind {
            Kind::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
            _ => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
        };
        date(&mut params, request.days);
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        write_private(&folder.join("ca.crt"), self.certificates.as_bytes())?;
        write_private(&folder.join(request.kind.key_file()), key.serialize_pem().as_bytes())?;
        let file = folder.join(request.kind.certificate_file());
        write_private(&file, certificate.pem().as_bytes())
    }
}
