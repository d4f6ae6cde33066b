-- Full text search with the simple and english configurations.
--! let text = The quick brown foxes jumped over the lazy dogs // running runs ran runner //  // a the of // Héllo wörld // foo-bar foo_bar a.b.c // user@example.com http://example.com/path?x=1 // 123 4.56 -7 1e5 v1.2.3 // it's don't // x
--! let configuration = simple // english
select to_tsvector('@configuration@', $q$@text@$q$) as x;
select plainto_tsquery('@configuration@', $q$@text@$q$) as x;
select phraseto_tsquery('@configuration@', $q$@text@$q$) as x;
select websearch_to_tsquery('@configuration@', $q$@text@$q$) as x;
--! let query = fox & dog // fox | cat // !cat // fox <-> jump // fox <2> dog // fox:* // (fox | cat) & dog // fox & // 'a b' // fox:AB //  // & // the & fox
select '@query@'::tsquery as x;
select to_tsquery('english', '@query@') as x;
select to_tsvector('english', 'The quick brown foxes jumped over the lazy dogs') @@ to_tsquery('english', '@query@') as x;
--! let vector = 'a':1 'b':2,3 // a b a // a:1A b:2C,3 // 'it''s' // a:0 // 'x // a:99999 // a\ b
select $q$@vector@$q$::tsvector as x;
select length($q$@vector@$q$::tsvector), strip($q$@vector@$q$::tsvector), tsvector_to_array($q$@vector@$q$::tsvector), setweight($q$@vector@$q$::tsvector, 'B');
select 'a:1 b:2'::tsvector || 'c:1 a:3'::tsvector, 'a:1'::tsvector = 'a:1', array_to_tsvector(array['b', 'a']);
select ts_rank('a:1 b:2 c:3'::tsvector, 'a & b'), ts_rank_cd('a:1 b:2 c:3'::tsvector, 'a & c'), ts_rank('a:1A'::tsvector, 'a', 1);
select ts_headline('english', 'The quick brown fox jumped', to_tsquery('english', 'fox & jump')), ts_headline('simple', 'a b c', 'b', 'StartSel=<,StopSel=>');
select 'a & b'::tsquery && 'c'::tsquery, 'a'::tsquery || 'b', !!'a'::tsquery, 'a'::tsquery <-> 'b'::tsquery, tsquery_phrase('a', 'b', 3), numnode('a & (b | c)'::tsquery), querytree('a & !b'::tsquery);
select 'a b c' @@ 'b', 'running'::text @@ 'run'::text, to_tsvector('simple', 'a b') @@ 'a & c'::tsquery;
select get_current_ts_config(), to_tsvector('nope', 'x');
select unnest('a:1,2 b:3A'::tsvector), ts_delete('a:1 b:2'::tsvector, 'a'), ts_filter('a:1A b:2B'::tsvector, '{a}');
select ts_lexize('english_stem', 'running'), ts_lexize('simple', 'Running');
create table docs (id int primary key, body text, v tsvector generated always as (to_tsvector('english', body)) stored);
create index on docs using gin (v);
insert into docs values (1, 'cats and dogs'), (2, 'a dog barks'), (3, 'fish swim'), (4, null);
select id from docs where v @@ to_tsquery('english', 'dog') order by id;
select id, ts_rank(v, q) > 0 from docs, plainto_tsquery('english', 'dogs bark') q where v @@ q order by id;
select id from docs where to_tsvector('english', body) @@ websearch_to_tsquery('english', 'dog -cat') order by id;
select word, ndoc, nentry from ts_stat('select v from docs') order by word;
