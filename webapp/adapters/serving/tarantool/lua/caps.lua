-- How often a person was shown a campaign.
local K = ...

local M = {}
K.caps = M

local HOUR_MS, DAY_MS = 3600000, 86400000
-- Longer than a budget day anywhere, counted from the start of its number in UTC.
local DAY_KEPT_MS, CAMPAIGN_KEPT_MS = 3 * DAY_MS, 400 * DAY_MS
local BY_HOUR, BY_DAY = 0, 1

-- The number of the stretch a cap is for, and until when its count is kept.
local function stretch(C, day, now)
    if C.cap_window == BY_HOUR then
        local hour = math.floor(now / HOUR_MS)
        return hour, (hour + 1) * HOUR_MS
    end
    if C.cap_window == BY_DAY then return day, day * DAY_MS + DAY_KEPT_MS end
    return 0, now + CAMPAIGN_KEPT_MS
end

function M.is_reached(C, day, user_key, now)
    if C.cap_count == nil or user_key == '' then return false end
    local row = box.space.kb_caps:get{C.id, (stretch(C, day, now)), user_key}
    return row ~= nil and row[4] >= C.cap_count
end

function M.count(C, day, user_key, now)
    if C.cap_count == nil or user_key == '' then return end
    local number, ends = stretch(C, day, now)
    box.space.kb_caps:upsert({C.id, number, user_key, 1, ends}, {{'+', 4, 1}, {'=', 5, ends}})
end
