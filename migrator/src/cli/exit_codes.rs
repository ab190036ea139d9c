//! What each command exits with, as its `--help` lists it.

pub const MIGRATE: &str = "\
Exit codes:
   0  done, or nothing to do
   1  wrong usage, or no usable connection
   3  an applied file was edited, is missing, came out of order, or a version exists twice
   4  another migration held the lock for longer than --lock-wait
   5  a file failed; the database is as it was before that file
   6  a no-transaction file failed on the way; running again resumes it
   9  a DBA must create the extension, the schema or the roles; the commands are printed
  10  the database is newer than this binary";

pub const STATUS: &str = "\
Exit codes:
   0  up to date
   1  wrong usage, or no usable connection
   2  files are pending, have changed or are undone (only with --exit-code, else 0)
   3  an applied file was edited, is missing, came out of order, or a version exists twice
  10  the database is newer than this binary";

pub const IMPORT: &str = "\
Exit codes:
   0  every item is stored, now or before
   1  wrong usage, unreadable input, or the database could not be written to
   7  some lines or items were rejected or in conflict; all others are stored
 130  interrupted; run again to store the rest";

pub const REDACT: &str = "\
Exit codes:
   0  planned, or done
   1  wrong usage, no usable connection, or the database could not be written to
   7  something was left: conversations on hold, a tenant that another session sweeps, or (with
      --vacuum) old row versions that a transaction can still see
 130  interrupted; run again to go on";

pub const DRIFT: &str = "\
Exit codes:
   0  stores and log agree
   1  wrong usage, no usable connection, or a store cannot be read
   7  there is drift; pg_transcript rebuild appends what is missing";

pub const REBUILD: &str = "\
Exit codes:
   0  done, or nothing to do
   1  wrong usage, no usable connection, or the database could not be written to
   7  some rows could not be appended: see transcript.rejected
 130  interrupted; run again to go on";
