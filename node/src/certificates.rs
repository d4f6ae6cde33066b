//! The node's own certificate authority and certificate, made on the first start.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::data_directory::write_private;
use crate::exit::{Code, Exit, from_io};

/// Where the certificates are.
#[derive(Clone, Debug)]
pub struct Certificates {
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

fn failed(error: &dyn std::fmt::Display) -> Exit {
    Exit::failure(format!("could not make a certificate: {error}"))
}

impl Certificates {
    /// Those of the data directory; made if there are none.
    pub fn ensure(directory: &Path, host: &str, node: u32) -> Result<Certificates, Exit> {
        let certificates = Certificates {
            authority: directory.join("ca.crt"),
            certificate: directory.join("node.crt"),
            key: directory.join("node.key"),
        };
        if certificates.certificate.exists() && certificates.key.exists() {
            return Ok(certificates);
        }
        std::fs::create_dir_all(directory).map_err(|e| from_io(directory, "create", &e))?;
        certificates.generate(directory, host, node)?;
        Ok(certificates)
    }

    fn generate(&self, directory: &Path, host: &str, node: u32) -> Result<(), Exit> {
        let authority_key = KeyPair::generate().map_err(|e| failed(&e))?;
        let mut params = CertificateParams::new(Vec::new()).map_err(|e| failed(&e))?;
        params.distinguished_name.push(DnType::CommonName, "Quorate cluster CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority = params.self_signed(&authority_key).map_err(|e| failed(&e))?;
        let issuer = Issuer::new(params, authority_key);
        let node_key = KeyPair::generate().map_err(|e| failed(&e))?;
        let mut names = vec!["localhost".to_owned(), transport::node_name(u64::from(node))];
        if host.parse::<std::net::IpAddr>().is_err() && host != "localhost" {
            names.push(host.to_owned());
        }
        let mut params = CertificateParams::new(names).map_err(|e| failed(&e))?;
        params.distinguished_name.push(DnType::CommonName, "quorate node");
        for address in ["127.0.0.1", "::1", host] {
            if let Ok(address) = address.parse::<std::net::IpAddr>()
                && !address.is_unspecified()
            {
                params.subject_alt_names.push(SanType::IpAddress(address));
            }
        }
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let node = params.signed_by(&node_key, &issuer).map_err(|e| failed(&e))?;
        write_private(&directory.join("ca.key"), issuer.key().serialize_pem().as_bytes())?;
        write_private(&self.authority, authority.pem().as_bytes())?;
        write_private(&self.key, node_key.serialize_pem().as_bytes())?;
        let chain = format!("{}{}", node.pem(), authority.pem());
        write_private(&self.certificate, chain.as_bytes())
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
