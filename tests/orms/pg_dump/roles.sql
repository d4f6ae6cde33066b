-- Roles belong to the server, not to what pg_dump writes.
create role dump_owner login;
create role dump_reader;
create role dump_group in role dump_reader;
comment on role dump_reader is 'reads';
