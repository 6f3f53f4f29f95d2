"""The Lua scripts. Each is one transaction; all changes are made by them.

Keys, after the prefix: ``rows:TABLE`` hash of key to ``number:version:expires:record``;
``status:TABLE`` hash of key to the record's status, ``having:[TABLE,STATUS]`` the keys by age;
``changes`` hash of table that has rows to the number of its last change; ``newest`` hash of stream
to its last number; ``log:STREAM`` stream; ``leases`` hash of name to
``token:ttl:expires:holder``; ``expiring`` sorted set; ``counter``.
"""

_SHARED = """
local prefix, request = KEYS[1], cjson.decode(ARGV[1])
local function key(kind, name) return prefix .. kind .. ':' .. name end
local function number(n) return string.format('%.17g', n) end

local function clock()
    if ARGV[2] ~= '' then return tonumber(ARGV[2]) end
    local time = redis.call('TIME')
    return tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local now = clock()

local function parsed(name, raw)
    if not raw then return nil end
    local token, ttl, expires, holder = string.match(raw, '^([^:]*):([^:]*):([^:]*):(.*)$')
    return {name, holder, tonumber(token), tonumber(ttl), tonumber(expires)}
end
local leases = prefix .. 'leases'
local function held(name) return parsed(name, redis.call('HGET', leases, name)) end
local function in_force(lease) return lease and now < lease[5] end
local function told(lease)
    return {lease[1], lease[2], number(lease[3]), number(lease[4]), number(lease[5])}
end
local function keep(lease)
    redis.call('HSET', leases, lease[1], string.format('%.17g:%.17g:%.17g:%s', lease[3], lease[4],
        lease[5], lease[2]))
end
-- A day after their end they may be forgotten.
local function forget()
    local cursor = '0'
    repeat
        local found = redis.call('HSCAN', leases, cursor, 'COUNT', 1000)
        cursor = found[1]
        for place = 1, #found[2], 2 do
            local lease = parsed(found[2][place], found[2][place + 1])
            if lease[5] < now - 86400 then redis.call('HDEL', leases, lease[1]) end
        end
    until cursor == '0'
end
local function give(name, holder, ttl)
    local lease = {name, holder, redis.call('INCR', prefix .. 'counter'), ttl, now + ttl}
    keep(lease)
    if lease[3] % 1000 == 0 then forget() end
    return lease
end
-- The newest token if the fence does not hold.
local function stale(fence)
    if not fence or fence == cjson.null then return nil end
    local lease = held(fence.name)
    if in_force(lease) and lease[3] == fence.token then return nil end
    return number(lease and lease[3] or 0)
end

local function version_of(raw)
    if not raw then return 0 end
    local version, expires = string.match(raw, '^%d+:(%d+):([^:]*):')
    if expires ~= '' and tonumber(expires) <= now then return 0 end
    return tonumber(version)
end
local function is_seen(row)
    return version_of(redis.call('HGET', key('rows', row.table), row.key)) == row.version
end
local function changed(table, last) redis.call('HSET', prefix .. 'changes', table, number(last)) end
local function ring(names)
    if #names > 0 then redis.call('PUBLISH', prefix .. 'bell', table.concat(names, '\\n')) end
end
local function having(table, status) return key('having', cjson.encode({table, status})) end
-- Has a row be found by its status, or not any more.
local function mark(row, age)
    local marks = key('status', row.table)
    local old, new = redis.call('HGET', marks, row.key), row.status
    if old and old ~= new then
        redis.call('HDEL', marks, row.key)
        redis.call('ZREM', having(row.table, old), row.key)
    end
    if new and new ~= cjson.null then
        redis.call('HSET', marks, row.key, new)
        redis.call('ZADD', having(row.table, new), age, row.key)
    end
end
local function write(row)
    local rows, version = key('rows', row.table), redis.call('INCR', prefix .. 'counter')
    local age, expires, member = version, '', cjson.encode({row.table, row.key})
    local raw = redis.call('HGET', rows, row.key)
    if version_of(raw) ~= 0 then
        age = string.match(raw, '^(%d+):')
        if row.keeps then expires = string.match(raw, '^%d+:%d+:([^:]*):') end
    end
    if row.ttl and row.ttl ~= cjson.null then expires = number(now + row.ttl) end
    if expires == '' then redis.call('ZREM', prefix .. 'expiring', member)
    else redis.call('ZADD', prefix .. 'expiring', expires, member) end
    redis.call('HSET', rows, row.key, number(age) .. ':' .. number(version) .. ':' .. expires
        .. ':' .. row.text)
    mark(row, number(age))
    changed(row.table, version)
    return version
end
local function drop(row)
    redis.call('HDEL', key('rows', row.table), row.key)
    redis.call('ZREM', prefix .. 'expiring', cjson.encode({row.table, row.key}))
    mark({table = row.table, key = row.key})
    if redis.call('EXISTS', key('rows', row.table)) == 1 then
        changed(row.table, redis.call('INCR', prefix .. 'counter'))
    else  -- there are tables of a single job
        redis.call('HDEL', prefix .. 'changes', row.table)
    end
end
local function append(change)
    local newest = redis.call('HINCRBY', prefix .. 'newest', change.stream, #change.bodies)
    for place, body in ipairs(change.bodies) do
        redis.call('XADD', key('log', change.stream),
            number(newest - #change.bodies + place) .. '-0', 'at', number(now), 'body', body)
    end
    return newest
end
local function sweep()
    local gone = redis.call('ZRANGEBYSCORE', prefix .. 'expiring', '-inf', number(now),
        'LIMIT', 0, 100)
    for _, member in ipairs(gone) do
        local row = cjson.decode(member)
        drop({table = row[1], key = row[2]})
    end
end
"""

LOOK = (
    _SHARED
    + """
-- Rows, whole tables or their rows of some statuses, and what is needed to know later whether
-- they are the same.
local rows, tables = {}, {}
local function all_of(table, statuses)
    if statuses == cjson.null then return redis.call('HGETALL', key('rows', table)) end
    local found = {}
    for _, status in ipairs(statuses) do
        local keys = redis.call('ZRANGE', having(table, status), 0, -1)
        for first = 1, #keys, 1000 do  -- as many as Lua can hand over at once
            local last = math.min(first + 999, #keys)
            local raws = redis.call('HMGET', key('rows', table), unpack(keys, first, last))
            for place = first, last do
                found[#found + 1], found[#found + 2] = keys[place], raws[place - first + 1]
            end
        end
    end
    return found
end
for place, row in ipairs(request.rows) do
    rows[place] = redis.call('HGET', key('rows', row[1]), row[2])
end
for place, asked in ipairs(request.tables) do
    tables[place] = {redis.call('HGET', prefix .. 'changes', asked[1]) or '0',
        all_of(asked[1], asked[2])}
end
return {number(now), stale(request.fence) or '', redis.call('GET', prefix .. 'counter') or '0',
    rows, tables}
"""
)

COMMIT = (
    _SHARED
    + """
local current = stale(request.fence)
if current then return {'stale', current} end
for _, row in ipairs(request.rows) do
    if not is_seen(row) then return {'again'} end
end
for _, seen in ipairs(request.tables) do
    if (redis.call('HGET', prefix .. 'changes', seen[1]) or '0') ~= seen[2] then
        return {'again'}
    end
end
local results, rings = {}, {}
for place, change in ipairs(request.changes) do
    if change['do'] == 'append' then
        results[place] = append(change)
        rings[#rings + 1] = change.stream
    elseif change['do'] == 'drop' then
        drop(change)
        results[place] = change.result
    elseif change['do'] == 'write' then
        if change.ttl and change.ttl ~= cjson.null then sweep() end
        results[place] = write(change)
    else
        results[place] = change.result
    end
end
ring(rings)
return {'done', results}
"""
)

CLAIM = (
    _SHARED
    + """
local current = stale(request.fence)
if current then return {'stale', current} end
local claims = {}
for place, row in ipairs(request.rows) do
    local name = row.table .. ':' .. row.key
    if #claims < request.most and not in_force(held(name)) then
        if not is_seen(row) then
            if #claims == 0 then return {'again'} end
            break
        end
        write(row)
        local raw = redis.call('HGET', key('rows', row.table), row.key)
        claims[#claims + 1] = {place, told(give(name, request.holder, request.ttl)), raw}
    end
end
return {'done', claims}
"""
)

LEASE = (
    _SHARED
    + """
-- For each who asks: the end of its leases, then the token of each, or 0 if somebody else has it.
local told = {}
for place, asked in ipairs(request.asked) do
    local names, ends = asked.names, number(now + asked.ttl)
    local kept, tokens = ':' .. number(asked.ttl) .. ':' .. ends .. ':' .. asked.holder, {ends}
    for first = 1, #names, 1000 do  -- as many as Lua can hand over at once
        local last, renewed = math.min(first + 999, #names), {}
        for n, raw in ipairs(redis.call('HMGET', leases, unpack(names, first, last))) do
            local name = names[first + n - 1]
            local token, ttl, expires, holder
                = string.match(raw or '', '^([^:]*):([^:]*):([^:]*):(.*)$')
            if not token or tonumber(expires) <= now then
                token = number(give(name, asked.holder, asked.ttl)[3])
            elseif holder == asked.holder then
                renewed[#renewed + 1], renewed[#renewed + 2] = name, token .. kept
            else
                if tonumber(expires) > now + tonumber(ttl) then  -- the clock was set back since
                    keep({name, holder, tonumber(token), tonumber(ttl), now + tonumber(ttl)})
                end
                token = '0'
            end
            tokens[#tokens + 1] = token
        end
        if #renewed > 0 then redis.call('HSET', leases, unpack(renewed)) end
    end
    told[place] = table.concat(tokens, ' ')
end
return told
"""
)

UNLEASE = (
    _SHARED
    + """
if stale(request.fence) then return 0 end
local lease = held(request.fence.name)
lease[5] = now
keep(lease)
ring({'lease:' .. lease[1]})
return 1
"""
)

HELD = (
    _SHARED
    + """
local found = {}
for _, name in ipairs(request.names) do
    local lease = held(name)
    if in_force(lease) then found[#found + 1] = told(lease) end
end
return found
"""
)

READ = (
    _SHARED
    + """
local log, newest = key('log', request.stream), redis.call('HGET', prefix .. 'newest',
    request.stream) or '0'
local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)
local entries = {}
if request.most > 0 then
    entries = redis.call('XRANGE', log, number(request.after) .. '-0', '+', 'COUNT', request.most)
end
return {newest, first[1] and first[1][1] or '', entries}
"""
)

TRIM = (
    _SHARED
    + """
local log = key('log', request.stream)
local newest = tonumber(redis.call('HGET', prefix .. 'newest', request.stream) or '0')
local first = 0
if request.keep ~= cjson.null then first = newest - request.keep + 1 end
if request.max_age ~= cjson.null then
    local young, after = newest + 1, '-'
    repeat
        local entries = redis.call('XRANGE', log, after, '+', 'COUNT', 1000)
        for _, entry in ipairs(entries) do
            if tonumber(entry[2][2]) >= now - request.max_age then
                young = tonumber(string.match(entry[1], '^%d+'))
                break
            end
            after = '(' .. entry[1]
        end
    until #entries < 1000 or young <= newest
    first = math.max(first, young)
end
if first <= 0 then return 0 end
return redis.call('XTRIM', log, 'MINID', number(first) .. '-0')
"""
)

STATS = (
    _SHARED
    + """
local rows, entries, held_now, bytes = 0, 0, 0, 0
for _, table in ipairs(redis.call('HKEYS', prefix .. 'changes')) do
    for _, raw in ipairs(redis.call('HVALS', key('rows', table))) do
        if version_of(raw) ~= 0 then rows = rows + 1 end
        bytes = bytes + #raw
    end
end
local streams = redis.call('HKEYS', prefix .. 'newest')
for _, stream in ipairs(streams) do
    entries = entries + redis.call('XLEN', key('log', stream))
    bytes = bytes + (redis.call('MEMORY', 'USAGE', key('log', stream)) or 0)
end
for _, raw in ipairs(redis.call('HVALS', leases)) do
    if in_force(parsed('', raw)) then held_now = held_now + 1 end
end
return {rows, entries, #streams, held_now, bytes}
"""
)

PROBE = _SHARED + "redis.call('SET', prefix .. 'probe', number(now))"
