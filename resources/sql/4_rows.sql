-- Rows: JSON records under a key, changed by compare and set.

create or replace function casare_robot.merged(base json, fields json) returns json
language sql immutable as $$
    select coalesce(json_object_agg(key, value), '{}') from (
        select key, coalesce(f.value, b.value) as value
            from json_each(base) as b full join json_each(fields) as f using (key)) as both_of_them
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

create or replace function casare_robot.change_row(change json) returns bigint
language plpgsql as $$
declare
    is_patch boolean := change ->> 'do' = 'patch';
    old casare_robot.rows;
    new casare_robot.rows;
    current bigint;
begin
    loop
        select * into old from casare_robot.rows
            where tbl = change ->> 'table' and key = change ->> 'key' for update;
        current := case when old.expires <= casare_robot.clock() then 0
            else coalesce(old.version, 0) end;
        if (change ->> 'version')::bigint <> current then
            perform casare_robot.refuse('CR409', json_build_object('table', change -> 'table',
                'key', change -> 'key', 'expected', change -> 'version', 'current', current));
        end if;
        if change ->> 'do' = 'drop' then
            delete from casare_robot.rows where number = old.number;
            return (current > 0)::integer;
        end if;
        if is_patch and current = 0 then
            perform casare_robot.refuse('CR404',
                json_build_object('table', change -> 'table', 'key', change -> 'key'));
        end if;
        new := old;
        new.version := nextval('casare_robot.numbers');
        if current = 0 then
            new.number := new.version;
        end if;
        if is_patch then
            new.record := casare_robot.merged(old.record, change -> 'record');
        else
            new.record := change -> 'record';
            new.expires := casare_robot.clock() + (change ->> 'ttl')::double precision;
        end if;
        if not is_patch or change -> 'record' -> 'content' is not null then
            new.words := (change ->> 'words')::tsvector;
        end if;
        if new.expires is not null then  -- expired rows cannot grow in number without new ones
            delete from casare_robot.rows where number in (
                select r.number from casare_robot.rows as r
                where r.expires <= casare_robot.clock() and r.number is distinct from old.number
                limit 100 for update skip locked);
        end if;
        if old.number is not null then
            update casare_robot.rows set number = new.number, version = new.version,
                expires = new.expires, record = new.record, words = new.words
                where number = old.number;
            return new.version;
        end if;
        insert into casare_robot.rows values (new.number, change ->> 'table', change ->> 'key',
            new.version, new.expires, new.record, new.words) on conflict (tbl, key) do nothing;
        if found then
            return new.version;
        end if;  -- somebody else was first: look again
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

-- All these changes, in this order, or none; the result of each.
create or replace function casare_robot.commit(changes json, fence json default null) returns json
language plpgsql as $$
declare
    change json;
    result bigint;
    results bigint[] := '{}';
    rings text[] := '{}';
begin
    perform casare_robot.check_fence(fence);
    for change in select value from json_array_elements(changes) loop
        case change ->> 'do'
            when 'append' then
                result := casare_robot.append(change ->> 'stream', change -> 'bodies');
                rings := rings || (change ->> 'stream');
            when 'limit' then
                perform pg_advisory_xact_lock(
                    hashtextextended('casare_robot limit ' || (change ->> 'table'), 0));
                result := casare_robot.matching(change ->> 'table', change -> 'conditions');
                if result > (change ->> 'most')::bigint then
                    perform casare_robot.refuse('CR429', json_build_object(
                        'table', change -> 'table', 'most', change -> 'most'));
                end if;
            else
                result := casare_robot.change_row(change);
        end case;
        results := results || result;
    end loop;
    perform casare_robot.ring(rings);
    return to_json(results);
end $$;

create or replace function casare_robot.get(tbl text, key text) returns json
language sql as $$
    select casare_robot.row_json(r) from casare_robot.rows as r
    where r.tbl = get.tbl and r.key = get.key
        and (expires is null or expires > casare_robot.clock())
$$;

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
language sql as $$
    select to_json(casare_robot.matching(tbl, conditions))
$$;

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

-- The first rows that match and that nobody has, each with its lease.
create or replace function casare_robot.claim(
    tbl text, holder text, ttl double precision, conditions json default '[]',
    fields json default '[]', record json default '{}', words text default null,
    most bigint default 1, fence json default null) returns json
language plpgsql set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off as $$
#variable_conflict use_column
declare
    picked text[];
    claims json;
begin
    perform casare_robot.check_fence(fence);
    loop
        execute format('select array(select key from casare_robot.rows where %s '
            'and not exists (select 1 from casare_robot.leases as l '
            'where l.name = tbl || '':'' || key and l.expires > casare_robot.clock()) '
            'order by %s limit %L for update skip locked)',
            casare_robot.where_sql(claim.tbl, conditions), casare_robot.order_sql(fields), most)
            into picked;
        if cardinality(picked) = 0 then
            return '[]';
        end if;
        with leased as (
            insert into casare_robot.leases as l
                select claim.tbl || ':' || key, claim.holder, nextval('casare_robot.numbers'),
                    claim.ttl, casare_robot.clock() + claim.ttl
                from unnest(picked) as key
                on conflict (name) do update set holder = excluded.holder,
                    token = nextval('casare_robot.numbers'), ttl = excluded.ttl,
                    expires = casare_robot.clock() + excluded.ttl
                where l.expires <= casare_robot.clock()
                returning *
        ), changed as (
            update casare_robot.rows as r set version = nextval('casare_robot.numbers'),
                record = casare_robot.merged(r.record, claim.record),
                words = case when claim.record -> 'content' is null then r.words
                    else claim.words::tsvector end
                from unnest(picked) with ordinality as p (key, place)
                join leased on leased.name = claim.tbl || ':' || p.key
                where r.tbl = claim.tbl and r.key = p.key
                returning p.place, json_build_object('key', r.key, 'version', r.version,
                    'record', r.record, 'expires', r.expires, 'lease', to_json(leased)) as told
        )
        select json_agg(told order by place) into claims from changed;
        if claims is not null then
            return claims;
        end if;
    end loop;  -- all were taken between the look and the lease: look again
end $$;
