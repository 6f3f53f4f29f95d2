-- Rows: JSON records under a key, changed by compare and set.

create or replace function casare_robot.merged(base json, fields json) returns json
language plpgsql immutable as $$
begin
    return (select coalesce(json_object_agg(key, value), '{}') from (
        select key, coalesce(f.value, b.value) as value
            from json_each(base) as b full join json_each(fields) as f using (key)) as both_of_them);
end $$;

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

create or replace function casare_robot.patch(
    t text, k text, expected bigint, fields json, its_words text) returns bigint
language plpgsql as $$
declare
    result bigint;
begin
    loop
        update casare_robot.rows as r
            set version = nextval('casare_robot.numbers'),
                record = casare_robot.merged(r.record, fields),
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

create or replace function casare_robot.put(
    t text, k text, expected bigint, whole json, its_words text, ttl double precision)
returns bigint language plpgsql as $$
declare
    until double precision := casare_robot.clock() + ttl;
    result bigint;
begin
    if ttl is not null then  -- expired rows cannot grow in number without new ones
        delete from casare_robot.rows where (tbl, key) in (
            select r.tbl, r.key from casare_robot.rows as r
            where r.expires <= casare_robot.clock() limit 100 for update skip locked);
    end if;
    loop
        if expected > 0 then
            update casare_robot.rows as r
                set version = nextval('casare_robot.numbers'), expires = until, record = whole,
                    words = its_words::tsvector
                where tbl = t and key = k and version = expected
                    and (expires is null or expires > casare_robot.clock())
                returning version into result;
        else
            insert into casare_robot.rows as r (number, tbl, key, version, expires, record, words)
                select n, t, k, n, until, whole, its_words::tsvector
                from nextval('casare_robot.numbers') as n
                on conflict (tbl, key) do update
                    set number = case when r.expires <= casare_robot.clock() then excluded.number
                            else r.number end,
                        version = excluded.version, expires = excluded.expires,
                        record = excluded.record, words = excluded.words
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
    for c in select * from json_to_recordset(changes) as c ("do" text, "table" text, key text,
        version bigint, record json, words text, ttl double precision, stream text, bodies json,
        most bigint, conditions json)
    loop
        results := results || case c."do"
            when 'patch' then casare_robot.patch(c."table", c.key, c.version, c.record, c.words)
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

-- The keys of the first rows that match and that nobody has, locked. A robot asks the same
-- again and again: the session keeps the plan, as far as there are not too many.
create or replace function casare_robot.pick(tbl text, conditions json, fields json, most bigint)
returns text[]
language plpgsql set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off as $$
declare
    plan text := 'casare_robot_' || md5(concat_ws(E'\n', tbl, conditions, fields, most));
    plans text[] := array(select name from pg_prepared_statements where name like 'casare\_robot\_%');
    told text;
    picked text[];
begin
    if plan <> all (plans) then
        told := format('select array(select key from casare_robot.rows where %s '
            'and not exists (select 1 from casare_robot.leases as l '
            'where l.name = tbl || '':'' || key and l.expires > casare_robot.clock()) '
            'order by %s limit %L for update skip locked)',
            casare_robot.where_sql(tbl, conditions), casare_robot.order_sql(fields), most);
        if cardinality(plans) >= 20 then
            execute told into picked;
            return picked;
        end if;
        execute format('prepare %I as %s', plan, told);
    end if;
    execute 'execute ' || plan into picked;
    return picked;
end $$;

-- The first rows that match and that nobody has, each with its lease.
create or replace function casare_robot.claim(
    tbl text, holder text, ttl double precision, conditions json default '[]',
    fields json default '[]', record json default '{}', words text default null,
    most bigint default 1, fence json default null) returns json
language plpgsql as $$
#variable_conflict use_column
declare
    picked text[];
    its_key text;
    held casare_robot.leases;
    claims json[] := '{}';
begin
    perform casare_robot.check_fence(fence);
    loop
        picked := casare_robot.pick(claim.tbl, conditions, fields, most);
        foreach its_key in array picked loop
            insert into casare_robot.leases as l values (claim.tbl || ':' || its_key, claim.holder,
                    nextval('casare_robot.numbers'), claim.ttl, casare_robot.clock() + claim.ttl)
                on conflict (name) do update set holder = excluded.holder,
                    token = nextval('casare_robot.numbers'), ttl = excluded.ttl,
                    expires = casare_robot.clock() + excluded.ttl
                where l.expires <= casare_robot.clock()
                returning * into held;
            if found then
                update casare_robot.rows as r set version = nextval('casare_robot.numbers'),
                    record = casare_robot.merged(r.record, claim.record),
                    words = case when claim.record -> 'content' is null then r.words
                        else claim.words::tsvector end
                    where r.tbl = claim.tbl and r.key = its_key
                    returning claims || json_build_object('key', r.key, 'version', r.version,
                        'record', r.record, 'expires', r.expires, 'lease', to_json(held))
                    into claims;
            end if;
        end loop;
        if cardinality(picked) = 0 or cardinality(claims) > 0 then
            return to_json(claims);
        end if;
    end loop;  -- all were taken between the look and the lease: look again
end $$;
