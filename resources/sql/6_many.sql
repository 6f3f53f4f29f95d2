-- Several calls in one transaction; one that is refused does not hinder the others.

-- Not one expression: PostgreSQL would make all of it ready each time.
create or replace function casare_robot.call(what text, a json) returns json
language plpgsql as $$
begin
    case what
        when 'commit' then return casare_robot.commit(a -> 'changes', a -> 'fence');
        when 'claim' then return casare_robot.claim(a ->> 'tbl', a ->> 'holder',
            (a ->> 'ttl')::double precision, a -> 'conditions', a -> 'fields', a -> 'record',
            a ->> 'words', (a ->> 'most')::bigint, a -> 'fence');
        when 'lease' then return casare_robot.lease(a -> 'names', a ->> 'holder',
            (a ->> 'ttl')::double precision);
        when 'unlease' then return casare_robot.unlease(a -> 'fence');
        when 'held' then return casare_robot.held(a -> 'names');
        when 'get' then return casare_robot.get(a ->> 'tbl', a ->> 'key');
        when 'find' then return casare_robot.find(a ->> 'tbl', a -> 'conditions', a -> 'fields',
            (a ->> 'most')::bigint, (a ->> 'skip')::bigint);
        when 'count' then return casare_robot.count(a ->> 'tbl', a -> 'conditions');
        when 'search' then return casare_robot.search(a ->> 'tbl', a ->> 'query', a -> 'conditions',
            (a ->> 'most')::bigint, (a ->> 'newest')::bigint);
        when 'read' then return casare_robot.read(a ->> 'stream', (a ->> 'after')::bigint,
            (a ->> 'most')::bigint);
        when 'trim' then return casare_robot.trim(a ->> 'stream', (a ->> 'keep')::bigint,
            (a ->> 'max_age')::double precision);
        when 'ring' then return casare_robot.ring_names(a -> 'names');
        when 'stats' then return casare_robot.stats();
        when 'probe' then return casare_robot.probe();
    end case;
end $$;

-- [{"what": "commit", "with": {...}}, ...] to [{"ok": ...} or {"code", "message", "detail"}, ...].
create or replace function casare_robot.many(orders json) returns json
language plpgsql as $$
declare
    o json;
    results json[] := '{}';
    about text;
begin
    for o in select value from json_array_elements(orders) loop
        begin
            results := results
                || json_build_object('ok', casare_robot.call(o ->> 'what', o -> 'with'));
        exception when others then
            if sqlstate like '40%' or sqlstate like '55P03' or sqlstate like '57%' then
                raise;  -- a deadlock, a lock not given, an end: it concerns them all
            end if;
            get stacked diagnostics about = pg_exception_detail;
            results := results || json_build_object(
                'code', sqlstate, 'message', sqlerrm, 'detail', about);
        end;
    end loop;
    return to_json(results);
end $$;
