//! jsonb as bytes, without pgrx's way through text. One of the three places that need `unsafe`.

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
        let size = self.0.len() + pg_sys::VARHDRSZ;
        // SAFETY: room for the 4-byte varlena header and the bytes is allocated, the header is set
        // first, and the pieces lie one behind the other in that room. jsonb is at most 256 MB.
        unsafe {
            let datum: *mut pg_sys::varlena = pg_sys::palloc(size).cast();
            pgrx::set_varsize_4b(datum, size as i32);
            let mut to = datum.cast::<u8>().add(pg_sys::VARHDRSZ);
            for piece in self.0.chunks(PIECE) {
                pgrx::check_for_interrupts!();
                std::ptr::copy_nonoverlapping(piece.as_ptr(), to, piece.len());
                to = to.add(piece.len());
            }
            pg_sys::Datum::from(datum)
        }
    }
}

/// Bytes copied between two looks for a cancel.
const PIECE: usize = 8 << 20;

/// A result that may be the argument itself.
pub enum Returned {
    Same(Jsonb),
    New(NewJsonb),
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

// SAFETY: as above; an argument outlives the call.
unsafe impl BoxRet for Returned {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        let datum = match self {
            Returned::Same(Jsonb(datum)) => datum,
            Returned::New(new) => new.datum(),
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

is_jsonb_in_sql!(Jsonb, NewJsonb, Returned);
