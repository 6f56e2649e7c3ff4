-- How often one address or one person comes in a minute; in memory, a restart begins anew.
local K = ...

local M = {}
K.rates = M

local MINUTE_MS = 60000
local FAR = 4
local FAIR, TOO_MUCH, FAR_TOO_MUCH = 0, 1, 2
M.TOO_MUCH, M.FAR_TOO_MUCH = TOO_MUCH, FAR_TOO_MUCH
local minutes

function M.load()
    minutes = {}
end

local function arrivals_at(now)
    local minute = math.floor(now / MINUTE_MS)
    local arrivals = minutes[minute]
    if arrivals == nil then
        arrivals = {keys = 0, addresses = {}, people = {}}
        minutes[minute] = arrivals
    end
    return arrivals
end

local function one_more(arrivals, key, most)
    local count = (arrivals[key] or 0) + 1
    if count == 1 then arrivals.keys = arrivals.keys + 1 end
    arrivals[key] = count
    return count > most
end

-- How many times over its limit: 0 within it, 1 beyond it, 2 far beyond it.
local function more(arrivals, counts, name, wanted, most)
    local before = counts[name]
    if before == nil then before, arrivals.keys = 0, arrivals.keys + 1 end
    local count = before + wanted
    counts[name] = count
    if count <= most then return FAIR end
    return count <= most * FAR and TOO_MUCH or FAR_TOO_MUCH
end

-- Count what a request wants; tell whether its address or its person wants too much in this minute.
function M.asked(ip_prefix, user_day, now, wanted)
    local arrivals, limits = arrivals_at(now), K.limits
    local by_address, by_person = FAIR, FAIR
    if ip_prefix ~= '' then
        by_address = more(arrivals, arrivals.addresses, ip_prefix, wanted, limits.decisions_a_minute)
    end
    if user_day ~= '' then
        by_person = more(arrivals, arrivals.people, user_day, wanted, limits.user_decisions_a_minute)
    end
    return math.max(by_address, by_person)
end

-- Count an arrival; tell whether its address or its person came too often in this minute.
function M.too_many(kind, ip_prefix, user_day, now)
    local arrivals, limits = arrivals_at(now), K.limits
    local clicks = kind == K.log.KINDS.click
    local by_address = clicks and limits.clicks_a_minute or limits.impressions_a_minute
    local by_person = clicks and limits.user_clicks_a_minute or limits.user_impressions_a_minute
    local address = ip_prefix ~= '' and one_more(arrivals, kind .. 'a' .. ip_prefix, by_address)
    local person = user_day ~= '' and one_more(arrivals, kind .. 'p' .. user_day, by_person)
    return address or person
end

-- Drop the minutes before the last; return how many counts went.
function M.forget(now)
    local gone, last = 0, math.floor(now / MINUTE_MS) - 1
    for minute, arrivals in pairs(minutes) do
        if minute < last then
            gone = gone + arrivals.keys
            minutes[minute] = nil
        end
    end
    return gone
end
