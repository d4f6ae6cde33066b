//! Conditions of domains for values that no plan checks: those inside of literals, arrays and rows of COPY.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use planner::expression::Expr;
use types::{Datum, Oid, SqlResult};

use crate::binding;
use crate::environment::StatementEnvironment;

/// The conditions that a statement has met, bound once each.
#[derive(Default)]
pub struct DomainChecks {
    bound: Mutex<HashMap<Oid, Arc<Expr>>>,
}

impl DomainChecks {
    /// Fails if a value of the type under a domain is none of the domain.
    pub fn check(
        &self,
        environment: &StatementEnvironment,
        domain: Oid,
        value: &Datum,
    ) -> SqlResult<()> {
        let known = self.bound.lock().get(&domain).map(Arc::clone);
        let check = match known {
            Some(known) => known,
            None => {
                let bound = Arc::new(planner::bind_domain_check(domain, environment)?);
                self.bound.lock().insert(domain, Arc::clone(&bound));
                bound
            }
        };
        binding::value(&check, std::slice::from_ref(value), environment).map(drop)
    }
}
