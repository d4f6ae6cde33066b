//! The first start: what a new database contains.

use std::sync::Arc;

use catalog::Descriptor;
use protocol::TransactionId;
use protocol::transaction::{CommitRequest, ConflictClass, Write};
use query_processor::Services;
use uuid::Uuid;

use crate::data_directory::{DataDirectory, write_private};
use crate::exit::Exit;

/// The file that keeps the generated password of role `admin`.
pub const PASSWORD_FILE: &str = "admin-password";
/// Letters and digits that are not mistaken for each other.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const PASSWORD_LENGTH: usize = 24;

/// Makes the catalog of a new database if there is none. Returns the password of `admin` if it was made now.
pub async fn ensure(
    services: &Arc<Services>,
    directory: &DataDirectory,
) -> Result<Option<String>, Exit> {
    let tau = services.storage.watermark();
    let catalog = services
        .catalog_at(tau)
        .map_err(|error| Exit::failure(format!("the catalog cannot be read: {error}")))?;
    if catalog.role_by_name("admin").is_some() || catalog.databases().next().is_some() {
        return Ok(None);
    }
    let password = match directory.identity.secure {
        true => Some(password(directory)?),
        false => None,
    };
    let mut writes = Vec::new();
    for mut descriptor in catalog::bootstrap_descriptors() {
        if let (Descriptor::Role(role), Some(password)) = (&mut descriptor, &password) {
            let verifier = query_processor::scram::verifier(password)
                .map_err(|error| Exit::failure(error.to_string()))?;
            role.verifier = Some(verifier);
        }
        let oid = descriptor.oid();
        let value = bytes::Bytes::copy_from_slice(&oid.to_be_bytes());
        let class = Some(ConflictClass::Exclusive);
        for key in descriptor.name_keys() {
            writes.push(Write { key, value: Some(value.clone()), class });
        }
        let key = catalog::descriptor_key(oid);
        writes.push(Write { key, value: Some(descriptor.encode()), class });
    }
    let request = CommitRequest {
        id: TransactionId(Uuid::now_v7()),
        tau_start: tau,
        writes,
        additions: Vec::new(),
        checks: Vec::new(),
        ranges: Vec::new(),
        schema: Vec::new(),
    };
    match services.commit_visibly(request).await {
        Ok(_) => Ok(password),
        Err(error) => Err(Exit::failure(format!("the new database could not be made: {error:?}"))),
    }
}

/// The password in the data directory, made if there is none: a first start that failed half-way keeps it.
fn password(directory: &DataDirectory) -> Result<String, Exit> {
    let path = directory.file(PASSWORD_FILE);
    if let Ok(text) = std::fs::read_to_string(&path)
        && !text.trim().is_empty()
    {
        return Ok(text.trim().to_owned());
    }
    let password: String = (0..PASSWORD_LENGTH)
        .map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]))
        .collect();
    write_private(&path, format!("{password}\n").as_bytes())?;
    Ok(password)
}
