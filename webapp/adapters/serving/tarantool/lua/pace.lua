-- Even pacing: a bucket that fills as fast as what is left of the day has to be spent over the traffic that is left.
-- Levels are real numbers: they hold nobody's money. The order of the operations is that of the local store's, so that
-- both come to the same level.
local K = ...

local M = {}
K.pace = M

-- The bucket holds what a minute brings, or two prices.
local CAP_MS = 60000

local buckets = {}

function M.load()
    buckets = {}
end

-- Return day, level and instant of a campaign's bucket as it stands now; `at` is the place of its window.
local function refilled(C, at, now)
    local starts, ends, weight, day, later = unpack(C.windows, at, at + 4)
    local bucket = buckets[C.id]
    if bucket == nil or bucket.day ~= day then return day, C.price, now end
    local passed = now - bucket.at
    local ahead = weight * (ends * 1000 - now) + (ends - starts) * 1000 * later
    if ahead <= 0 then return day, math.max(bucket.level, C.price), math.max(bucket.at, now) end
    if passed <= 0 then return day, bucket.level, bucket.at end
    local left = math.max(0, C.daily - K.leases.held(C.id, day) - K.counters.spent(C.id, day))
    local cap = math.max(2 * C.price, left * (weight * CAP_MS / ahead))
    return day, math.min(bucket.level + left * (weight * passed / ahead), cap), now
end

local function is_paced(C)
    return C.daily >= 0
end

-- Fill the bucket and tell whether it allows a price; `trying` leaves it as it was.
function M.allows(C, at, now, trying)
    if not is_paced(C) then return true end
    local day, level, instant = refilled(C, at, now)
    if not trying then
        local bucket = buckets[C.id]
        if bucket == nil then
            bucket = {}
            buckets[C.id] = bucket
        end
        bucket.day, bucket.level, bucket.at = day, level, instant
    end
    return level >= C.price
end

-- Take a price that was held.
function M.take(C)
    if is_paced(C) then buckets[C.id].level = buckets[C.id].level - C.price end
end

-- Take a price that was charged late: it may leave less than nothing.
function M.take_late(campaign, day, price)
    local bucket = buckets[campaign]
    if bucket ~= nil and bucket.day == day then bucket.level = bucket.level - price end
end
