-- What robots share: rows with versions, gapless logs, leases with fencing tokens.
-- Changed only through the functions of the files that follow; all run again at every new format.

create schema if not exists casare_robot;

-- Versions, tokens and the age of rows: one sequence, so that none is given twice.
create sequence if not exists casare_robot.numbers;

create table if not exists casare_robot.rows (
    number bigint primary key,
    tbl text collate "C" not null,
    key text collate "C" not null,
    version bigint not null,
    expires double precision,
    record json not null,
    words tsvector,
    unique (tbl, key)
);

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
    expires double precision not null
) with (fillfactor = 50);
