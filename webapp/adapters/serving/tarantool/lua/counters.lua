-- The node's own counts: money and events by campaign and day, clicks and impressions ever for ranking.
local K = ...
local int, num = K.numbers.int, K.numbers.num
local KINDS = K.log.KINDS
local fiber = require('fiber')
-- Rows of one answer, but for the rest of a day, and rows that are looked at without a pause.
local TOLD_AT_ONCE, STEPS_AT_ONCE = 20000, 1000
local steps = 0

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
    K.undo.counted(campaign)
    local amount = int(charged)
    fresh[1], fresh[2], fresh[3], fresh[4], fresh[6], growth[2][3] = campaign, day, kind, verdict, amount, amount
    box.space.kb_counters:upsert(fresh, growth)
    add(campaign, day, kind, verdict, 1, charged)
    if verdict == 0 and (kind == KINDS.impression or kind == KINDS.click) then moved[campaign] = true end
end

-- Have a campaign's sums again as they follow from the spaces.
function M.reload(campaign)
    spent[campaign] = nil
    local kept, total = box.space.kb_totals:get(campaign), total_of(campaign)
    total.impressions, total.clicks = kept and kept[2] or 0, kept and kept[3] or 0
    for _, row in box.space.kb_counters:pairs{campaign} do add(row[1], row[2], row[3], row[4], row[5], num(row[6])) end
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

-- Let others have their turn every so many steps: nobody waits for who counts. Iterators outlive changes.
local function patiently()
    steps = steps + 1
    if steps % STEPS_AT_ONCE == 0 then fiber.yield() end
end

local function of_campaigns(campaigns, first_day, last_day)
    local found = {}
    for _, campaign in ipairs(campaigns) do
        patiently()
        for _, row in box.space.kb_counters:pairs({campaign, first_day}, {iterator = 'GE'}) do
            if row[1] ~= campaign or row[2] > last_day then break end
            table.insert(found, row)
        end
    end
    return found
end

-- Return counters, and the day to go on with when there may be more: those of all campaigns are told some whole days
-- at a time.
function M.counted(campaigns, first_day, last_day)
    first_day = math.max(first_day, 0)
    if #campaigns > 0 then return {of_campaigns(campaigns, first_day, last_day)} end
    local found, day = {}, nil
    for _, row in box.space.kb_counters.index.day:pairs({first_day}, {iterator = 'GE'}) do
        if row[2] > last_day then break end
        if row[2] ~= day and #found >= TOLD_AT_ONCE then return {found, row[2]} end
        day = row[2]
        table.insert(found, row)
        patiently()
    end
    return {found}
end

-- Drop the counters of days before one, keeping what they add to the totals; return how many.
function M.drop_before(day, limit)
    local gone = 0
    local old = box.space.kb_counters.index.day:select({1}, {iterator = 'GE', limit = limit})
    for _, row in ipairs(old) do
        if row[2] >= day then break end
        K.undo.counted(row[1])
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
