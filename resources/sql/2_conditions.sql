-- Conditions on records, as JSON from the robot, become SQL; every value is quoted by format().

-- Seconds since 1970. Not now(): it stands still in a transaction. The setting is for tests.
create or replace function casare_robot.clock() returns double precision
language sql volatile as $$
    select coalesce(
        nullif(current_setting('casare_robot.clock', true), '')::double precision,
        date_part('epoch', clock_timestamp()))
$$;

-- What a value sorts by first: nothing, numbers and truth values, text, the rest.
create or replace function casare_robot.kind(v json) returns integer
language sql immutable parallel safe as $$
    select case json_typeof(v)
        when 'string' then 2 when 'number' then 1 when 'boolean' then 1
        when 'array' then 3 when 'object' then 3 else 0 end
$$;

create or replace function casare_robot.num(v json) returns numeric
language sql immutable parallel safe as $$
    select case json_typeof(v)
        when 'number' then (v #>> '{}')::numeric
        when 'boolean' then (case v::text when 'true' then 1 else 0 end)::numeric end
$$;

-- Text; nothing if it holds the character NUL, which PostgreSQL's text cannot.
create or replace function casare_robot.txt(v json) returns text
language sql immutable parallel safe as $$
    select case when json_typeof(v) = 'string' and v::text not like '%\\u0000%'
        then v #>> '{}' end
$$;

-- As much of a text as fits an index, and as much as rows are sorted by.
create or replace function casare_robot.head(v json) returns text
language sql immutable parallel safe as $$
    select left(casare_robot.txt(v), 300) collate "C"
$$;

-- As much of a text as is kept beside the record, to find rows by it quickly.
create or replace function casare_robot.mark(t text) returns text
language sql immutable parallel safe as $$
    select left(t, 100) collate "C"
$$;

-- What is kept beside a record: columns of rows, in this order after the record itself.
create or replace function casare_robot.marked(record json)
returns table (record json, status text, "group" text, robot text, priority_kind smallint,
    priority_number numeric, priority_text text) language sql immutable as $$
    select $1, casare_robot.mark(casare_robot.txt(r.status)),
            casare_robot.mark(casare_robot.txt(r."group")),
            casare_robot.mark(casare_robot.txt(r.robot)), casare_robot.kind(r.priority)::smallint,
            casare_robot.num(r.priority), casare_robot.head(r.priority)
        from json_to_record($1) as r (status json, "group" json, robot json, priority json)
$$;

create or replace function casare_robot.field_sql(path json) returns text
language sql immutable as $$
    select case json_array_length(path)
        when 1 then format('(record -> %L)', path ->> 0)
        else format('(record #> %L::text[])', array(select json_array_elements_text(path))) end
$$;

-- Whether v is one of some values; never null.
create or replace function casare_robot.one_of_sql(v text, wanted json) returns text
language plpgsql immutable as $$
declare
    texts text[] := array(
        select casare_robot.txt(value) from json_array_elements(wanted) where json_typeof(value) = 'string');
    numbers numeric[] := array(
        select casare_robot.num(value) from json_array_elements(wanted) where casare_robot.kind(value) = 1);
    parts text[] := '{}';
begin
    if exists (select 1 from json_array_elements(wanted) where casare_robot.kind(value) = 0) then
        parts := parts || format('casare_robot.kind(%s) = 0', v);
    end if;
    if cardinality(texts) > 0 then
        parts := parts || format('casare_robot.txt(%s) = any (%L::text[])', v, texts);
    end if;
    if cardinality(numbers) > 0 then
        parts := parts || format('casare_robot.num(%s) = any (%L::numeric[])', v, numbers);
    end if;
    if cardinality(parts) = 1 then
        return parts[1];
    end if;
    return coalesce('(' || nullif(array_to_string(parts, ' or '), '') || ')', 'false');
end $$;

-- Whether a field that has a column of its own is one of some texts, or is not there;
-- nothing where only the record can tell.
create or replace function casare_robot.marked_sql(field text, wanted json) returns text
language plpgsql immutable as $$
declare
    texts text[];
begin
    if field is null or field not in ('status', 'group', 'robot') then
        return null;
    end if;
    if json_array_length(wanted) = 1 and casare_robot.kind(wanted -> 0) = 0 then
        return format('(%1$I is null and casare_robot.kind(record -> %1$L) = 0)', field);
    end if;
    texts := array(select casare_robot.txt(value) from json_array_elements(wanted));
    if cardinality(texts) = 0 or array_position(texts, null) is not null
        or (select max(length(t)) from unnest(texts) as t) >= 100 then
        return null;
    end if;
    return case cardinality(texts) when 1 then format('%I = %L', field, texts[1])
        else format('%I = any (%L::text[])', field, texts) end;
end $$;

create or replace function casare_robot.condition_sql(c json) returns text
language plpgsql immutable as $$
declare
    v text := casare_robot.field_sql(c -> 'field');
    compare text := case c ->> 'test' when 'below' then '<' else '>=' end;
begin
    case c ->> 'test'
        when 'any' then
            return coalesce(
                casare_robot.marked_sql(
                    case json_array_length(c -> 'field') when 1 then c #>> '{field,0}' end, c -> 'values'),
                casare_robot.one_of_sql(v, c -> 'values'));
        when 'within' then
            return format('case when casare_robot.kind(%1$s) = 0 then true '
                'when json_typeof(%1$s) = ''array'' then not exists (select 1 '
                'from json_array_elements(%1$s) as items(item) where not coalesce(%2$s, false)) '
                'else false end', v, casare_robot.one_of_sql('item', c -> 'values'));
        else
            if json_typeof(c -> 'value') = 'string' then
                return format('casare_robot.txt(%s) collate "C" %s %L',
                    v, compare, casare_robot.txt(c -> 'value'));
            end if;
            return format('casare_robot.num(%s) %s %L::numeric',
                v, compare, casare_robot.num(c -> 'value'));
    end case;
end $$;

-- What follows WHERE. Conditions: [{"field": [...], "test": "any", "values": [...]}, ...].
create or replace function casare_robot.where_sql(tbl text, conditions json) returns text
language plpgsql immutable as $$
declare
    c json;
    told text := format('tbl = %L and (expires is null or expires > casare_robot.clock())', tbl);
begin
    for c in select value from json_array_elements(conditions) loop
        told := told || ' and ' || casare_robot.condition_sql(c);
    end loop;
    return told;
end $$;

-- What follows ORDER BY. Fields: [{"field": [...], "down": true}, ...].
create or replace function casare_robot.order_sql(fields json) returns text
language plpgsql immutable as $$
declare
    f json;
    told text := '';
begin
    for f in select value from json_array_elements(fields) loop
        told := told || replace(case f -> 'field' ->> 1 is null and f #>> '{field,0}' = 'priority'
            when true then 'priority_kind {}, priority_number {}, priority_text {}, '
            else format('casare_robot.kind(%1$s) {}, casare_robot.num(%1$s) {}, '
                'casare_robot.head(%1$s) {}, ', casare_robot.field_sql(f -> 'field')) end,
            '{}', case when (f ->> 'down')::boolean then 'desc' else 'asc' end);
    end loop;
    return told || 'number';
end $$;
