-- Rows: JSON records under a key, changed by compare and set.

-- A record with other fields in place of its own, and what is kept beside it.
create or replace function casare_robot.merged(base json, fields json)
returns table (record json, status text, "group" text, robot text, priority_kind smallint,
    priority_number numeric, priority_text text) language sql immutable as $$
    select k.* from (
        select coalesce(json_object_agg(f.key, f.value), '{}') as record from (
            select b.key, b.value from json_each(base) as b
                where b.key <> all (array(select json_object_keys(fields)))
            union all select c.key, c.value from json_each(fields) as c) as f) as m
        cross join lateral casare_robot.marked(m.record) as k
$$;

create or replace function casare_robot.row_json(r casare_robot.rows) returns json
language sql immutable as $$
    select json_build_object('key', r.key, 'version', r.version, 'record', r.record,
        'expires', r.expires)
$$;

create or replace function casare_robot.matching(tbl text, conditions json) returns bigint
language plpgsql as $$
declare
    number bigint;
begin
    execute 'select count(*) from casare_robot.rows where '
        || casare_robot.where_sql(tbl, conditions) into number;
    return number;
end $$;

-- Refuses a change of a row that is not as it was asked for; returns if it is by now.
create or replace function casare_robot.check_row(t text, k text, expected bigint, is_needed boolean)
returns void language plpgsql as $$
declare
    current bigint := coalesce((select version from casare_robot.rows where tbl = t and key = k
        and (expires is null or expires > casare_robot.clock())), 0);
begin
    if expected <> current then
        perform casare_robot.refuse('CR409', json_build_object(
            'table', t, 'key', k, 'expected', expected, 'current', current));
    elsif is_needed and current = 0 then
        perform casare_robot.refuse('CR404', json_build_object('table', t, 'key', k));
    end if;
end $$;

-- Expired rows cannot grow in number without new ones, which call this.
create or replace function casare_robot.sweep() returns void language sql as $$
    delete from casare_robot.rows where (tbl, key) in (
        select r.tbl, r.key from casare_robot.rows as r
        where r.expires <= casare_robot.clock() limit 100 for update skip locked);
$$;

create or replace function casare_robot.patch(t text, k text, expected bigint, fields json,
    its_words text, ttl double precision) returns bigint
language plpgsql as $$
declare
    until double precision := casare_robot.clock() + ttl;
    result bigint;
begin
    if ttl is not null then
        perform casare_robot.sweep();
    end if;
    loop
        update casare_robot.rows as r
            set version = nextval('casare_robot.numbers'), expires = coalesce(until, r.expires),
                (record, status, "group", robot, priority_kind, priority_number, priority_text)
                    = (select * from casare_robot.merged(r.record, fields)),
                words = case when fields -> 'content' is null then r.words else its_words::tsvector end
            where tbl = t and key = k and (expected is null or version = expected)
                and (expires is null or expires > casare_robot.clock())
            returning version into result;
        if found then
            return result;
        end if;
        perform casare_robot.check_row(t, k, expected, true);
    end loop;
end $$;

-- Many patches as one statement; null if that cannot be done: one by one, it is said why.
create or replace function casare_robot.patch_all(changes json) returns bigint[]
language plpgsql set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
declare
    results bigint[];
begin
    with patched as (
        update casare_robot.rows as r
            set version = nextval('casare_robot.numbers'),
                expires = coalesce(casare_robot.clock() + c.ttl, r.expires),
                (record, status, "group", robot, priority_kind, priority_number, priority_text)
                    = (select * from casare_robot.merged(r.record, c.fields)),
                words = case when c.fields -> 'content' is null then r.words else c.words::tsvector end
            from rows from (json_to_recordset(changes)
                as ("table" text, key text, version bigint, record json, words text,
                    ttl double precision))
                with ordinality as c (tbl, key, version, fields, words, ttl, place)
            where r.tbl = c.tbl and r.key = c.key and (c.version is null or r.version = c.version)
                and (r.expires is null or r.expires > casare_robot.clock())
            returning c.place, r.version
    )
    select array_agg(version order by place) into results from patched;
    if cardinality(results) is distinct from json_array_length(changes) then
        raise exception 'to be undone';
    end if;
    return results;
exception when raise_exception then
    return null;
end $$;

create or replace function casare_robot.put(
    t text, k text, expected bigint, whole json, its_words text, ttl double precision)
returns bigint language plpgsql as $$
declare
    until double precision := casare_robot.clock() + ttl;
    result bigint;
begin
    if ttl is not null then
        perform casare_robot.sweep();
    end if;
    loop
        if expected > 0 then
            update casare_robot.rows as r
                set version = nextval('casare_robot.numbers'), expires = until,
                    words = its_words::tsvector,
                    (record, status, "group", robot, priority_kind, priority_number, priority_text)
                        = (select * from casare_robot.marked(whole))
                where tbl = t and key = k and version = expected
                    and (expires is null or expires > casare_robot.clock())
                returning version into result;
        else
            insert into casare_robot.rows as r (number, tbl, key, version, expires, words,
                    record, status, "group", robot, priority_kind, priority_number, priority_text)
                select n, t, k, n, until, its_words::tsvector, m.*
                from nextval('casare_robot.numbers') as n, casare_robot.marked(whole) as m
                on conflict (tbl, key) do update
                    set number = case when r.expires <= casare_robot.clock() then excluded.number
                            else r.number end,
                        version = excluded.version, expires = excluded.expires,
                        words = excluded.words, record = excluded.record,
                        status = excluded.status, "group" = excluded."group",
                        robot = excluded.robot, priority_kind = excluded.priority_kind,
                        priority_number = excluded.priority_number,
                        priority_text = excluded.priority_text
                    where expected is null or r.expires <= casare_robot.clock()
                returning version into result;
        end if;
        if found then
            return result;
        end if;
        perform casare_robot.check_row(t, k, expected, false);
    end loop;
end $$;

create or replace function casare_robot.drop(t text, k text, expected bigint) returns bigint
language plpgsql as $$
declare
    result bigint;
begin
    loop
        delete from casare_robot.rows
            where tbl = t and key = k and (expected is null or expected
                = case when expires <= casare_robot.clock() then 0 else version end)
            returning (expires is null or expires > casare_robot.clock())::integer into result;
        if found then
            return result;
        end if;
        perform casare_robot.check_row(t, k, expected, false);
        if coalesce(expected, 0) = 0 then
            return 0;
        end if;
    end loop;
end $$;

create or replace function casare_robot.append(stream text, bodies json) returns bigint
language plpgsql as $$
declare
    known casare_robot.streams;
begin
    insert into casare_robot.streams as s (name, newest) values (stream, json_array_length(bodies))
        on conflict (name) do update set newest = s.newest + excluded.newest
        returning * into known;
    insert into casare_robot.log
        select known.id, known.newest - json_array_length(bodies) + place, casare_robot.clock(), value
        from json_array_elements(bodies) with ordinality as each (value, place);
    return known.newest;
end $$;

create or replace function casare_robot.check_limit(tbl text, most bigint, conditions json)
returns bigint language plpgsql as $$
declare
    result bigint;
begin
    perform pg_advisory_xact_lock(hashtextextended('casare_robot limit ' || tbl, 0));
    result := casare_robot.matching(tbl, conditions);
    if result > most then
        perform casare_robot.refuse('CR429', json_build_object('table', tbl, 'most', most));
    end if;
    return result;
end $$;

-- All these changes, in this order, or none; the result of each.
create or replace function casare_robot.commit(changes json, fence json default null) returns json
language plpgsql as $$
declare
    c record;
    results bigint[] := '{}';
    rings text[] := '{}';
begin
    perform casare_robot.check_fence(fence);
    if json_array_length(changes) > 1 and 'patch' = all (
        select value ->> 'do' from json_array_elements(changes)) then
        results := casare_robot.patch_all(changes);
        if results is not null then
            return to_json(results);
        end if;
        results := '{}';
    end if;
    for c in select * from json_to_recordset(changes) as c ("do" text, "table" text, key text,
        version bigint, record json, words text, ttl double precision, stream text, bodies json,
        most bigint, conditions json)
    loop
        results := results || case c."do"
            when 'patch' then casare_robot.patch(
                c."table", c.key, c.version, c.record, c.words, c.ttl)
            when 'put' then casare_robot.put(c."table", c.key, c.version, c.record, c.words, c.ttl)
            when 'drop' then casare_robot.drop(c."table", c.key, c.version)
            when 'append' then casare_robot.append(c.stream, c.bodies)
            when 'limit' then casare_robot.check_limit(c."table", c.most, c.conditions)
        end;
        if c."do" = 'append' then
            rings := rings || c.stream;
        end if;
    end loop;
    perform casare_robot.ring(rings);
    return to_json(results);
end $$;

create or replace function casare_robot.get(tbl text, key text) returns json
language plpgsql stable as $$
begin
    return (select casare_robot.row_json(r) from casare_robot.rows as r
        where r.tbl = get.tbl and r.key = get.key
            and (r.expires is null or r.expires > casare_robot.clock()));
end $$;

create or replace function casare_robot.find(
    tbl text, conditions json default '[]', fields json default '[]', most bigint default null,
    skip bigint default 0) returns json
language plpgsql as $$
declare
    found_rows json;
begin
    execute format('select coalesce(json_agg(casare_robot.row_json(r)), ''[]'') from '
        '(select * from casare_robot.rows where %s order by %s limit %L offset %L) as r',
        casare_robot.where_sql(tbl, conditions), casare_robot.order_sql(fields), most, skip)
        into found_rows;
    return found_rows;
end $$;

create or replace function casare_robot.count(tbl text, conditions json default '[]') returns json
language plpgsql as $$
begin
    return to_json(casare_robot.matching(tbl, conditions));
end $$;

-- The newest rows that have the words (as tsquery), then those that say most about them.
create or replace function casare_robot.search(
    tbl text, query text, conditions json default '[]', most bigint default 10,
    newest bigint default 200) returns json
language plpgsql as $$
declare
    found_rows json;
begin
    execute format('select coalesce(json_agg(casare_robot.row_json(r) order by share desc, age desc), ''[]'') '
        'from (select r, (r).number as age, ts_rank(''{1, 1, 1, 1}'', (r).words, $1) as share from '
        '(select r from casare_robot.rows as r where %s and words @@ $1 '
        'order by number desc limit %L) as newest order by share desc, age desc limit %L) as ranked',
        casare_robot.where_sql(tbl, conditions), newest, most)
        using query::tsquery into found_rows;
    return found_rows;
end $$;

-- The first rows that match and that nobody has, locked: their keys and where they lie. A robot
-- asks the same again and again: the session keeps the plan, as far as there are not too many.
create or replace function casare_robot.pick(
    tbl text, conditions json, fields json, most bigint, out keys text[], out places tid[])
language plpgsql set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
set jit = off as $$
declare
    plan text := 'casare_robot_' || md5(concat_ws(E'\n', tbl, conditions, fields, most));
    plans text[] := array(select name from pg_prepared_statements where name like 'casare\_robot\_%');
    told text;
begin
    if plan <> all (plans) then
        told := format('select array_agg(key), array_agg(ctid) from ('
            'select key, ctid from casare_robot.rows where %s '
            'and not exists (select 1 from casare_robot.leases as l '
            'where l.name = tbl || '':'' || key and l.expires > casare_robot.clock()) '
            'order by %s limit %L for update skip locked) as free',
            casare_robot.where_sql(tbl, conditions), casare_robot.order_sql(fields), most);
        if cardinality(plans) >= 20 then
            execute told into keys, places;
            return;
        end if;
        execute format('prepare %I as %s', plan, told);
    end if;
    execute 'execute ' || plan into keys, places;
end $$;

-- The first rows that match and that nobody has, each with its lease.
create or replace function casare_robot.claim(
    tbl text, holder text, ttl double precision, conditions json default '[]',
    fields json default '[]', record json default '{}', words text default null,
    most bigint default 1, fence json default null) returns json
language plpgsql set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
set enable_bitmapscan = off set enable_material = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
    picked record;
    claims json;
begin
    perform casare_robot.check_fence(fence);
    loop
        picked := casare_robot.pick(claim.tbl, conditions, fields, most);
        if picked.keys is null then
            return '[]';
        end if;
        with held as (
            insert into casare_robot.leases as l (name, holder, token, ttl, expires)
                select claim.tbl || ':' || p.key, claim.holder, nextval('casare_robot.numbers'),
                    claim.ttl, casare_robot.clock() + claim.ttl
                from unnest(picked.keys) as p (key)
                on conflict (name) do update set holder = excluded.holder,
                    token = nextval('casare_robot.numbers'), ttl = excluded.ttl,
                    expires = casare_robot.clock() + excluded.ttl
                where l.expires <= casare_robot.clock()
                returning *
        ), taken as (
            update casare_robot.rows as r set version = nextval('casare_robot.numbers'),
                (record, status, "group", robot, priority_kind, priority_number, priority_text)
                    = (select * from casare_robot.merged(r.record, claim.record)),
                words = case when claim.record -> 'content' is null then r.words
                    else claim.words::tsvector end
                from held as h
                where r.ctid = picked.places[
                    array_position(picked.keys, substr(h.name, length(claim.tbl) + 2))]
                returning h.token, json_build_object('key', r.key, 'version', r.version,
                    'record', r.record, 'expires', r.expires, 'lease', to_json(h)) as told
        )
        select coalesce(json_agg(told order by token), '[]') into claims from taken;
        if json_array_length(claims) > 0 then
            return claims;
        end if;
    end loop;  -- all were taken between the look and the lease: look again
end $$;
