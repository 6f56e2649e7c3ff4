-- How often a person was shown a campaign.
local K = ...

local M = {}
K.caps = M

local HOUR_MS, DAY_MS = 3600000, 86400000
-- Longer than a budget day anywhere, counted from the start of its number in UTC.
local DAY_KEPT_MS, CAMPAIGN_KEPT_MS = 3 * DAY_MS, 400 * DAY_MS
-- A campaign that is withdrawn for longer begins anew with everybody.
local GONE_KEPT_MS = 7 * DAY_MS
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

-- Note since when a campaign is withdrawn.
function M.campaign_went(campaign, now)
    box.space.kb_gone:replace{campaign, now}
end

function M.campaign_came(campaign)
    box.space.kb_gone:delete(campaign)
end

-- Drop at most so many counts of campaigns that were withdrawn long ago; return how many.
function M.drop_gone(now, limit)
    local gone, space = 0, box.space.kb_caps
    for _, old in ipairs(box.space.kb_gone.index.since:select({now - GONE_KEPT_MS}, {iterator = 'LT', limit = limit})) do
        local rows = space:select({old[1]}, {limit = limit - gone})
        for _, row in ipairs(rows) do space:delete{row[1], row[2], row[3]} end
        gone = gone + #rows
        if gone >= limit then break end
        box.space.kb_gone:delete(old[1])
    end
    return gone
end
