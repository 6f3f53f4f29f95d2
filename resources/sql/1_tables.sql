-- What robots share: rows with versions, gapless logs, leases with fencing tokens.
-- Changed only through the functions of the files that follow; all run again at every new format.

create schema if not exists casare_robot;

-- Versions, tokens and the age of rows: one sequence, so that none is given twice.
create sequence if not exists casare_robot.numbers;

-- What follows words is taken from the record, as far as it can be indexed.
create table if not exists casare_robot.rows (
    number bigint not null,
    tbl text collate "C" not null,
    key text collate "C" not null,
    version bigint not null,
    expires double precision,
    record json not null,
    words tsvector,
    status text collate "C",
    "group" text collate "C",
    robot text collate "C",
    priority_kind smallint not null,
    priority_number numeric,
    priority_text text collate "C",
    primary key (tbl, key)
) with (fillfactor = 80);

create table if not exists casare_robot.streams (
    id bigint generated always as identity primary key,
    name text collate "C" not null unique,
    newest bigint not null
) with (fillfactor = 50);

create table if not exists casare_robot.log (
    stream bigint not null,
    seq bigint not null,
    at double precision not null,
    body json not null,
    primary key (stream, seq)
);

create table if not exists casare_robot.leases (
    name text collate "C" primary key,
    holder text not null,
    token bigint not null,
    ttl double precision not null,
    expires double precision not null,
    ends_with_session boolean not null default false
) with (fillfactor = 50);

create index if not exists rows_age on casare_robot.rows (tbl, number);
create index if not exists rows_expiring on casare_robot.rows (expires) where expires is not null;
create index if not exists rows_words on casare_robot.rows using gin (words) where words is not null;
create index if not exists rows_status on casare_robot.rows (tbl, status,
    priority_kind desc, priority_number desc, priority_text desc, number) where status is not null;
create index if not exists rows_group on casare_robot.rows (tbl, "group", status, number)
    where "group" is not null;
create index if not exists rows_robot on casare_robot.rows (tbl, robot, status, number)
    where robot is not null;
