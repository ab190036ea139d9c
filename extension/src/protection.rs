//! Which policy, which key and which limits apply to a tenant's rows, looked up again when that may have changed.

use crate::datum::Jsonb;
use crate::error::Error;
use crate::policy::{compiled, require_key};
use payload::redact::{Key, Policy, Subject};
use pgrx::prelude::*;
use pgrx::spi::OwnedPreparedStatement;
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_int};
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

/// Whose protection it is: tenant, and version and key where they are not the current ones; and who asks,
/// because row-level security decides what is seen.
#[derive(PartialEq)]
struct Wanted {
    tenant: String,
    version: Option<i32>,
    key_id: Option<i32>,
    role: pg_sys::Oid,
    acting_tenant: Option<String>,
}

/// How long a protection that was looked up is the one that applies.
#[derive(PartialEq)]
enum Until {
    /// Seen by a snapshot of its own moment: until a policy, a key or a setting changes.
    Changed,
    /// Seen by an older snapshot. The statement's start time tells statements apart; the transaction's,
    /// those of a procedure, which is one statement however often it commits.
    Ends([i64; 2]),
}

thread_local! {
    static CURRENT: RefCell<Option<(Until, Wanted, Protection)>> = const { RefCell::new(None) };
    /// What was looked up may be another by now.
    static CHANGED: Cell<bool> = const { Cell::new(false) };
    /// The query that looks it up: to parse and plan it takes longer than to run it.
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
    let wanted = Wanted {
        tenant: tenant.to_owned(),
        version,
        key_id,
        // SAFETY: reads a variable of this backend.
        role: unsafe { pg_sys::GetUserId() },
        acting_tenant: acting_tenant(),
    };
    let until = until();
    if CHANGED.take() {
        CURRENT.set(None);
    }
    let current = CURRENT.with_borrow(|current| {
        current
            .as_ref()
            .filter(|(valid, of, _)| *valid == until && *of == wanted)
            .map(|(_, _, protection)| protection.clone())
    });
    if let Some(protection) = current {
        return Some(protection);
    }
    let protection = look_up(tenant, version, key_id, &until)?;
    require_key(&protection.policy, protection.key.as_deref());
    CURRENT.set(Some((until, wanted, protection.clone())));
    Some(protection)
}

fn until() -> Until {
    // SAFETY: reads variables of this backend.
    unsafe {
        // From this level on a transaction has one snapshot, which can be older than a change whose
        // message was read already.
        let is_old = pg_sys::XactIsoLevel >= pg_sys::XACT_REPEATABLE_READ as c_int;
        // Nor does a transaction that has written nothing get a snapshot of this moment: that would take a
        // number, which a standby has none of.
        let only_reads = pg_sys::GetCurrentTransactionIdIfAny() == pg_sys::InvalidTransactionId;
        if is_old || only_reads {
            Until::Ends([
                pg_sys::GetCurrentStatementStartTimestamp(),
                pg_sys::GetCurrentTransactionStartTimestamp(),
            ])
        } else {
            Until::Changed
        }
    }
}

fn acting_tenant() -> Option<String> {
    // SAFETY: a name that ends with a zero; the text is copied before anything can change it.
    unsafe {
        let value = pg_sys::GetConfigOption(c"transcript.tenant".as_ptr(), true, false);
        let text = (!value.is_null()).then(|| CStr::from_ptr(value));
        text.map(|text| text.to_string_lossy().into_owned())
    }
}

fn look_up(
    tenant: &str,
    version: Option<i32>,
    key_id: Option<i32>,
    until: &Until,
) -> Option<Protection> {
    let found = Spi::connect_mut(|client| -> Result<_, pgrx::spi::Error> {
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
        let row = match until {
            // As an update it gets a snapshot of its own: that of the statement can be older.
            Until::Changed => client.update(&query, Some(1), &arguments)?,
            Until::Ends(_) => client.select(&query, Some(1), &arguments)?,
        };
        let row = row.first();
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

/// Forgets what was looked up, here at once and everywhere when the transaction commits: fires when a
/// policy, a key or a setting changes.
#[pg_trigger]
fn forget_protection<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, std::convert::Infallible> {
    CHANGED.set(true);
    // SAFETY: the relation that the trigger is of. The message is read here as well, also when the
    // transaction or a savepoint is rolled back.
    unsafe { pg_sys::CacheInvalidateRelcache(trigger.trigger_data().tg_relation) };
    Ok(trigger.new())
}

/// Called once, when the library is loaded.
pub fn watch() {
    // SAFETY: the function lives as long as the library, which is never unloaded.
    unsafe { pg_sys::CacheRegisterRelcacheCallback(Some(changed), pg_sys::Datum::null()) };
}

/// Any table was changed. Which one is not asked: it happens seldom, and a look-up is cheap.
#[pg_guard]
unsafe extern "C-unwind" fn changed(_argument: pg_sys::Datum, _relation: pg_sys::Oid) {
    CHANGED.set(true);
}
