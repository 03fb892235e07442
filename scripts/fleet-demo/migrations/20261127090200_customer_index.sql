-- migrate:up transaction:false
create index concurrently customers_country on customers (country);
-- migrate:down
drop index customers_country;
