//! An agent framework's own tables, attached: what it commits is in the log, and what cannot be is kept,
//! without its write ever failing.

mod agents_sdk;
mod attached;
mod drift;
mod failing;
mod hostile;
mod odd_tables;
mod pruned;
mod rebuild;
mod removed;
mod sabotage;

use tests::{Database, Session};

/// The tables of the Agents SDK's SQLAlchemySession.
pub const TABLES: &str = "
    create table agent_sessions (
      session_id varchar primary key, created_at timestamp not null default current_timestamp,
      updated_at timestamp not null default current_timestamp);
    create table agent_messages (
      id serial primary key, session_id varchar not null references agent_sessions on delete cascade,
      message_data text not null, created_at timestamp not null default current_timestamp);
    create index on agent_messages (session_id, created_at);
    insert into agent_sessions values ('s'), ('other');
    alter table agent_sessions owner to test_stranger;
    alter table agent_messages owner to test_stranger";

/// A database with the framework's tables, attached for tenant acme.
pub struct Store {
    pub dba: Session,
    /// The framework's own login: it owns its tables and has no right in our schema.
    pub framework: Session,
    // Dropped last: the sessions are of this database.
    pub db: Database,
}

impl Store {
    pub async fn attached() -> Store {
        let mut store = Store::made(TABLES).await;
        store
            .dba
            .run("select transcript.attach('agent_messages', 'acme')")
            .await;
        store
    }

    pub async fn made(tables: &str) -> Store {
        let db = Database::migrated().await;
        let mut dba = db.superuser().await;
        dba.run(tables).await;
        dba.set_tenant("acme").await;
        let framework = db.login("test_stranger").await;
        Store { dba, framework, db }
    }

    /// Writes items of a session in one statement.
    pub async fn write(&mut self, session: &str, items: &[&str]) {
        self.framework.run(&insert(session, items)).await;
    }

    /// What the log has, in its order: number of the row, kind, payload.
    pub async fn log(&mut self) -> Vec<String> {
        self.dba
            .texts(
                "select concat_ws(' ', e.sequence, e.kind, coalesce(e.payload ->> 'content', e.payload ->> 'removed', e.payload::text))
                 from transcript.events e join transcript.conversations c using (conversation_id)
                 order by c.external_id, e.seq",
            )
            .await
            .iter()
            .map(|line| line.trim_matches(['(', ')']).replace('"', ""))
            .collect()
    }

    pub async fn lag(&mut self) -> i64 {
        self.dba
            .number("select sum(lag) from transcript.session_stores")
            .await
    }

    pub async fn failures(&mut self) -> i64 {
        self.dba
            .number("select sum(failures) from transcript.session_stores")
            .await
    }

    /// The first word of each dead letter's reason.
    pub async fn reasons(&mut self) -> Vec<String> {
        self.dba
            .texts("select split_part(reason, ':', 1) from transcript.rejected order by line, 1")
            .await
            .iter()
            .map(|reason| reason.trim_matches(['(', ')']).to_owned())
            .collect()
    }
}

pub fn said(text: &str) -> String {
    format!(r#"{{"role":"user","content":"{text}"}}"#)
}

/// One statement that inserts items.
pub fn insert(session: &str, items: &[&str]) -> String {
    let rows: Vec<String> = items
        .iter()
        .map(|item| format!("('{session}', '{}')", item.replace('\'', "''")))
        .collect();
    format!(
        "insert into agent_messages (session_id, message_data) values {}",
        rows.join(", ")
    )
}
