-- Leases: a name held by one holder until a second of this database's clock.

create or replace function casare_robot.refuse(code text, about json) returns void
language plpgsql as $$
begin
    raise exception using errcode = code, message = 'refused by the store', detail = about::text;
end $$;

-- Refuses whoever lost the lease. The share lock makes a takeover wait for the write.
create or replace function casare_robot.check_fence(fence json) returns void
language plpgsql as $$
declare
    held casare_robot.leases;
begin
    if fence is null or json_typeof(fence) <> 'object' then
        return;
    end if;
    select * into held from casare_robot.leases where name = fence ->> 'name' for share;
    if held.token is distinct from (fence ->> 'token')::bigint
        or held.expires <= casare_robot.clock() then
        perform casare_robot.refuse('CR423', json_build_object(
            'name', fence -> 'name', 'token', fence -> 'token', 'current', coalesce(held.token, 0)));
    end if;
end $$;

-- [token, expires], or null if somebody else has it.
create or replace function casare_robot.take_lease(name text, holder text, ttl double precision)
returns json language plpgsql as $$
#variable_conflict use_column
declare
    held casare_robot.leases;
begin
    update casare_robot.leases as l
        set ttl = take_lease.ttl, expires = casare_robot.clock() + take_lease.ttl
        where l.name = take_lease.name and l.holder = take_lease.holder
            and l.expires > casare_robot.clock()
        returning * into held;
    if found then
        return json_build_array(held.token, held.expires);
    end if;
    insert into casare_robot.leases as l values (take_lease.name, take_lease.holder,
            nextval('casare_robot.numbers'), take_lease.ttl, casare_robot.clock() + take_lease.ttl)
        on conflict (name) do update
            set holder = excluded.holder, token = nextval('casare_robot.numbers'),
                ttl = excluded.ttl, expires = casare_robot.clock() + excluded.ttl,
                ends_with_session = false
            where l.expires <= casare_robot.clock()
        returning * into held;
    if found then
        if held.token % 1000 = 0 then  -- a day after their end they may be forgotten
            delete from casare_robot.leases as l where l.expires < casare_robot.clock() - 86400;
        end if;
        return json_build_array(held.token, held.expires);
    end if;
    -- Held for longer than was ever asked for: the clock was set back since.
    update casare_robot.leases as l set expires = casare_robot.clock() + l.ttl
        where l.name = take_lease.name and l.expires > casare_robot.clock() + l.ttl;
    return null;
end $$;

-- Renews many as one statement: {name: [token, expires], ...}; null if one of them is not held.
create or replace function casare_robot.renew_all(names json, holder text, ttl double precision)
returns json language plpgsql set enable_seqscan = off set enable_bitmapscan = off as $$
#variable_conflict use_column
declare
    at double precision := casare_robot.clock();
    renewed json;
begin
    with renewal as (
        update casare_robot.leases as l
            set ttl = renew_all.ttl, expires = at + renew_all.ttl
            where l.name = any (array(select json_array_elements_text(names)))
                and l.holder = renew_all.holder and l.expires > at
            returning name, token, expires
    )
    select json_object_agg(name, json_build_array(token, expires)) into renewed
        from renewal having count(*) = json_array_length(names);
    return renewed;
end $$;

-- Takes or renews several: {name: [token, expires], ...}, with null for those others hold.
create or replace function casare_robot.lease(names json, holder text, ttl double precision)
returns json language plpgsql as $$
begin
    if json_array_length(names) = 1 then
        return json_build_object(names ->> 0, casare_robot.take_lease(names ->> 0, holder, ttl));
    end if;
    return coalesce(
        casare_robot.renew_all(names, holder, ttl),  -- as nearly always: all were held already
        (select json_object_agg(name, casare_robot.take_lease(name, holder, ttl))
            from json_array_elements_text(names) as each (name)));
end $$;

-- Waits a while until the session of who leads has ended, and takes its lease: the next leader
-- is there when a process dies, not when its time is over. [token, expires], or null: ask again.
-- Whoever led so and lives all the same has an older token: the lease stays the truth.
-- For a session of its own alone, which ends with its process; never by RPC or a pooler.
create or replace function casare_robot.succeed(name text, holder text, ttl double precision)
returns json language plpgsql set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
    lock bigint := hashtextextended('casare_robot lease ' || succeed.name, 0);
    has_lock boolean := true;
    given json;
begin
    begin
        perform pg_advisory_lock(lock);
    exception when lock_not_available then
        has_lock := false;  -- whoever has it may have lost the lease and not said so
    end;
    if has_lock then
        update casare_robot.leases as l set expires = casare_robot.clock()
            where l.name = succeed.name and ends_with_session;
    end if;
    given := casare_robot.take_lease(succeed.name, succeed.holder, succeed.ttl);
    if given is null then
        perform pg_advisory_unlock(lock) where has_lock;
        return null;
    end if;
    update casare_robot.leases as l set ends_with_session = has_lock where l.name = succeed.name;
    return given;
end $$;

create or replace function casare_robot.unlease(fence json) returns json
language plpgsql as $$
begin
    update casare_robot.leases set expires = casare_robot.clock()
        where name = fence ->> 'name' and token = (fence ->> 'token')::bigint
            and expires > casare_robot.clock();
    if found then
        perform casare_robot.ring(array['lease:' || (fence ->> 'name')]);
    end if;
    return to_json(found);
end $$;

create or replace function casare_robot.held(names json) returns json
language plpgsql stable as $$
begin
    return coalesce((select json_agg(to_json(l)) from casare_robot.leases as l
        where l.name = any (array(select json_array_elements_text(names)))
            and l.expires > casare_robot.clock()), '[]');
end $$;

-- Calls those who watch; with more names than fit, to look at everything.
create or replace function casare_robot.ring(names text[]) returns void
language plpgsql as $$
declare
    joined text := array_to_string(names, E'\n');
begin
    if cardinality(names) > 0 then
        perform pg_notify('casare_robot', case when octet_length(joined) > 7000 then '' else joined end);
    end if;
end $$;

create or replace function casare_robot.ring_names(names json) returns json
language plpgsql as $$
begin
    perform casare_robot.ring(array(select json_array_elements_text(names)));
    return to_json(true);
end $$;
