-- migrate:up
create table customers (id bigint generated always as identity primary key, name text not null, country text references countries);
-- migrate:down
drop table customers;
