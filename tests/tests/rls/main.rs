//! Who sees and changes what: every role on every table and every leaf, by tenant and by user.

mod matrix;
mod rights;
mod roles;
mod tenants;
mod users;
