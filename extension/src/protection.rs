//! Which policy and which limits apply to a tenant's rows, looked up once per statement.

use crate::datum::Jsonb;
use crate::error::Error;
use crate::policy::compiled;
use payload::redact::Policy;
use pgrx::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;

/// What applies to one tenant's rows.
#[derive(Clone)]
pub struct Protection {
    pub policy: Rc<Policy>,
    pub version: i32,
    pub inline_bytes: usize,
    pub blob_bytes: usize,
    pub attachment_bytes: usize,
}

thread_local! {
    /// Looked up once per statement and tenant: the statement's start time tells statements apart.
    static CURRENT: RefCell<Option<(i64, String, Protection)>> = const { RefCell::new(None) };
}

/// The policy and the limits of a tenant.
pub fn protection(tenant: &str) -> Protection {
    // SAFETY: reads a variable of this backend.
    let statement = unsafe { pg_sys::GetCurrentStatementStartTimestamp() };
    let current = CURRENT.with_borrow(|current| {
        current
            .as_ref()
            .filter(|(at, of, _)| *at == statement && of == tenant)
            .map(|(_, _, protection)| protection.clone())
    });
    if let Some(protection) = current {
        return protection;
    }
    let found = Spi::connect(|client| -> Result<_, pgrx::spi::Error> {
        let query = "SELECT policy, version, inline_bytes, blob_bytes, attachment_bytes
            FROM transcript.protection($1)";
        let row = client.select(query, Some(1), &[tenant.into()])?.first();
        Ok((
            row.get::<Jsonb>(1)?.map(|policy| compiled(policy.bytes())),
            row.get::<i32>(2)?,
            row.get::<i32>(3)?,
            row.get::<i32>(4)?,
            row.get::<i32>(5)?,
        ))
    });
    let protection = match found {
        Ok((Some(policy), Some(version), Some(inline), Some(blob), Some(attachment))) => {
            Protection {
                policy,
                version,
                inline_bytes: usize::try_from(inline).unwrap_or(0),
                blob_bytes: usize::try_from(blob).unwrap_or(0),
                attachment_bytes: usize::try_from(attachment).unwrap_or(usize::MAX),
            }
        }
        _ => Error::new(
            "TR031",
            "no redaction policy applies",
            "restore the row of transcript.settings, or run pg_transcript migrate",
        )
        .raise(),
    };
    CURRENT.set(Some((statement, tenant.to_owned(), protection.clone())));
    protection
}

/// Forgets what the statement looked up: fires when a policy or a setting changes.
#[pg_trigger]
fn forget_protection<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, std::convert::Infallible> {
    CURRENT.set(None);
    Ok(trigger.new())
}
