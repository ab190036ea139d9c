//! The new row of a row trigger, read and changed by column name. Needs `unsafe` for the tuple.

use crate::datum::{Jsonb, NewJsonb};
use crate::error::Error;
use pgrx::heap_tuple::PgHeapTuple;
use pgrx::pgbox::AllocatedByPostgres;
use pgrx::{FromDatum, IntoDatum, PgTrigger, PgTupleDesc, pg_sys};
use std::cell::Cell;
use std::ffi::c_int;

/// As many as an event's trigger changes.
const COLUMNS_CHANGED: usize = 12;

/// The row that is about to be stored, and the columns that will differ.
pub struct Row<'a> {
    tuple: pg_sys::HeapTuple,
    columns: PgTupleDesc<'a>,
    changed: Vec<(c_int, Option<pg_sys::Datum>)>,
    /// The column that was asked for last.
    last: Cell<usize>,
}

impl<'a> Row<'a> {
    /// The new row of a `BEFORE INSERT OR UPDATE … FOR EACH ROW` trigger.
    pub fn new(trigger: &'a PgTrigger<'a>) -> Self {
        let Some(tuple) = trigger.new() else {
            Error::new(
                "TR005",
                "trigger function was not called before an insert or update of a row",
                "create the trigger as sql/functions has it",
            )
            .raise()
        };
        // SAFETY: the descriptor of the relation whose row this is; it outlives the trigger call.
        let columns =
            unsafe { PgTupleDesc::from_pg_unchecked((*trigger.trigger_data().tg_relation).rd_att) };
        Row {
            tuple: tuple.into_pg(),
            columns,
            changed: Vec::with_capacity(COLUMNS_CHANGED),
            last: Cell::new(0),
        }
    }

    /// Its number. Asked some twenty times a row, mostly in the order of the columns: so the next ones
    /// are looked at first.
    fn column(&self, name: &str) -> c_int {
        let is_named = |at: &usize| {
            self.columns.get(*at).is_some_and(|column| {
                let mut bytes = column.attname.data.iter().map(|byte| *byte as u8);
                name.bytes().all(|byte| bytes.next() == Some(byte))
                    && bytes.next() == Some(0)
                    && !column.attisdropped
            })
        };
        let last = self.last.get();
        match (last..self.columns.len()).chain(0..last).find(is_named) {
            Some(at) => {
                self.last.set(at);
                at as c_int + 1
            }
            None => Error::new(
                "TR005",
                format!("table has no column \"{name}\""),
                "run pg_transcript migrate",
            )
            .raise(),
        }
    }

    /// Type of a column.
    pub fn type_of(&self, name: &str) -> pg_sys::Oid {
        let at = self.column(name) as usize - 1;
        self.columns
            .get(at)
            .map_or(pg_sys::InvalidOid, |column| column.atttypid)
    }

    /// A column's value as the caller gave it.
    fn datum(&self, name: &str) -> Option<pg_sys::Datum> {
        let at = self.column(name);
        let mut is_null = false;
        // SAFETY: the tuple and its descriptor belong together, and `at` is one of its columns.
        let datum =
            unsafe { pg_sys::heap_getattr(self.tuple, at, self.columns.as_ptr(), &mut is_null) };
        (!is_null).then_some(datum)
    }

    pub fn text(&self, name: &str) -> Option<String> {
        // SAFETY: the callers name columns of type text.
        unsafe { String::from_datum(self.datum(name)?, false) }
    }

    pub fn jsonb(&self, name: &str) -> Option<Jsonb> {
        // SAFETY: the callers name columns of type jsonb.
        unsafe { Jsonb::from_datum(self.datum(name)?, false) }
    }

    /// A column of a fixed type, such as uuid or timestamptz, to pass on.
    pub fn value<T: FromDatum>(&self, name: &str) -> Option<T> {
        // SAFETY: the callers name a column of that type.
        unsafe { T::from_datum(self.datum(name)?, false) }
    }

    /// Changes a column; `None` makes it null.
    pub fn set(&mut self, name: &str, value: impl IntoDatum) {
        self.changed.push((self.column(name), value.into_datum()));
    }

    pub fn set_jsonb(&mut self, name: &str, bytes: Vec<u8>) {
        self.set(name, NewJsonb(bytes));
    }

    /// The row to store.
    pub fn finish(self) -> PgHeapTuple<'a, AllocatedByPostgres> {
        let mut tuple = self.tuple;
        if !self.changed.is_empty() {
            let mut at: Vec<c_int> = self.changed.iter().map(|(at, _)| *at).collect();
            let mut nulls: Vec<bool> = self.changed.iter().map(|(_, v)| v.is_none()).collect();
            let mut values: Vec<pg_sys::Datum> = self
                .changed
                .iter()
                .map(|(_, v)| v.unwrap_or(pg_sys::Datum::null()))
                .collect();
            // SAFETY: three arrays of the same length, column numbers of this descriptor, and data
            // of the columns' types in the current memory context.
            tuple = unsafe {
                pg_sys::heap_modify_tuple_by_cols(
                    tuple,
                    self.columns.as_ptr(),
                    values.len() as c_int,
                    at.as_mut_ptr(),
                    values.as_mut_ptr(),
                    nulls.as_mut_ptr(),
                )
            };
        }
        // SAFETY: a tuple of this descriptor, in the memory context of the trigger call.
        unsafe { PgHeapTuple::from_heap_tuple(self.columns, tuple) }
    }
}
