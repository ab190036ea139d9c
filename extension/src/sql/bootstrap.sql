-- Text and jsonb are read as UTF-8, byte by byte.
DO $$
BEGIN
  IF pg_catalog.getdatabaseencoding() <> 'UTF8' THEN
    RAISE EXCEPTION USING errcode = '0A000',
      message = pg_catalog.format('pg_transcript needs a database with encoding UTF8, not %s', pg_catalog.getdatabaseencoding()),
      hint = 'create a database with ENCODING ''UTF8''';
  END IF;
END
$$;
