//! jsonb as bytes, without pgrx's way through text. One of the three places that need `unsafe`.

use payload::jsonb::Buffer;
use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::datum::{Datum, UnboxDatum};
use pgrx::nullable::Nullable;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{FromDatum, IntoDatum, pg_sys, varlena_to_byte_slice};

/// A jsonb argument, still as it lies in the row: compressed, out of line, or neither.
#[derive(Clone, Copy)]
pub struct Jsonb(pg_sys::Datum);

impl Jsonb {
    /// Bytes of the uncompressed datum, its header included, without detoasting.
    pub fn size(self) -> usize {
        // SAFETY: the datum is a jsonb varlena, see `from_polymorphic_datum`.
        unsafe { pg_sys::toast_raw_datum_size(self.0) }
    }

    /// The container, without the varlena header; detoasted into the current memory context.
    pub fn bytes<'a>(self) -> &'a [u8] {
        // SAFETY: as above. The result lives as long as the call's memory context; every caller
        // uses it within the call that the datum was passed to.
        unsafe { varlena_to_byte_slice(pg_sys::pg_detoast_datum_packed(self.0.cast_mut_ptr())) }
    }
}

/// A jsonb result: a new datum.
pub struct NewJsonb(pub Vec<u8>);

impl NewJsonb {
    /// The datum, allocated in the current memory context.
    pub fn datum(&self) -> pg_sys::Datum {
        let mut out = JsonbBuffer::new();
        for piece in self.0.chunks(PIECE) {
            pgrx::check_for_interrupts!();
            out.push(piece);
        }
        out.finish().0
    }
}

/// Bytes copied between two looks for a cancel.
const PIECE: usize = 8 << 20;

/// A jsonb result that was written where it stays: a large one is not copied once more.
pub struct Written(pg_sys::Datum);

/// A jsonb datum that is being written, in the current memory context: a cancel frees it with that.
pub struct JsonbBuffer {
    /// Where its header will be; null before the first byte.
    start: *mut u8,
    /// Bytes behind the header: written, and allocated.
    length: usize,
    room: usize,
}

impl JsonbBuffer {
    pub fn new() -> Self {
        JsonbBuffer {
            start: std::ptr::null_mut(),
            length: 0,
            room: 0,
        }
    }

    fn allocate(&mut self, room: usize) {
        let size = room + pg_sys::VARHDRSZ;
        // SAFETY: what is allocated again was allocated here; an error of the server ends the call.
        self.start = unsafe {
            if self.start.is_null() {
                pg_sys::palloc(size).cast()
            } else {
                pg_sys::repalloc(self.start.cast(), size).cast()
            }
        };
        self.room = room;
    }

    /// Forgets what was written.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// The datum, with its header.
    pub fn finish(mut self) -> Written {
        // Some hundred bytes too many are not worth a copy.
        if self.start.is_null() || self.room - self.length > self.room / 4 {
            self.allocate(self.length);
        }
        let size = self.length + pg_sys::VARHDRSZ;
        // SAFETY: the room for the header is the first of what was allocated; jsonb has 256 MB at most.
        unsafe { pgrx::set_varsize_4b(self.start.cast(), size as i32) };
        Written(pg_sys::Datum::from(self.start))
    }
}

impl Buffer for JsonbBuffer {
    fn len(&self) -> usize {
        self.length
    }

    fn reserve(&mut self, bytes: usize) {
        let needed = self.length + bytes;
        if needed > self.room {
            self.allocate(needed.max(2 * self.room).max(256));
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        // SAFETY: there is room behind what is written; nobody else knows of it.
        unsafe {
            let to = self.start.add(pg_sys::VARHDRSZ + self.length);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        }
        self.length += bytes.len();
    }

    fn set(&mut self, at: usize, bytes: [u8; 4]) {
        if at + bytes.len() <= self.length {
            // SAFETY: the place is within what is written.
            unsafe {
                let to = self.start.add(pg_sys::VARHDRSZ + at);
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
            }
        }
    }
}

/// A result that may be the argument itself.
pub enum Returned {
    Same(Jsonb),
    New(NewJsonb),
    Written(Written),
}

impl FromDatum for Jsonb {
    unsafe fn from_polymorphic_datum(
        datum: pg_sys::Datum,
        is_null: bool,
        _: pg_sys::Oid,
    ) -> Option<Self> {
        (!is_null).then_some(Jsonb(datum))
    }
}

impl IntoDatum for Jsonb {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        Some(self.0)
    }

    fn type_oid() -> pg_sys::Oid {
        pg_sys::JSONBOID
    }
}

impl IntoDatum for NewJsonb {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        Some(self.datum())
    }

    fn type_oid() -> pg_sys::Oid {
        pg_sys::JSONBOID
    }
}

// SAFETY: a jsonb argument is a varlena datum, taken as it is.
unsafe impl UnboxDatum for Jsonb {
    type As<'src> = Jsonb;

    unsafe fn unbox<'src>(datum: Datum<'src>) -> Self::As<'src>
    where
        Self: 'src,
    {
        Jsonb(datum.sans_lifetime())
    }
}

// SAFETY: as above.
unsafe impl<'fcx> ArgAbi<'fcx> for Jsonb {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        unsafe { arg.unbox_arg_using_from_datum() }.unwrap_or_else(|| unreachable!("strict"))
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> Nullable<Self> {
        unsafe { arg.unbox_arg_using_from_datum() }.into()
    }
}

// SAFETY: a jsonb datum is returned for a function declared to return jsonb.
unsafe impl BoxRet for NewJsonb {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        unsafe { fcinfo.return_raw_datum(self.datum()) }
    }
}

// SAFETY: as above.
unsafe impl BoxRet for Written {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        unsafe { fcinfo.return_raw_datum(self.0) }
    }
}

// SAFETY: as above; an argument outlives the call.
unsafe impl BoxRet for Returned {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        let datum = match self {
            Returned::Same(Jsonb(datum)) => datum,
            Returned::New(new) => new.datum(),
            Returned::Written(written) => written.0,
        };
        unsafe { fcinfo.return_raw_datum(datum) }
    }
}

macro_rules! is_jsonb_in_sql {
    ($($type:ty),*) => { $(
        // SAFETY: the type is passed and returned as a jsonb datum.
        unsafe impl SqlTranslatable for $type {
            const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!($type);
            const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
            const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> =
                Ok(SqlMappingRef::literal("jsonb"));
            const RETURN_SQL: Result<ReturnsRef, ReturnsError> =
                Ok(ReturnsRef::One(SqlMappingRef::literal("jsonb")));
        }
    )* };
}

is_jsonb_in_sql!(Jsonb, NewJsonb, Written, Returned);
