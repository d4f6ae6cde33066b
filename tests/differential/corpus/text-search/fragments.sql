-- ts_headline with MaxFragments: which parts of a document are shown, and how far they reach.
create table documents (id int, body text);
insert into documents values
  (1, 'The quick brown fox jumps over the lazy dog. A dog that sleeps by the fire hears nothing of foxes. In the morning the fox comes back for the hens, and the dog barks at the door until the farmer wakes.'),
  (2, 'Databases keep data. A distributed database keeps its data on several machines, so that one of them may fail. When a machine fails, the database goes on; when it comes back, the database gives it the data that it has missed. Nobody who uses the database needs to know which machine is which.'),
  (3, 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty one two three'),
  (4, ''), (5, 'fox'), (6, 'Nothing here matches at all.');
--! let options = MaxFragments=1 // MaxFragments=2 // MaxFragments=3, MaxWords=5, MinWords=2 // MaxFragments=2, MaxWords=10, MinWords=3 // MaxFragments=5, MaxWords=4, MinWords=1 // MaxFragments=2, MaxWords=7, MinWords=3, FragmentDelimiter=" | ", StartSel=<<, StopSel=>> // MaxFragments=10, ShortWord=0 // MaxFragments=1, MaxWords=6, MinWords=2
--! let query = fox // fox & dog // dog | hens // database & machine // data // three & eight // one <-> two // machine & !fox // absent
select id, ts_headline('english', body, '@query@'::tsquery, '@options@') from documents order by id;
