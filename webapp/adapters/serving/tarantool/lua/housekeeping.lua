-- Letting go of what is over, a bounded piece a call.
local K = ...

local M = {}
K.housekeeping = M

-- Rows of a kind one call lets go of, and rows of the funnel it writes.
local MOST, WRITTEN = 2000, 500
local TRIMMED = 5000
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

-- Return how many rows went.
function M.tick(now)
    local second = math.floor(now / 1000)
    K.collector.look()
    K.leases.saw(now)
    K.leases.note()
    local gone = K.decisions.end_past(now, MOST) + K.leases.close_past(now) + K.rates.forget(now)
    gone = gone + drop('kb_caps', now) + drop('kb_orders', now) + K.leases.forget(now, MOST)
    gone = gone + K.counters.drop_before(math.floor(second / DAY_SECONDS) - COUNTERS_KEPT_DAYS, MOST)
    gone = gone + K.funnel.forget(second - FUNNEL_KEPT_SECONDS, second - TRAFFIC_KEPT_SECONDS, MOST)
    K.counters.forget_spent(math.floor(second / DAY_SECONDS) - SPENT_KEPT_DAYS)
    K.log.sweep(TRIMMED)
    K.snapshot.rank_again()
    K.funnel.flush(WRITTEN)
    return gone
end
