//! From options and URL to a driver configuration and a TLS rule.
//!
//! The driver refuses the URL parameters `sslmode=verify-full`, `sslmode=verify-ca` and
//! `sslrootcert`, which every libpq client knows, so they are taken out of the URL first.

use std::path::PathBuf;
use std::str::FromStr;

use tokio_postgres::Config;

use crate::connection::{
    ConnectError, ConnectOptions, DEFAULT_DATABASE, DEFAULT_PORT, DEFAULT_USER, listed_hosts,
};
use crate::tls::Verification;

/// What was asked for; `connection` has the table of what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsMode {
    Unstated,
    Insecure,
    Disable,
    Prefer,
    Require,
    VerifyAuthority,
    VerifyFull,
}

/// A place to connect to.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) config: Config,
    pub(crate) mode: TlsMode,
    pub(crate) ca_file: Option<PathBuf>,
}

impl Target {
    pub(crate) fn from_options(options: &ConnectOptions) -> Result<Self, ConnectError> {
        let (mut config, mut mode, mut ca_file) = match &options.url {
            Some(url) => {
                if options.host.is_some() || options.port.is_some() {
                    return Err(ConnectError::Options(
                        "a host or port cannot be given beside a URL".to_owned(),
                    ));
                }
                parse_url(url)?
            }
            None => (Config::new(), TlsMode::Unstated, None),
        };
        if config.get_hosts().is_empty() {
            config.host(options.host.as_deref().unwrap_or("localhost"));
            if let Some(hosts) = &options.host
                && hosts.contains(',')
            {
                let port = options.port.unwrap_or(DEFAULT_PORT);
                config = Config::new();
                for host in hosts.split(',') {
                    config.host(host.trim());
                }
                config.port(port);
            } else if config.get_ports().is_empty() {
                config.port(options.port.unwrap_or(DEFAULT_PORT));
            }
        }
        if let Some(user) = &options.user {
            config.user(user);
        } else if config.get_user().is_none() {
            config.user(DEFAULT_USER);
        }
        if let Some(password) = &options.password {
            config.password(password);
        }
        if let Some(database) = &options.database {
            config.dbname(database);
        } else if config.get_dbname().is_none() {
            config.dbname(DEFAULT_DATABASE);
        }
        if config.get_application_name().is_none()
            && let Some(name) = &options.application_name
        {
            config.application_name(name);
        }
        if options.ca_file.is_some() {
            ca_file.clone_from(&options.ca_file);
        }
        if options.insecure {
            if mode == TlsMode::VerifyFull || mode == TlsMode::VerifyAuthority {
                return Err(ConnectError::Options(
                    "--insecure contradicts the URL's sslmode".to_owned(),
                ));
            }
            if mode != TlsMode::Disable {
                mode = TlsMode::Insecure;
            }
        }
        Ok(Self { config, mode, ca_file })
    }

    pub(crate) fn hosts(&self) -> Result<Vec<(String, u16)>, ConnectError> {
        listed_hosts(&self.config)
    }

    /// Whether to go on in clear when the server has no TLS. `local`: it is on this machine.
    pub(crate) fn allows_clear(&self, local: bool) -> bool {
        match self.mode {
            TlsMode::Disable | TlsMode::Prefer | TlsMode::Insecure => true,
            TlsMode::Unstated => local && self.ca_file.is_none(),
            TlsMode::Require | TlsMode::VerifyAuthority | TlsMode::VerifyFull => false,
        }
    }

    pub(crate) fn verification(&self) -> Verification {
        match self.mode {
            TlsMode::VerifyAuthority => Verification::Chain,
            TlsMode::VerifyFull => Verification::Full,
            TlsMode::Insecure | TlsMode::Disable => Verification::None,
            TlsMode::Unstated | TlsMode::Prefer | TlsMode::Require => match self.ca_file {
                Some(_) => Verification::Full,
                None => Verification::None,
            },
        }
    }
}

fn parse_url(url: &str) -> Result<(Config, TlsMode, Option<PathBuf>), ConnectError> {
    let mut mode = TlsMode::Unstated;
    let mut ca_file = None;
    let mut take = |name: &str, value: &str| -> Result<bool, ConnectError> {
        match name {
            "sslmode" => {
                mode = match value {
                    "disable" => TlsMode::Disable,
                    "allow" | "prefer" => TlsMode::Prefer,
                    "require" => TlsMode::Require,
                    "verify-ca" => TlsMode::VerifyAuthority,
                    "verify-full" => TlsMode::VerifyFull,
                    _ => {
                        return Err(ConnectError::Options(format!(
                            "invalid sslmode value: \"{value}\""
                        )));
                    }
                };
                Ok(true)
            }
            "sslrootcert" => {
                ca_file = Some(PathBuf::from(value));
                Ok(true)
            }
            _ => Ok(false),
        }
    };
    let is_url = url.starts_with("postgresql://") || url.starts_with("postgres://");
    let rest = if is_url {
        let (front, query) = url.split_once('?').unwrap_or((url, ""));
        let mut kept = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if !take(name, &decode_percent(value))? {
                kept.push(parameter);
            }
        }
        if kept.is_empty() { front.to_owned() } else { format!("{front}?{}", kept.join("&")) }
    } else {
        let mut kept = Vec::new();
        for setting in url.split_whitespace() {
            let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
            if !take(name, value.trim_matches('\''))? {
                kept.push(setting);
            }
        }
        kept.join(" ")
    };
    // The driver's message names the offending part without the password.
    let config = Config::from_str(&rest).map_err(|error| {
        ConnectError::Options(format!("connection URL: {}", crate::connection::explain(&error)))
    })?;
    Ok((config, mode, ca_file))
}

fn decode_percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let code = (bytes[index] == b'%')
            .then(|| text.get(index + 1..index + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(byte) => {
                decoded.push(byte);
                index += 3;
            }
            None => {
                decoded.push(bytes[index]);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_url(url: &str) -> Result<Target, ConnectError> {
        Target::from_options(&ConnectOptions { url: Some(url.to_owned()), ..Default::default() })
    }

    #[test]
    fn defaults_are_those_of_a_new_cluster() {
        let target = Target::from_options(&ConnectOptions::default()).expect("valid");
        assert_eq!(target.hosts().expect("listed"), vec![("localhost".to_owned(), 5432)]);
        assert_eq!(target.config.get_user(), Some("admin"));
        assert_eq!(target.config.get_dbname(), Some("postgres"));
        assert!(target.allows_clear(true));
        assert!(!target.allows_clear(false));
    }

    #[test]
    fn url_parameters_the_driver_does_not_know_are_honoured() {
        let target = of_url(
            "postgresql://app:secret@db.example:26000/shop?sslmode=verify-full\
             &sslrootcert=%2Fetc%2Fca.pem&application_name=x",
        )
        .expect("valid");
        assert_eq!(target.mode, TlsMode::VerifyFull);
        assert_eq!(target.ca_file, Some(PathBuf::from("/etc/ca.pem")));
        assert_eq!(target.config.get_application_name(), Some("x"));
        assert_eq!(target.hosts().expect("listed"), vec![("db.example".to_owned(), 26000)]);
        assert!(!target.allows_clear(true));
    }

    #[test]
    fn a_setting_string_is_taken_as_well() {
        let target = of_url("host=a,b port=1,2 user=u sslmode=disable").expect("valid");
        assert_eq!(target.mode, TlsMode::Disable);
        let hosts = target.hosts().expect("listed");
        assert_eq!(hosts, vec![("a".to_owned(), 1), ("b".to_owned(), 2)]);
    }

    #[test]
    fn several_hosts_share_one_port() {
        let options =
            ConnectOptions { host: Some("a, b".into()), port: Some(7), ..Default::default() };
        let target = Target::from_options(&options).expect("valid");
        let hosts = target.hosts().expect("listed");
        assert_eq!(hosts, vec![("a".to_owned(), 7), ("b".to_owned(), 7)]);
    }

    #[test]
    fn options_override_the_url_but_not_its_host() {
        let options = ConnectOptions {
            url: Some("postgresql://app@db/shop".to_owned()),
            user: Some("other".to_owned()),
            ..Default::default()
        };
        let target = Target::from_options(&options).expect("valid");
        assert_eq!(target.config.get_user(), Some("other"));
        let options = ConnectOptions { host: Some("x".to_owned()), ..options };
        assert!(matches!(Target::from_options(&options), Err(ConnectError::Options(_))));
    }

    #[test]
    fn verification_is_never_weaker_than_what_was_asked_for() {
        assert_eq!(
            of_url("postgresql://h/d?sslmode=verify-ca").expect("valid").verification(),
            Verification::Chain
        );
        let options = ConnectOptions {
            url: Some("postgresql://h/d?sslmode=require".to_owned()),
            ca_file: Some(PathBuf::from("ca.pem")),
            ..Default::default()
        };
        let target = Target::from_options(&options).expect("valid");
        assert_eq!(target.verification(), Verification::Full);
        let contradiction = ConnectOptions {
            url: Some("postgresql://h/d?sslmode=verify-full".to_owned()),
            insecure: true,
            ..Default::default()
        };
        assert!(Target::from_options(&contradiction).is_err());
        assert!(of_url("postgresql://h/d?sslmode=sometimes").is_err());
    }
}
