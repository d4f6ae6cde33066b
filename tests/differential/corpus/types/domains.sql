-- Conditions of domains inside of literals, arrays, rows and COPY.
create domain pd as int check (value > 0);
create type pc as (a pd, b text);
select '(1,x)'::pc;
select '(-1,x)'::pc;
select '{1,-1}'::pd[];
select array[1,-1]::pd[];
select array[-1::int]::pd[];
select row(-1,'x')::pc;
create table pt (id int primary key, p pd, q pd[], r pc);
insert into pt values (1, -1, null, null);
insert into pt values (1, 1, '{-1}', null);
insert into pt values (1, 1, array[-1], null);
insert into pt values (1, 1, null, '(-1,a)');
insert into pt values (1, 1, null, row(-1,'a'));
insert into pt values (1, 1, '{1}', '(1,a)');
update pt set q[1] = -1;
update pt set r.a = -1;
create domain nn as text not null;
create type pn as (a nn, b int);
select '(,1)'::pn;
select row(null,1)::pn;
select '{null}'::nn[];
copy pt from stdin;
2	-1	\N	\N
\.
copy pt from stdin;
2	1	{-5}	\N
\.
copy pt from stdin;
2	1	\N	(-3,)
\.
create domain pda as int[] check (array_length(value,1) < 3);
select '{1,2,3}'::pda;
create domain pd2 as pd check (value < 10);
select '{11}'::pd2[];
select '{-1}'::pd2[];
create domain pcd as pc check ((value).a < 100);
select '(200,x)'::pcd;
select '(-200,x)'::pcd;
select json_populate_record(null::pc, '{"a": -1}');
select jsonb_populate_record(null::pc, '{"a": -1}');
select * from json_to_record('{"a": -1}') as x(a pd);
select pg_input_is_valid('-1', 'pd'), pg_input_is_valid('(-1,)', 'pc'), pg_input_is_valid('{-1}', 'pd[]');
select * from pg_input_error_info('-1', 'pd');
create table dd (id int, d nn default 'x', e pd);
copy dd (id, e) from stdin;
1	\N
\.
copy dd from stdin;
1	\N	\N
\.
select * from dd;
select array[1, null]::nn[];
select array['1', null]::text[]::nn[];
select array[1, 2]::pd[] || 3;
select array_append(array[1]::pd[], -1);
drop table dd; drop table pt;
