-- Row level security: nobody but the owner reads or writes a row outside its spaces.

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

revoke all on all tables in schema casare_robot from public, anon, authenticated;
revoke all on all functions in schema casare_robot from public, anon, authenticated;
grant usage on schema casare_robot to authenticated;
grant select, insert, update, delete
    on casare_robot.rows, casare_robot.streams, casare_robot.log, casare_robot.leases
    to authenticated;
grant usage on sequence casare_robot.numbers to authenticated;
grant execute on all functions in schema casare_robot to authenticated;
revoke all on function casare_robot.invite, casare_robot.admit from authenticated;

-- The channels of Realtime are named like the spaces: who may see one may talk there.
do $$
begin
    if to_regclass('realtime.messages') is not null then
        execute 'drop policy if exists casare_robot_in_my_spaces on realtime.messages';
        execute 'create policy casare_robot_in_my_spaces on realtime.messages for all to authenticated '
            'using (realtime.topic() = any ((select casare_robot.my_spaces())::text[]))';
    end if;
end $$;
