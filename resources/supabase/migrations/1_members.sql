-- Who may see what: each name in the store begins with a space, `robot:ID/` or `group:NAME/`.
-- Runs after resources/sql, unchanged, in the same schema; run again at every new format.

create table if not exists casare_robot.robots (
    robot text primary key check (robot <> '' and robot !~ '/'),
    name text not null default '',
    key_hash bytea not null unique,
    spaces text[] not null,
    enrolled_at timestamptz not null default now()
);

-- A user of the project: a robot, with its spaces, or a person, with some of its own.
create table if not exists casare_robot.members (
    user_id uuid primary key,
    robot text references casare_robot.robots on delete cascade,
    spaces text[] not null default '{}',
    seen_at timestamptz not null default now()
);
create index if not exists members_robot on casare_robot.members (robot, seen_at);

-- Codes that make a robot known, each once.
create table if not exists casare_robot.invitations (
    code_hash bytea primary key,
    robot text not null check (robot <> '' and robot !~ '/'),
    spaces text[] not null,
    expires_at timestamptz not null
);

create or replace function casare_robot.me() returns uuid
language sql stable as $$
    select (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid
$$;

create or replace function casare_robot.my_spaces() returns text[]
language sql stable security definer set search_path = '' as $$
    select coalesce((select m.spaces || coalesce(r.spaces, '{}')
        from casare_robot.members as m left join casare_robot.robots as r using (robot)
        where m.user_id = casare_robot.me()), '{}')
$$;

create or replace function casare_robot.digest(secret text) returns bytea
language sql immutable as $$
    select sha256(convert_to(secret, 'UTF8'))
$$;

-- For the project's owner: a code that makes one robot known, within so many hours.
create or replace function casare_robot.invite(
    its_robot text, its_groups text[] default '{}', hours double precision default 24)
returns text language plpgsql set search_path = '' as $$
declare
    code text := replace(gen_random_uuid()::text, '-', '');
begin
    if exists (select 1 from unnest(its_groups) as g (name) where name = '' or name ~ '/') then
        raise exception 'a group in a project has a name without a slash';
    end if;
    insert into casare_robot.invitations values (casare_robot.digest(code), its_robot,
        array['robot:' || its_robot] || array(select 'group:' || g from unnest(its_groups) as g),
        now() + make_interval(secs => hours * 3600));
    delete from casare_robot.invitations where expires_at < now();
    return code;
end $$;

-- For the project's owner: lets a person's account see and write some spaces.
create or replace function casare_robot.admit(account uuid, its_spaces text[]) returns void
language sql set search_path = '' as $$
    insert into casare_robot.members (user_id, spaces) values (account, its_spaces)
        on conflict (user_id) do update set spaces = excluded.spaces
$$;

create or replace function casare_robot.robot_json(r casare_robot.robots) returns json
language sql immutable set search_path = '' as $$
    select json_build_object('robot_id', r.robot, 'name', r.name, 'spaces', r.spaces)
$$;
