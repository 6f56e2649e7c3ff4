-- How often one address or one person comes in a minute; in memory, a restart begins anew.
local K = ...

local M = {}
K.rates = M

local MINUTE_MS = 60000
local minutes

function M.load()
    minutes = {}
end

local function one_more(arrivals, key, most)
    local count = (arrivals[key] or 0) + 1
    if count == 1 then arrivals.keys = arrivals.keys + 1 end
    arrivals[key] = count
    return count > most
end

-- Count an arrival; tell whether its address or its person came too often in this minute.
function M.too_many(kind, ip_prefix, user_day, now)
    local minute, limits = math.floor(now / MINUTE_MS), K.limits
    local arrivals = minutes[minute]
    if arrivals == nil then
        arrivals = {keys = 0}
        minutes[minute] = arrivals
    end
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
