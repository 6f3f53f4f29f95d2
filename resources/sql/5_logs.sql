-- Logs: the counter of a stream is locked until the commit, so that numbers appear in order.

create or replace function casare_robot.read(
    stream text, after bigint default 0, most bigint default 1000) returns json
language plpgsql stable as $$
begin
    return (select json_build_object(
        'newest', s.newest,
        'oldest', coalesce((select l.seq from casare_robot.log as l where l.stream = s.id
            order by l.seq limit 1), s.newest + 1),
        'entries', (select coalesce(json_agg(json_build_array(e.seq, e.at, e.body) order by e.seq), '[]')
            from (select * from casare_robot.log as l where l.stream = s.id and l.seq > after
                order by l.seq limit most) as e))
        from casare_robot.streams as s where s.name = read.stream);
end $$;

create or replace function casare_robot.trim(
    stream text, keep bigint default null, max_age double precision default null) returns json
language plpgsql as $$
declare
    known casare_robot.streams;
    last bigint;
    gone bigint;
begin
    select * into known from casare_robot.streams as s where s.name = stream;
    last := coalesce(known.newest - keep, 0);
    if max_age is not null then
        last := greatest(last, coalesce(
            (select min(seq) - 1 from casare_robot.log as l
                where l.stream = known.id and at >= casare_robot.clock() - max_age), known.newest));
    end if;
    delete from casare_robot.log as l where l.stream = known.id and seq <= last;
    get diagnostics gone = row_count;
    return to_json(gone);
end $$;

create or replace function casare_robot.stats() returns json
language sql as $$
    select json_build_object(
        'rows', (select count(*) from casare_robot.rows
            where expires is null or expires > casare_robot.clock()),
        'entries', (select count(*) from casare_robot.log),
        'streams', (select count(*) from casare_robot.streams),
        'leases', (select count(*) from casare_robot.leases where expires > casare_robot.clock()),
        'bytes', pg_total_relation_size('casare_robot.rows') + pg_total_relation_size('casare_robot.log'))
$$;

-- A write that waits for the disk.
create or replace function casare_robot.probe() returns json
language sql as $$
    select to_json(nextval('casare_robot.numbers'))
$$;
