-- What a project shows over HTTP: PostgREST serves the functions of this schema only.

-- The calls of casare_robot.many, with the rights of whoever asks, if it is known at all.
create or replace function public.casare_robot(orders json) returns json
language plpgsql as $$
begin
    if casare_robot.my_spaces() = '{}' then
        raise exception using errcode = 'CR401',
            message = 'this account is no robot''s (any more); enrol it again';
    end if;
    return casare_robot.many(orders);
end $$;

-- What is here, and who asks.
create or replace function public.casare_robot_about() returns json
language sql stable security definer set search_path = '' as $$
    select json_build_object(
        'format', (select max(format) from casare_robot.format),
        'access', 1,
        'time', extract(epoch from clock_timestamp()),
        'robot', (select robot from casare_robot.members where user_id = casare_robot.me()),
        'spaces', casare_robot.my_spaces(),
        'guarded', (select bool_and(relrowsecurity) from pg_catalog.pg_class
            where relnamespace = 'casare_robot'::regnamespace and relkind = 'r'
                and relname <> 'format'))
$$;

-- Uses a code up: the robot is known by its key from now on. Asked again with the same key,
-- because the first answer was lost, it answers again.
create or replace function public.casare_robot_enroll(code text, robot_key text, robot_name text)
returns json language plpgsql security definer set search_path = '' as $$
declare
    invitation casare_robot.invitations;
    known casare_robot.robots;
begin
    if casare_robot.me() is null or length(robot_key) < 32 then
        raise exception using errcode = 'CR401', message = 'sign in, with a key of your own, first';
    end if;
    select * into known from casare_robot.robots where key_hash = casare_robot.digest(robot_key);
    if not found then
        delete from casare_robot.invitations
            where code_hash = casare_robot.digest(code) and expires_at > now()
            returning * into invitation;
        if not found then
            raise exception using errcode = 'CR401',
                message = 'this code is unknown, was used already, or has run out';
        end if;
        delete from casare_robot.members where robot = invitation.robot;
        insert into casare_robot.robots as r (robot, name, key_hash, spaces)
            values (invitation.robot, robot_name, casare_robot.digest(robot_key), invitation.spaces)
            on conflict (robot) do update set name = excluded.name, key_hash = excluded.key_hash,
                spaces = excluded.spaces, enrolled_at = now()
            returning * into known;
    end if;
    return public.casare_robot_sign_in(robot_key);
end $$;

-- Binds the account that asks to the robot whose key it knows.
create or replace function public.casare_robot_sign_in(robot_key text) returns json
language plpgsql security definer set search_path = '' as $$
declare
    known casare_robot.robots;
begin
    select * into known from casare_robot.robots where key_hash = casare_robot.digest(robot_key);
    if not found or casare_robot.me() is null then
        raise exception using errcode = 'CR401',
            message = 'no robot has this key; enrol it again';
    end if;
    insert into casare_robot.members (user_id, robot) values (casare_robot.me(), known.robot)
        on conflict (user_id) do update set robot = excluded.robot, spaces = '{}', seen_at = now();
    delete from casare_robot.members
        where robot = known.robot and seen_at < now() - interval '90 days';
    return casare_robot.robot_json(known);
end $$;

-- For people and their pages: a job for a team, or for one robot of it; its id. `work` holds
-- `workflow`, and may hold `id`, `name`, `variables`, `priority`, `timeout`, `restartable`.
create or replace function public.casare_robot_submit(
    team text, work json, robot text default null) returns text
language plpgsql as $$
declare
    job text := coalesce(work ->> 'id', gen_random_uuid()::text);
    space text := 'group:' || team || '/';
    told json := json_build_object('taskId', job, 'submittedBy', 'supabase');
begin
    if json_typeof(work -> 'workflow') is distinct from 'object' then
        raise exception 'a job has a workflow, as an object';
    end if;
    perform casare_robot.commit(json_build_array(
        json_build_object('do', 'put', 'table', space || 'group_job', 'key', job, 'version', 0,
            'record', json_build_object('id', job, 'status', 'queued', 'group', team,
                'robot', robot, 'priority', case work ->> 'priority' when 'low' then 1
                    when 'high' then 3 when 'critical' then 4 else 2 end,
                'capabilities', '[]'::json, 'restartable', coalesce(work ->> 'restartable', 'true')::boolean,
                'on_disconnect', 'abort', 'work', work, 'submitted_by', 'supabase',
                'created_at', casare_robot.clock())),
        json_build_object('do', 'append', 'stream', space || 'group:' || team,
            'bodies', json_build_array(json_build_object('id', gen_random_uuid(),
                'topic', 'job:queued', 'payload', told)))));
    return job;
end $$;

-- A job as it is now: its status, and its result once it has one.
create or replace function public.casare_robot_job(team text, job text) returns json
language sql as $$
    select casare_robot.get('group:' || team || '/group_job', job) -> 'record'
$$;

revoke all on function public.casare_robot, public.casare_robot_about,
    public.casare_robot_enroll, public.casare_robot_sign_in, public.casare_robot_submit,
    public.casare_robot_job from public, anon;
grant execute on function public.casare_robot, public.casare_robot_about,
    public.casare_robot_enroll, public.casare_robot_sign_in, public.casare_robot_submit,
    public.casare_robot_job to authenticated;
grant execute on function public.casare_robot_about to anon;

-- A log that grew rings the bells of those who may read it; Realtime asks the policies.
do $$
begin
    if exists (select 1 from pg_publication where pubname = 'supabase_realtime')
        and not exists (select 1 from pg_publication_tables where pubname = 'supabase_realtime'
            and schemaname = 'casare_robot' and tablename = 'streams')
    then
        alter publication supabase_realtime add table casare_robot.streams;
    end if;
end $$;

notify pgrst, 'reload schema';
