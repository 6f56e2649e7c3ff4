-- Letting go of what is over, a bounded piece a call.
local K = ...

local M = {}
K.housekeeping = M

-- Rows of a kind one call lets go of, and rows of the funnel it writes.
local MOST, WRITTEN = 2000, 500
local DAY_SECONDS = 86400
local COUNTERS_KEPT_DAYS, SPENT_KEPT_DAYS = 40, 4
local FUNNEL_KEPT_SECONDS, TRAFFIC_KEPT_SECONDS = 2 * DAY_SECONDS, 8 * DAY_SECONDS

local function drop(name, now)
    local space = box.space[name]
    local parts = space.index.primary.parts
    local old = space.index['until']:select({now}, {iterator = 'LT', limit = MOST})
    for _, row in ipairs(old) do
        local key = {}
        for _, part in ipairs(parts) do table.insert(key, row[part.fieldno]) end
        space:delete(key)
    end
    return #old
end

-- What is done in turn, each in a transaction of its own: that one fails takes nothing back from another. What only
-- deletes comes first, because in a full node nothing else succeeds until something was deleted.
local function steps(now)
    local second = math.floor(now / 1000)
    local day = math.floor(second / DAY_SECONDS)
    return {
        function() return K.log.sweep() * 0 end,
        function() return drop('kb_caps', now) end,
        function() return drop('kb_orders', now) end,
        function() return K.caps.drop_gone(now, MOST) end,
        function() return K.leases.forget(now, MOST) end,
        function() return K.funnel.forget(second - FUNNEL_KEPT_SECONDS, second - TRAFFIC_KEPT_SECONDS, MOST) end,
        function() return K.decisions.end_past_free(now, MOST) end,
        function() return K.decisions.end_past(now, MOST) end,
        function() return K.leases.close_past(now) end,
        function() return K.counters.drop_before(day - COUNTERS_KEPT_DAYS, MOST) end,
        function() K.leases.note() return 0 end,
        function() K.funnel.flush(WRITTEN) return 0 end,
    }
end

-- Return how many rows went.
function M.tick(now)
    K.collector.look()
    K.leases.saw(now)
    local gone, fault = K.rates.forget(now), nil
    K.counters.forget_spent(math.floor(now / 1000 / DAY_SECONDS) - SPENT_KEPT_DAYS)
    K.snapshot.rank_again()
    for _, step in ipairs(steps(now)) do
        local fine, answer = pcall(K.transaction(step))
        if fine then gone = gone + answer else fault = fault or answer end
    end
    K.memory.look()
    if fault ~= nil then error(fault, 0) end
    return gone
end
