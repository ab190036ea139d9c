//! Every object: comments, markings, ownership, who may execute it.

use tests::Database;

#[tokio::test]
async fn everything_has_a_comment() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let bare = dba
        .texts(
            "select 'function ' || p.oid::regprocedure from pg_proc p
             where p.pronamespace = 'transcript'::regnamespace and coalesce(obj_description(p.oid, 'pg_proc'), '') = ''
             union all
             select 'relation ' || c.oid::regclass from pg_class c
             where c.relnamespace = 'transcript'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
               and coalesce(obj_description(c.oid, 'pg_class'), '') = ''
             union all
             select 'type ' || t.oid::regtype from pg_type t left join pg_class c on c.oid = t.typrelid
             where t.typnamespace = 'transcript'::regnamespace and t.typcategory <> 'A' and (c.oid is null or c.relkind = 'c')
               and coalesce(obj_description(t.oid, 'pg_type'), '') = ''",
        )
        .await;
    assert!(bare.is_empty(), "without a comment: {bare:#?}");
    assert!(
        dba.number("select count(*) from pg_proc where pronamespace = 'transcript'::regnamespace")
            .await
            > 20
    );
}

#[tokio::test]
async fn definers_pin_search_path_and_nothing_is_open_to_the_public() {
    let db = Database::migrated().await;
    let mut dba = db.superuser().await;
    let loose = dba
        .texts(
            "select p.oid::regprocedure from pg_proc p
             where p.pronamespace = 'transcript'::regnamespace and p.prosecdef
               and not (coalesce(p.proconfig, '{}') @> array['search_path=pg_catalog, pg_temp'])",
        )
        .await;
    assert!(loose.is_empty(), "search_path is not pinned: {loose:?}");
    let definers = dba
        .texts("select p.proname from pg_proc p where p.pronamespace = 'transcript'::regnamespace and p.prosecdef order by 1")
        .await;
    assert_eq!(
        definers,
        [
            "(append)",
            "(create_leaf)",
            "(drop_leaf)",
            "(ensure_partitions)",
            "(lock_parent)",
            "(prune_store)",
            "(reject)",
            "(reredact_batch)",
            "(reredact_plan)",
            "(reredact_vacuumed)",
            "(retry_rejected)",
            "(session_store_deleted)",
            "(session_store_truncated)",
            "(session_store_updated)",
            "(store_lag)"
        ]
    );
    // Functions of the extension compute and read no table; all others are granted one by one.
    let public = dba
        .texts(
            "select p.oid::regprocedure from pg_proc p
             cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
             where p.pronamespace = 'transcript'::regnamespace and a.grantee = 0 and a.privilege_type = 'EXECUTE'
               and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')",
        )
        .await;
    assert!(public.is_empty(), "executable by PUBLIC: {public:?}");
    let owners = dba
        .texts(
            "select p.proname || ' ' || r.rolname from pg_proc p join pg_roles r on r.oid = p.proowner
             where p.pronamespace = 'transcript'::regnamespace and r.rolname <> 'transcript_owner'
               and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')",
        )
        .await;
    assert!(owners.is_empty(), "not transcript_owner's: {owners:?}");
}
