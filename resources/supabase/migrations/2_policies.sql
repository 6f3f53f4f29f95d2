-- Row level security: nobody but the owner reads or writes a row outside its spaces, nor rings
-- its bells or learns how much there is.

alter table casare_robot.rows enable row level security;
alter table casare_robot.streams enable row level security;
alter table casare_robot.log enable row level security;
alter table casare_robot.leases enable row level security;
alter table casare_robot.robots enable row level security;
alter table casare_robot.members enable row level security;
alter table casare_robot.invitations enable row level security;

drop policy if exists in_my_spaces on casare_robot.rows;
create policy in_my_spaces on casare_robot.rows for all to authenticated
    using (split_part(tbl, '/', 1) = any ((select casare_robot.my_spaces())::text[]));
drop policy if exists in_my_spaces on casare_robot.streams;
create policy in_my_spaces on casare_robot.streams for all to authenticated
    using (split_part(name, '/', 1) = any ((select casare_robot.my_spaces())::text[]));
drop policy if exists in_my_spaces on casare_robot.leases;
create policy in_my_spaces on casare_robot.leases for all to authenticated
    using (split_part(name, '/', 1) = any ((select casare_robot.my_spaces())::text[]));
drop policy if exists in_my_spaces on casare_robot.log;
create policy in_my_spaces on casare_robot.log for all to authenticated
    using (exists (select 1 from casare_robot.streams as s where s.id = stream));

-- What row level security does not reach of the store's functions. Each name is a call of its
-- own: one for everybody, as for more names than fit, is the owner's alone.
create or replace function casare_robot.ring(names text[]) returns void
language sql as $$
    select pg_notify('casare_robot', n) from unnest(names) as names (n)
        where octet_length(n) <= 7000 and (not row_security_active('casare_robot.rows')
            or split_part(regexp_replace(n, '^lease:', ''), '/', 1)
                = any ((select casare_robot.my_spaces())::text[]))
$$;

create or replace function casare_robot.stats() returns json
language sql as $$
    select json_build_object(
        'rows', (select count(*) from casare_robot.rows
            where expires is null or expires > casare_robot.clock()),
        'entries', (select count(*) from casare_robot.log),
        'streams', (select count(*) from casare_robot.streams),
        'leases', (select count(*) from casare_robot.leases where expires > casare_robot.clock()),
        'bytes', (select coalesce(sum(octet_length(record::text)), 0) from casare_robot.rows)
            + (select coalesce(sum(octet_length(body::text)), 0) from casare_robot.log))
$$;

create or replace function casare_robot.probe() returns json
language sql as $$
    select to_json(nextval('casare_robot.numbers') > 0)
$$;

revoke all on all tables in schema casare_robot from public, anon, authenticated;
revoke all on all functions in schema casare_robot from public, anon, authenticated;
grant usage on schema casare_robot to authenticated;
grant select, insert, update, delete
    on casare_robot.rows, casare_robot.streams, casare_robot.log, casare_robot.leases
    to authenticated;
grant usage on sequence casare_robot.numbers to authenticated;
grant execute on all functions in schema casare_robot to authenticated;
revoke all on function casare_robot.invite, casare_robot.admit, casare_robot.succeed
    from authenticated;

-- The channels of Realtime are named like the spaces: who may see one may talk there.
do $$
begin
    if to_regclass('realtime.messages') is not null then
        execute 'drop policy if exists casare_robot_in_my_spaces on realtime.messages';
        execute 'create policy casare_robot_in_my_spaces on realtime.messages for all to authenticated '
            'using (realtime.topic() = any ((select casare_robot.my_spaces())::text[]))';
    end if;
end $$;
