//! What only a database administrator can give, and the exact commands for it.

use sqlx::postgres::PgConnectOptions;
use sqlx::{PgConnection, Row};

use crate::lexer;
use crate::plan::Standing;
use crate::refusal::Refusal;
use crate::roles::Wanted;
use crate::session;

const EXTENSION: &str = "pg_transcript";

/// Whether a refusal may be for want of rights, or of the extension's package.
pub fn may_be_missing_rights(refusal: &Refusal) -> bool {
    // insufficient_privilege; and for an extension the server does not have, by its version:
    // feature_not_supported, undefined_file, invalid_parameter_value
    refusal.is_any(&["42501", "0A000", "58P01", "22023"])
}

/// The commands that are missing for the pending files, ready to paste; nothing if rights are not
/// what is missing.
pub async fn remedy(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
    pending: &[Standing<'_>],
) -> sqlx::Result<Option<String>> {
    let me = Me::ask(connection).await?;
    let mut commands = Vec::new();
    commands.extend(schema(connection, &me).await?);
    commands.extend(roles(connection, &me, pending).await?);

    let mut notes = Vec::new();
    if pending
        .iter()
        .any(|standing| creates_extension(&standing.file.text))
    {
        match extension(connection, &me).await? {
            Extension::Ours => {}
            Extension::ForSuperuser => {
                commands.push(format!("CREATE EXTENSION {EXTENSION} SCHEMA transcript;"));
            }
            Extension::NotOnServer => {
                notes.push(format!(
                    "the server does not offer the extension {EXTENSION}: install its package there"
                ));
                if !me.superuser {
                    commands.push(format!("CREATE EXTENSION {EXTENSION} SCHEMA transcript;"));
                }
            }
        }
    }
    if !commands.is_empty() {
        notes.push(format!(
            "let a superuser run this once, then migrate again:\n\n{} <<'SQL'\n{}\nSQL",
            session::psql(options, &me.database),
            commands.join("\n")
        ));
    }
    Ok((!notes.is_empty()).then(|| notes.join("; then ")))
}

/// The role that is migrating.
struct Me {
    /// Quoted where it must be.
    name: String,
    unquoted: String,
    superuser: bool,
    may_create_roles: bool,
    may_create_in_database: bool,
    database: String,
}

impl Me {
    async fn ask(connection: &mut PgConnection) -> sqlx::Result<Self> {
        let row = sqlx::query(
            "SELECT quote_ident(rolname), rolsuper, rolcreaterole,
                    has_database_privilege(current_database(), 'CREATE'), current_database()::text,
                    rolname::text
             FROM pg_roles WHERE rolname = current_user",
        )
        .fetch_one(connection)
        .await?;
        Ok(Self {
            name: row.get(0),
            superuser: row.get(1),
            may_create_roles: row.get(2),
            may_create_in_database: row.get(3),
            database: row.get(4),
            unquoted: row.get(5),
        })
    }
}

async fn schema(connection: &mut PgConnection, me: &Me) -> sqlx::Result<Option<String>> {
    let may_use: Option<bool> = sqlx::query_scalar(
        "SELECT has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE')
         FROM pg_namespace WHERE nspname = 'transcript'",
    )
    .fetch_optional(connection)
    .await?;
    Ok(match may_use {
        Some(true) => None,
        Some(false) => Some(format!(
            "GRANT USAGE, CREATE ON SCHEMA transcript TO {};",
            me.name
        )),
        None if me.may_create_in_database => None,
        None => Some(format!(
            "CREATE SCHEMA transcript AUTHORIZATION {};",
            me.name
        )),
    })
}

async fn roles(
    connection: &mut PgConnection,
    me: &Me,
    pending: &[Standing<'_>],
) -> sqlx::Result<Vec<String>> {
    let mut commands = Vec::new();
    if me.superuser {
        return Ok(commands);
    }
    let mut wanted = Wanted::default();
    for standing in pending {
        wanted.collect(&standing.file.text);
    }
    if !me.may_create_roles {
        for role in &wanted.roles {
            if !role_exists(connection, role).await? {
                commands.push(format!("CREATE ROLE {role} NOLOGIN;"));
            }
        }
    }
    let mine = wanted
        .acted_as
        .iter()
        .map(|role| (role.clone(), me.unquoted.clone()));
    for (role, member) in wanted.memberships.iter().cloned().chain(mine) {
        // Roles that it may create itself, it will also be able to grant.
        let granted = is_member(connection, &role, &member).await?;
        if granted == Some(false) || (granted.is_none() && !me.may_create_roles) {
            let member = if member == me.unquoted {
                &me.name
            } else {
                &member
            };
            commands.push(format!("GRANT {role} TO {member};"));
        }
    }
    Ok(commands)
}

/// None where one of the two does not exist.
async fn is_member(
    connection: &mut PgConnection,
    role: &str,
    member: &str,
) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar(
        "SELECT pg_has_role(m.oid, r.oid, 'MEMBER') FROM pg_roles r, pg_roles m
         WHERE r.rolname = $1 AND m.rolname = $2",
    )
    .bind(role)
    .bind(member)
    .fetch_optional(connection)
    .await
}

async fn role_exists(connection: &mut PgConnection, role: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
        .bind(role)
        .fetch_one(connection)
        .await
}

enum Extension {
    /// Installed, or this role can install it.
    Ours,
    ForSuperuser,
    NotOnServer,
}

async fn extension(connection: &mut PgConnection, me: &Me) -> sqlx::Result<Extension> {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = $1),
                (SELECT NOT v.superuser OR v.trusted
                 FROM pg_available_extensions a
                 JOIN pg_available_extension_versions v
                   ON v.name = a.name AND v.version = a.default_version
                 WHERE a.name = $1)",
    )
    .bind(EXTENSION)
    .fetch_one(connection)
    .await?;
    let installed: bool = row.get(0);
    let open_to_all: Option<bool> = row.get(1);
    Ok(match open_to_all {
        _ if installed => Extension::Ours,
        None => Extension::NotOnServer,
        Some(open) if me.superuser || (open && me.may_create_in_database) => Extension::Ours,
        Some(_) => Extension::ForSuperuser,
    })
}

fn creates_extension(sql: &str) -> bool {
    let words: Vec<String> = lexer::words(sql).collect();
    words.windows(2).any(|pair| pair == ["CREATE", "EXTENSION"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_is_named_by_a_statement_not_a_comment() {
        assert!(creates_extension(
            "create extension if not exists pg_transcript schema transcript"
        ));
        assert!(!creates_extension(
            "-- CREATE EXTENSION pg_transcript\nselect 1"
        ));
    }
}
