-- @shared: every tenant has the same countries.
-- migrate:up
create table countries (code text primary key, name text not null);
insert into countries values ('ch', 'Switzerland'), ('de', 'Germany'), ('no', 'Norway');
-- migrate:down
drop table countries;
