-- COPY in text and CSV form.
create table c (id int primary key, t text, n numeric, d date default '2000-01-01');
copy c (id, t, n) from stdin;
1	one	1.5
2	\N	\N
3	tab\there	-2
\.
copy c (id, t, n) from stdin with (format csv);
4,"quo""ted, comma",1
5,,2
6,"",3
\.
copy c (id, t, n) from stdin (format csv, header, delimiter ';', null 'NULL', quote '''');
id;t;n
7;'a;b';NULL
8;NULL;4
\.
copy c from stdin csv;
9,x,1,2024-02-29
\.
copy c (id, t) from stdin;
x	bad
\.
copy c (id, t) from stdin;
20
\.
copy c (id, t) from stdin;
20	a	b
\.
copy c (id, t) from stdin;
1	dup
\.
copy c (id, t) from stdin (format csv);
21,"open
\.
copy c (id, nope) from stdin;
\.
copy nope from stdin;
\.
copy c (id, t, n) from stdin (format csv, force_null (t));
30,"",1
\.
copy c (id, t, n) from stdin (format csv, force_not_null (t));
31,,1
\.
copy c (id, t) from stdin where id > 40;
40	no
41	yes
\.
copy c to stdout;
copy c (t, id) to stdout;
copy (select id, t from c where id < 4 order by id) to stdout with (format csv, header);
copy (select id, t from c where id < 7 order by id) to stdout (format csv, force_quote *);
copy (select id, t from c where id < 7 order by id) to stdout (delimiter '|', null 'nil');
copy (select 'a|b\c' || chr(10) || chr(9) || 'x') to stdout;
copy (select 'a,b"c', null, '', 'x y') to stdout csv;
copy (values (1, true, null::text), (2, false, 'é')) to stdout;
copy (select array['a', null], '{"x": "y"}'::json, '\x00ff'::bytea) to stdout;
copy c to stdout (format nope);
copy c to stdout (nope);
copy c to stdout (format csv, format text);
copy c to stdout (delimiter 'ab');
copy c to stdout (quote '"');
copy c to stdout (format csv, delimiter '"');
copy nope to stdout;
copy (select 1 / 0) to stdout;
copy (delete from c where id > 20 returning id) to stdout;
copy (select 1; select 2) to stdout;
select * from c order by id;
