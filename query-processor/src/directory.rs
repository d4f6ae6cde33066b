//! Roles and databases as authentication asks for them.

use std::sync::Arc;

use protocol::journal::BoxFuture;
use session::{Directory, RoleCredentials};
use types::SqlError;

use crate::services::Services;

/// Answers from the newest catalog.
pub struct CatalogDirectory {
    services: Arc<Services>,
}

impl CatalogDirectory {
    pub fn new(services: Arc<Services>) -> CatalogDirectory {
        CatalogDirectory { services }
    }
}

impl Directory for CatalogDirectory {
    fn role(&self, name: &str) -> BoxFuture<Result<Option<RoleCredentials>, SqlError>> {
        let found = self.services.catalog_at(self.services.storage.watermark()).map(|catalog| {
            catalog.role_by_name(name).map(|role| RoleCredentials {
                oid: role.oid,
                login: role.login,
                superuser: role.superuser,
                verifier: role.verifier.clone(),
                valid_until: role.valid_until,
                connection_limit: role.connection_limit,
            })
        });
        Box::pin(std::future::ready(found))
    }

    fn database_exists(&self, name: &str) -> BoxFuture<Result<bool, SqlError>> {
        let found = self
            .services
            .catalog_at(self.services.storage.watermark())
            .map(|catalog| catalog.database_by_name(name).is_some());
        Box::pin(std::future::ready(found))
    }
}
