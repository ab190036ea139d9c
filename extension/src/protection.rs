//! Which policy, which key and which limits apply to a tenant's rows, looked up once per statement.

use crate::datum::Jsonb;
use crate::error::Error;
use crate::policy::{compiled, require_key};
use payload::redact::{Key, Policy, Subject};
use pgrx::prelude::*;
use pgrx::spi::OwnedPreparedStatement;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What applies to one tenant's rows.
#[derive(Clone)]
pub struct Protection {
    pub policy: Rc<Policy>,
    pub key: Option<Rc<Key>>,
    pub version: i32,
    pub inline_bytes: usize,
    pub blob_bytes: usize,
    pub attachment_bytes: usize,
}

impl Protection {
    /// What is no event: labels, metadata, dead letters. A dead letter may have the payload anywhere.
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            key: self.key.as_deref(),
            enclosed: true,
            ..Subject::default()
        }
    }

    /// An event.
    pub fn event<'a>(&'a self, kind: Option<&'a str>, tool: Option<&'a str>) -> Subject<'a> {
        Subject {
            key: self.key.as_deref(),
            ..Subject::event(kind, tool)
        }
    }
}

/// Whose protection it is: tenant, and version and key where they are not the current ones.
type Wanted = (String, Option<i32>, Option<i32>);

thread_local! {
    /// Looked up once per statement and tenant. The statement's start time tells statements apart; the
    /// transaction's, those of a procedure, which is one statement however often it commits.
    static CURRENT: RefCell<Option<([i64; 2], Wanted, Protection)>> = const { RefCell::new(None) };
    /// The query that looks it up: every statement that stores asks once, and to parse and plan it takes
    /// longer than to run it.
    static LOOK_UP: Cell<Option<OwnedPreparedStatement>> = const { Cell::new(None) };
}

const QUERY: &str =
    "SELECT policy, version, inline_bytes, blob_bytes, key_id, secret, attachment_bytes
    FROM transcript.protection($1, $2, $3)";

/// The policy, the key and the limits of a tenant.
pub fn protection(tenant: &str) -> Protection {
    match protection_as(tenant, None, None) {
        Some(protection) => protection,
        None => Error::new(
            "TR031",
            "no redaction policy applies",
            "restore the row of transcript.settings, or run pg_transcript migrate",
        )
        .raise(),
    }
}

/// As of an older version or with an older key; `None` when it is not there.
pub fn protection_as(
    tenant: &str,
    version: Option<i32>,
    key_id: Option<i32>,
) -> Option<Protection> {
    // SAFETY: reads two variables of this backend.
    let statement = unsafe {
        [
            pg_sys::GetCurrentStatementStartTimestamp(),
            pg_sys::GetCurrentTransactionStartTimestamp(),
        ]
    };
    let wanted = (tenant.to_owned(), version, key_id);
    let current = CURRENT.with_borrow(|current| {
        current
            .as_ref()
            .filter(|(at, of, _)| *at == statement && *of == wanted)
            .map(|(_, _, protection)| protection.clone())
    });
    if let Some(protection) = current {
        return Some(protection);
    }
    let protection = look_up(tenant, version, key_id)?;
    require_key(&protection.policy, protection.key.as_deref());
    CURRENT.set(Some((statement, wanted, protection.clone())));
    Some(protection)
}

fn look_up(tenant: &str, version: Option<i32>, key_id: Option<i32>) -> Option<Protection> {
    let found = Spi::connect(|client| -> Result<_, pgrx::spi::Error> {
        let query = match LOOK_UP.take() {
            Some(query) => query,
            None => client
                .prepare(
                    QUERY,
                    &[
                        PgBuiltInOids::TEXTOID.into(),
                        PgBuiltInOids::INT4OID.into(),
                        PgBuiltInOids::INT4OID.into(),
                    ],
                )?
                .keep(),
        };
        let arguments = [tenant.into(), version.into(), key_id.into()];
        let row = client.select(&query, Some(1), &arguments)?.first();
        LOOK_UP.set(Some(query));
        let id = row.get::<i32>(5)?.and_then(|id| u32::try_from(id).ok());
        let secret = row.get::<Vec<u8>>(6)?;
        let key = id
            .zip(secret)
            .and_then(|(id, secret)| Key::new(id, tenant, &secret));
        Ok((
            row.get::<Jsonb>(1)?.map(|policy| compiled(policy.bytes())),
            row.get::<i32>(2)?,
            row.get::<i32>(3)?,
            row.get::<i32>(4)?,
            key.map(Rc::new),
            row.get::<i32>(7)?,
        ))
    });
    let Ok((policy, version, inline_bytes, blob_bytes, key, attachment_bytes)) = found else {
        return None;
    };
    Some(Protection {
        policy: policy?,
        key,
        version: version?,
        inline_bytes: usize::try_from(inline_bytes?).unwrap_or(0),
        blob_bytes: usize::try_from(blob_bytes?).unwrap_or(0),
        attachment_bytes: usize::try_from(attachment_bytes?).unwrap_or(usize::MAX),
    })
}

/// Forgets what the statement looked up: fires when a policy, a key or a setting changes.
#[pg_trigger]
fn forget_protection<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, std::convert::Infallible> {
    CURRENT.set(None);
    Ok(trigger.new())
}
