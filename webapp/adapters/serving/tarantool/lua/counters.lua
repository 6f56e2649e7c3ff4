-- The node's own counts: money and events by campaign and day, clicks and impressions ever for ranking.
local K = ...
local int, num = K.numbers.int, K.numbers.num
local KINDS = K.log.KINDS

local M = {}
K.counters = M

-- Charged by campaign and day; OK impressions and clicks by campaign; campaigns whose totals moved since ranking.
local spent, totals, moved
-- Charges of days before this one are of no use to the pace of today, and not kept in memory.
local oldest = 0

local function total_of(campaign)
    local found = totals[campaign]
    if found == nil then
        found = {impressions = 0, clicks = 0}
        totals[campaign] = found
    end
    return found
end

local function add(campaign, day, kind, verdict, events, charged)
    if charged > 0 and day >= oldest then
        local days = spent[campaign]
        if days == nil then days = {} spent[campaign] = days end
        days[day] = (days[day] or 0) + charged
    end
    if verdict ~= 0 then return end
    if kind == KINDS.impression then
        local total = total_of(campaign)
        total.impressions = total.impressions + events
    elseif kind == KINDS.click then
        local total = total_of(campaign)
        total.clicks = total.clicks + events
    end
end

function M.load()
    spent, totals, moved = {}, {}, {}
    -- What was counted on days whose counters are gone.
    for _, row in box.space.kb_totals:pairs() do
        local total = total_of(row[1])
        total.impressions, total.clicks = row[2], row[3]
    end
    for _, row in box.space.kb_counters:pairs() do add(row[1], row[2], row[3], row[4], row[5], num(row[6])) end
end

-- Filled anew for each event: what is written is copied at once.
local fresh, growth = {0, 0, 0, 0, 1, 0}, {{'+', 5, 1}, {'+', 6, 0}}

function M.count(campaign, day, kind, verdict, charged)
    local amount = int(charged)
    fresh[1], fresh[2], fresh[3], fresh[4], fresh[6], growth[2][3] = campaign, day, kind, verdict, amount, amount
    box.space.kb_counters:upsert(fresh, growth)
    add(campaign, day, kind, verdict, 1, charged)
    if verdict == 0 and (kind == KINDS.impression or kind == KINDS.click) then moved[campaign] = true end
end

function M.spent(campaign, day)
    local days = spent[campaign]
    return days and days[day] or 0
end

function M.totals(campaign)
    local found = totals[campaign]
    if found == nil then return 0, 0 end
    return found.impressions, found.clicks
end

-- Let go of the charges of days before one.
function M.forget_spent(day)
    if day == oldest then return end
    oldest = day
    for campaign, days in pairs(spent) do
        for number in pairs(days) do
            if number < oldest then days[number] = nil end
        end
        if next(days) == nil then spent[campaign] = nil end
    end
end

-- Return the campaigns whose totals changed since the last call.
function M.take_moved()
    local taken = moved
    moved = {}
    return taken
end

function M.counted(campaigns, first_day, last_day)
    local found = {}
    local function gather(key, iterator)
        for _, row in box.space.kb_counters:pairs(key, {iterator = iterator}) do
            if row[2] > last_day and #key == 2 then break end
            if #key == 2 and row[1] ~= key[1] then break end
            if row[2] >= first_day and row[2] <= last_day then table.insert(found, row) end
        end
    end
    if #campaigns == 0 then gather({}, 'ALL') end
    for _, campaign in ipairs(campaigns) do gather({campaign, math.max(first_day, 0)}, 'GE') end
    return found
end

-- Drop the counters of days before one, keeping what they add to the totals; return how many.
function M.drop_before(day, limit)
    local gone = 0
    local old = box.space.kb_counters.index.day:select({1}, {iterator = 'GE', limit = limit})
    for _, row in ipairs(old) do
        if row[2] >= day then break end
        if row[4] == 0 and (row[3] == KINDS.impression or row[3] == KINDS.click) then
            local field = row[3] == KINDS.impression and 2 or 3
            local fresh = {row[1], 0, 0}
            fresh[field] = row[5]
            box.space.kb_totals:upsert(fresh, {{'+', field, row[5]}})
        end
        box.space.kb_counters:delete{row[1], row[2], row[3], row[4]}
        if spent[row[1]] ~= nil then spent[row[1]][row[2]] = nil end
        gone = gone + 1
    end
    return gone
end
