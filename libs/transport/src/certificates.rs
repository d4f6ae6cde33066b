//! The certificates of a node, read again while it runs.
//!
//! A node's certificate carries the name [`node_name`] of its number. The dialer expects the name of the node that it
//! wants to reach, the acceptor the name of the node that the hello claims; both check that the cluster's authority
//! signed it. So one node cannot pass for another, and a client's certificate not for a node's.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use tokio::sync::watch;

use crate::error::OpenError;

/// Certificates are looked through for nodes up to this number.
const NODE_MAX: u64 = 4_096;

/// The name that a node's certificate carries.
pub fn node_name(node: u64) -> String {
    format!("node-{node}.quorate.internal")
}

pub(crate) fn server_name(node: u64) -> ServerName<'static> {
    ServerName::try_from(node_name(node)).expect("letters, digits and dots")
}

/// Whether the certificate is that of the node.
pub(crate) fn is_of_node(certificate: &CertificateDer<'_>, node: u64) -> bool {
    ParsedCertificate::try_from(certificate)
        .is_ok_and(|parsed| verify_server_name(&parsed, &server_name(node)).is_ok())
}

/// Where the certificates are, as PEM.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The cluster's authorities; several while one is replaced.
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl CertificateFiles {
    /// `ca.crt`, `node.crt` and `node.key` of a directory.
    pub fn of_directory(directory: &Path) -> CertificateFiles {
        CertificateFiles {
            authority: directory.join("ca.crt"),
            certificate: directory.join("node.crt"),
            key: directory.join("node.key"),
        }
    }
}

pub(crate) struct Configs {
    pub server: Arc<ServerConfig>,
    pub client: Arc<ClientConfig>,
    /// For a node that does not know yet whom it will reach.
    pub stranger: Arc<ClientConfig>,
}

/// Accepts every certificate that the cluster's authority signed for a server, whatever its name.
#[derive(Debug)]
struct AnyNode {
    roots: Arc<RootCertStore>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for AnyNode {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.algorithms.all;
        verify_server_cert_signed_by_trust_anchor(
            &certificate,
            &self.roots,
            intermediates,
            now,
            algorithms,
        )?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Certificates in use. [`CertificateStore::reload`] takes new ones from the same files: new connections use them at
/// once, and those that this node dialed are replaced without losing a request.
pub struct CertificateStore {
    files: CertificateFiles,
    configs: ArcSwap<Configs>,
    generation: watch::Sender<u64>,
}

impl CertificateStore {
    pub fn open(files: CertificateFiles) -> Result<Arc<CertificateStore>, OpenError> {
        let configs = ArcSwap::from_pointee(read(&files)?);
        Ok(Arc::new(CertificateStore { files, configs, generation: watch::Sender::new(0) }))
    }

    /// The node whose certificate it is; `None` if it is no node's.
    pub fn node(&self) -> Option<u64> {
        let read = CertificateDer::pem_file_iter(&self.files.certificate);
        let certificate = read.ok()?.next()?.ok()?;
        (1..=NODE_MAX).find(|node| is_of_node(&certificate, *node))
    }

    /// Reads the files again. After an error the old certificates stay in use.
    pub fn reload(&self) -> Result<(), OpenError> {
        self.configs.store(Arc::new(read(&self.files)?));
        self.generation.send_modify(|generation| *generation += 1);
        Ok(())
    }

    pub(crate) fn configs(&self) -> Arc<Configs> {
        self.configs.load_full()
    }

    pub(crate) fn generation(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }
}

fn read(files: &CertificateFiles) -> Result<Configs, OpenError> {
    let unusable =
        |file: &Path, reason: String| OpenError::Certificate { file: file.to_owned(), reason };
    let certificates = |file: &PathBuf| {
        let read =
            CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        match read {
            Ok(read) if read.is_empty() => {
                Err(unusable(file, "it holds no certificate".to_owned()))
            }
            Ok(read) => Ok(read),
            Err(error) => Err(unusable(file, error.to_string())),
        }
    };
    let mut roots = RootCertStore::empty();
    for authority in certificates(&files.authority)? {
        roots.add(authority).map_err(|error| unusable(&files.authority, error.to_string()))?;
    }
    let roots = Arc::new(roots);
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| unusable(&files.key, error.to_string()))?;
    let of_chain = |error: rustls::Error| unusable(&files.certificate, error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone())
        .build()
        .map_err(|error| unusable(&files.authority, error.to_string()))?;
    let mut server = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(of_chain)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain.clone(), key.clone_key())
        .map_err(of_chain)?;
    // A resumed session would skip the check of a certificate that has been replaced since.
    server.send_tls13_tickets = 0;
    let any_node =
        AnyNode { roots: roots.clone(), algorithms: provider.signature_verification_algorithms };
    let client = || {
        ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(of_chain)
    };
    let mut stranger = client()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(any_node))
        .with_client_auth_cert(chain.clone(), key.clone_key())
        .map_err(of_chain)?;
    let mut client = client()?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .map_err(of_chain)?;
    client.resumption = rustls::client::Resumption::disabled();
    stranger.resumption = rustls::client::Resumption::disabled();
    Ok(Configs { server: Arc::new(server), client: Arc::new(client), stranger: Arc::new(stranger) })
}
