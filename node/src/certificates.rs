//! The node's own certificate authority and certificate, made on the first start.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::cert::issue::{Authority, Kind, Request};
use crate::exit::{Code, Exit, from_io};

/// Where the certificates are.
#[derive(Clone, Debug)]
pub struct Certificates {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What a node makes for itself does not expire while it is used: nobody would renew it.
const OWN_DAYS: u32 = 36_500;

impl Certificates {
    /// Those of the data directory; made if there are none.
    pub fn ensure(directory: &Path, host: &str, node: u32) -> Result<Certificates, Exit> {
        let certificates = Certificates {
            certificate: directory.join("node.crt"),
            key: directory.join("node.key"),
        };
        if certificates.certificate.exists() && certificates.key.exists() {
            return Ok(certificates);
        }
        std::fs::create_dir_all(directory).map_err(|e| from_io(directory, "create", &e))?;
        Certificates::generate(directory, host, node)?;
        Ok(certificates)
    }

    fn generate(directory: &Path, host: &str, node: u32) -> Result<(), Exit> {
        let mut names =
            ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into_iter().collect::<Vec<_>>();
        names.push(transport::node_name(u64::from(node)));
        let is_unspecified =
            host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_unspecified());
        if !is_unspecified && !names.iter().any(|name| name == host) {
            names.push(host.to_owned());
        }
        let authority = Authority::create(OWN_DAYS)?;
        authority.write(directory, "")?;
        let subject = "quorate node".to_owned();
        authority.issue(directory, &Request { kind: Kind::Node, subject, names, days: OWN_DAYS })
    }

    /// The certificate as PEM, for channel binding.
    pub fn certificate_pem(&self) -> Result<Vec<u8>, Exit> {
        std::fs::read(&self.certificate).map_err(|e| from_io(&self.certificate, "read", &e))
    }

    /// What the SQL listener presents: TLS 1.2 and 1.3, with ALPN `postgresql` for direct negotiation.
    pub fn server_config(&self) -> Result<Arc<rustls::ServerConfig>, Exit> {
        let unusable = |error: &dyn std::fmt::Display| {
            Exit::new(
                Code::DataDirectory,
                format!("{} cannot be used: {error}", self.certificate.display()),
            )
        };
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|e| unusable(&e))?;
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|e| unusable(&e))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| unusable(&e))?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|e| unusable(&e))?;
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Arc::new(config))
    }
}
