-- Tables of the system catalog as tools read them.
create table k (id serial primary key, a text not null default 'x', b numeric(5,2)[], c timestamptz(3), constraint pos check (id > 0));
create unique index k_a on k (a) where a <> '';
create view kv as select id, a from k where id > 1;
create table r (id int references k on delete cascade, note varchar(7) collate "C");
comment on table k is 'thing';
select attname, atttypid::regtype, atttypmod, attnotnull, attnum, attlen, attstorage, attalign, atthasdef, attidentity, attgenerated, attisdropped, attndims from pg_attribute where attrelid = 'k'::regclass and attnum > 0 order by attnum;
select attname, attnum, atttypid::regtype from pg_attribute where attrelid = 'k'::regclass and attnum < 0 order by attnum;
select relname, relkind, relnatts, relchecks, relhasindex, relhasrules, relhastriggers, relpersistence, relispartition, relreplident from pg_class where relname in ('k', 'kv', 'k_pkey', 'k_a', 'k_id_seq', 'r') and relnamespace = 'diff_catalog'::regnamespace order by 1;
select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'k'::regclass order by adnum;
select conname, contype, condeferrable, condeferred, convalidated, conkey, confkey, confupdtype, confdeltype, confmatchtype, pg_get_constraintdef(oid) from pg_constraint where conrelid in ('k'::regclass, 'r'::regclass) order by 1;
select indexrelid::regclass, indnatts, indisunique, indisprimary, indisvalid, indkey, pg_get_indexdef(indexrelid), pg_get_expr(indpred, indrelid) from pg_index where indrelid = 'k'::regclass order by 1;
select pg_get_viewdef('kv'::regclass), pg_get_viewdef('kv', true);
select pg_get_indexdef('k_a'::regclass, 1, true), pg_get_serial_sequence('k', 'id'), pg_get_userbyid(relowner) is not null from pg_class where oid = 'k'::regclass;
--! let type = bool // int4 // text // numeric // timestamptz // _int4 // jsonb // "char" // name // oid // regclass // record // unknown // anyelement // void // int4range // uuid // bytea // interval // inet // bit // xid // tid // cstring // trigger // tsvector // money // json // jsonpath // pg_lsn
select oid, typname, typlen, typbyval, typtype, typcategory, typispreferred, typdelim, typrelid, typelem, typarray, typalign, typstorage, typnotnull, typbasetype, typtypmod, typndims, typcollation, typinput, typoutput, typreceive, typsend from pg_type where oid = '@type@'::regtype;
select format_type('@type@'::regtype, null), format_type('@type@'::regtype, -1), '@type@'::regtype::text;
--! let relation = pg_class // pg_attribute // pg_type // pg_namespace // pg_index // pg_constraint // pg_proc // pg_operator // pg_cast // pg_database // pg_roles // pg_user // pg_tables // pg_views // pg_indexes // pg_settings // pg_stat_activity // pg_locks // pg_sequences // pg_sequence // pg_enum // pg_range // pg_collation // pg_am // pg_opclass // pg_opfamily // pg_description // pg_depend // pg_attrdef // pg_trigger // pg_rewrite // pg_inherits // pg_aggregate // pg_language // pg_tablespace // pg_extension // pg_available_extensions // pg_stat_user_tables // pg_stat_user_indexes // pg_statio_user_tables // pg_policies // pg_policy // pg_publication // pg_subscription // pg_event_trigger // pg_foreign_table // pg_matviews // pg_timezone_names // pg_timezone_abbrevs // pg_prepared_statements // pg_cursors // pg_auth_members // pg_authid // pg_shadow // pg_group // pg_stats // pg_statistic_ext // pg_partitioned_table // pg_conversion // pg_ts_config // pg_ts_dict // pg_rules // pg_seclabels // pg_stat_database // pg_user_mappings // pg_foreign_server // pg_default_acl // pg_shdescription // pg_init_privs // pg_transform // pg_statistic // pg_shdepend // pg_amop // pg_amproc // pg_stat_replication // pg_replication_slots // pg_file_settings // pg_hba_file_rules // pg_backend_memory_contexts
select * from pg_catalog.@relation@ where false;
--! let view = tables // columns // schemata // views // table_constraints // key_column_usage // constraint_column_usage // referential_constraints // check_constraints // sequences // routines // parameters // column_privileges // table_privileges // role_table_grants // domains // element_types // triggers // character_sets // collations // enabled_roles // applicable_roles // information_schema_catalog_name // view_column_usage // view_table_usage // user_defined_types // udt_privileges // usage_privileges // domain_constraints // constraint_table_usage // attributes // sql_features // foreign_tables // column_udt_usage
select * from information_schema.@view@ where false;
select table_name, table_type, is_insertable_into from information_schema.tables where table_schema = 'diff_catalog' order by 1;
select table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, datetime_precision, udt_name, is_nullable, column_default, is_identity, is_generated, is_updatable, dtd_identifier from information_schema.columns where table_schema = 'diff_catalog' order by 1, ordinal_position;
select constraint_name, table_name, constraint_type, is_deferrable from information_schema.table_constraints where table_schema = 'diff_catalog' and constraint_name not like '%not_null' order by 1;
select constraint_name, column_name, ordinal_position, position_in_unique_constraint from information_schema.key_column_usage where table_schema = 'diff_catalog' order by 1;
select unique_constraint_name, match_option, update_rule, delete_rule from information_schema.referential_constraints where constraint_schema = 'diff_catalog';
select sequence_name, data_type, start_value, minimum_value, maximum_value, increment, cycle_option from information_schema.sequences where sequence_schema = 'diff_catalog';
select table_name, view_definition, check_option, is_updatable from information_schema.views where table_schema = 'diff_catalog';
select oid, nspname from pg_namespace where nspname in ('pg_catalog', 'public', 'pg_toast') order by 1;
select amname, amtype from pg_am where amname in ('btree', 'hash', 'gin', 'heap') order by 1;
select oid, collname, collprovider from pg_collation where collname in ('default', 'C', 'POSIX') order by oid;
select castsource::regtype, casttarget::regtype, castcontext, castmethod from pg_cast where castsource in (16, 20, 21, 23, 25, 700, 701, 1043, 1700) and casttarget in (16, 20, 21, 23, 25, 700, 701, 1043, 1700) order by castsource, casttarget;
select oprname, oprleft::regtype, oprright::regtype, oprresult::regtype, oprcode from pg_operator where oprleft = 23 and oprright = 23 order by 1;
select proname, prorettype::regtype, proargtypes::text, provolatile, proisstrict, prokind, proretset from pg_proc where proname in ('abs', 'lower', 'now', 'generate_series', 'sum', 'row_number', 'random', 'coalesce', 'string_agg') and pronamespace = 11 order by oid;
select tablename, indexname, indexdef from pg_indexes where schemaname = 'diff_catalog' order by 2;
select count(*) > 100 from pg_proc;
select c.relname, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where pg_table_is_visible(c.oid) and n.nspname = 'diff_catalog' order by 1;
select objid::regclass, deptype from pg_depend where refobjid = 'k'::regclass and classid = 'pg_class'::regclass and objid::regclass::text not like 'pg_toast%' order by 1;
select has_table_privilege('k', 'insert'), has_column_privilege('k', 'a', 'update'), has_sequence_privilege('k_id_seq', 'usage'), has_function_privilege('abs(int4)', 'execute'), pg_has_role('pg_monitor', 'member'), has_any_column_privilege('k', 'select');
