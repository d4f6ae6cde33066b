//! Handshakes with a server that holds a certificate of a known authority.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::*;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

fn authority() -> Authority {
    let key = KeyPair::generate().expect("a key");
    let mut parameters = CertificateParams::new(Vec::new()).expect("parameters");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = parameters.self_signed(&key).expect("a certificate").pem();
    Authority { issuer: Issuer::new(parameters, key), pem }
}

fn server(authority: &Authority) -> Arc<ServerConfig> {
    let key = KeyPair::generate().expect("a key");
    let parameters = CertificateParams::new(vec!["db.example".to_owned()]).expect("parameters");
    let certificate = parameters.signed_by(&key, &authority.issuer).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a certificate and its key");
    Arc::new(configuration)
}

/// Whether a handshake succeeds, over a pipe in memory.
async fn accepts(
    server: &Arc<ServerConfig>,
    verification: Verification,
    pem: Option<&str>,
    name: &'static str,
) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, pem.unwrap_or_default()).expect("a file");
    let configuration =
        client_configuration(verification, pem.map(|_| path.as_path())).expect("configuration");
    let (near, far) = tokio::io::duplex(16 * 1024);
    let name = ServerName::try_from(name).expect("a name");
    let (client, _server) = tokio::join!(
        TlsConnector::from(configuration).connect(name, near),
        TlsAcceptor::from(server.clone()).accept(far)
    );
    client.is_ok()
}

#[tokio::test]
async fn each_strength_accepts_exactly_what_it_says() {
    let (known, other) = (authority(), authority());
    let server = server(&known);
    let (known, other) = (Some(known.pem.as_str()), Some(other.pem.as_str()));
    let right = "db.example";
    let wrong = "other.example";
    let cases = [
        (Verification::Full, known, right, true),
        (Verification::Full, known, wrong, false),
        (Verification::Full, other, right, false),
        (Verification::Chain, known, right, true),
        (Verification::Chain, known, wrong, true),
        (Verification::Chain, other, right, false),
        (Verification::None, None, wrong, true),
    ];
    for (index, (verification, pem, name, expected)) in cases.into_iter().enumerate() {
        let found = accepts(&server, verification, pem, name).await;
        assert_eq!(found, expected, "case {index}: {verification:?}, {name}");
    }
}

#[test]
fn a_missing_or_empty_authority_is_told() {
    let error = client_configuration(Verification::Full, None).expect_err("no file");
    assert!(error.to_string().contains("--ca-file"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("empty.pem");
    assert!(client_configuration(Verification::Full, Some(&path)).is_err());
    std::fs::write(&path, "").expect("a file");
    let error = client_configuration(Verification::Full, Some(&path)).expect_err("empty");
    assert!(error.to_string().contains("holds no certificate"));
}
