-- Conditions on records, as JSON from the robot, become SQL; every value is quoted by format().

-- Seconds since 1970. Not now(): it stands still in a transaction. The setting is for tests.
create or replace function casare_robot.clock() returns double precision
language sql volatile as $$
    select coalesce(
        nullif(current_setting('casare_robot.clock', true), '')::double precision,
        extract(epoch from clock_timestamp())::double precision)
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

create index if not exists rows_expiring on casare_robot.rows (expires) where expires is not null;
create index if not exists rows_words on casare_robot.rows using gin (words);
create index if not exists rows_age on casare_robot.rows (tbl, number);
create index if not exists rows_status on casare_robot.rows (
    tbl, casare_robot.head(record -> 'status'),
    casare_robot.kind(record -> 'priority') desc, casare_robot.num(record -> 'priority') desc,
    casare_robot.head(record -> 'priority') desc, number);
create index if not exists rows_group on casare_robot.rows (
    tbl, casare_robot.head(record -> 'group'), number);
create index if not exists rows_robot on casare_robot.rows (
    tbl, casare_robot.head(record -> 'robot'), number);

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
    if cardinality(texts) = 1 then
        parts := parts || format('(casare_robot.head(%1$s) = left(%2$L, 300) '
            'and casare_robot.txt(%1$s) = %2$L)', v, texts[1]);
    elsif cardinality(texts) > 1 then
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

create or replace function casare_robot.condition_sql(c json) returns text
language plpgsql immutable as $$
declare
    v text := casare_robot.field_sql(c -> 'field');
    compare text := case c ->> 'test' when 'below' then '<' else '>=' end;
begin
    case c ->> 'test'
        when 'any' then
            return casare_robot.one_of_sql(v, c -> 'values');
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
language sql volatile as $$
    select concat_ws(' and ', format('tbl = %L', tbl),
        format('(expires is null or expires > %L::double precision)', casare_robot.clock()),
        (select string_agg(casare_robot.condition_sql(value), ' and ')
            from json_array_elements(conditions)))
$$;

-- What follows ORDER BY. Fields: [{"field": [...], "down": true}, ...].
create or replace function casare_robot.order_sql(fields json) returns text
language sql immutable as $$
    select concat_ws(', ',
        (select string_agg(format('casare_robot.kind(%1$s) %2$s, casare_robot.num(%1$s) %2$s, '
                'casare_robot.head(%1$s) %2$s', casare_robot.field_sql(value -> 'field'),
                case when (value ->> 'down')::boolean then 'desc' else 'asc' end), ', ' order by place)
            from json_array_elements(fields) with ordinality as each (value, place)),
        'number')
$$;
