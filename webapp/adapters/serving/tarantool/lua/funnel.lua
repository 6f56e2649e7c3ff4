-- Requests by what became of them, and requests by hour: gathered in memory, written out by ticks. They explain; they
-- pay for nothing, so a crash may cost what was not written.
--
-- Who could have had a request is counted once a size, not once a campaign: a campaign's part of it follows from when
-- it joined the size's list and when it left, noted as the quarter hour and how many requests that had seen by then.
local K = ...

local M = {}
K.funnel = M

local QUARTER, HOUR = 900, 3600
local REASONS = 8
local STILL = 2 ^ 40

-- The book of the current quarter hour, and those of others that are not written yet: {quarter, removals by campaign}.
local current, past
local hours
-- Requests by size and quarter, and which of them are not written: size → {quarter → requests}.
local asked, unwritten

function M.load()
    current, past, hours, asked, unwritten = {quarter = 0, rows = {}}, {}, {}, {}, {}
    for _, row in box.space.kb_asked:pairs() do
        asked[row[1]] = asked[row[1]] or {}
        asked[row[1]][row[2]] = row[3]
    end
end

-- Open the book of an instant.
function M.turn_to(now)
    local second = math.floor(now / 1000)
    local quarter = second - second % QUARTER
    if quarter == current.quarter then return end
    if next(current.rows) ~= nil then table.insert(past, current) end
    current = {quarter = quarter, rows = {}}
end

local function count_of(size)
    return asked[size] and asked[size][current.quarter] or 0
end

-- Count a request of a placement of a size.
function M.asked(size)
    if asked[size] == nil then asked[size] = {} end
    if unwritten[size] == nil then unwritten[size] = {} end
    asked[size][current.quarter] = count_of(size) + 1
    unwritten[size][current.quarter] = true
end

-- Count what became of a request for one campaign.
function M.removed(campaign, reason)
    local row = current.rows[campaign]
    if row == nil then
        row = {0, 0, 0, 0, 0, 0, 0, 0}
        current.rows[campaign] = row
    end
    row[reason] = row[reason] + 1
end

-- Rows of the memberships: campaign, size, first quarter, requests missed of it, last quarter, requests had of it.
function M.join(campaign, size)
    local count, members = count_of(size), box.space.kb_members
    for _, row in members:pairs{campaign, size} do
        -- Back before anybody asked: it never left.
        if row[5] == current.quarter and row[6] == count then
            members:replace{campaign, size, row[3], row[4], STILL, 0}
            return
        end
    end
    members:replace{campaign, size, current.quarter, count, STILL, 0}
end

function M.leave(campaign, size)
    local count, members = count_of(size), box.space.kb_members
    for _, row in ipairs(members:select{campaign, size}) do
        if row[5] == STILL and row[3] == current.quarter and row[4] == count then
            members:delete{campaign, size, row[3], row[4]}
        elseif row[5] == STILL then
            members:replace{campaign, size, row[3], row[4], current.quarter, count}
        end
    end
end

function M.came(now)
    local second = math.floor(now / 1000)
    local hour = second - second % HOUR
    hours[hour] = (hours[hour] or 0) + 1
end

local function add(into, row, offset)
    for reason = 1, REASONS do into[reason + offset] = into[reason + offset] + row[reason] end
end

local function write(campaign, quarter, row)
    local kept = box.space.kb_funnel:get{campaign, quarter}
    local fresh = kept and kept:totable() or {campaign, quarter, 0, 0, 0, 0, 0, 0, 0, 0}
    add(fresh, row, 2)
    box.space.kb_funnel:replace(fresh)
end

local function flush(book, limit)
    for campaign, row in pairs(book.rows) do
        if limit <= 0 then return 0 end
        write(campaign, book.quarter, row)
        book.rows[campaign] = nil
        limit = limit - 1
    end
    return limit
end

-- Write what is counted by size and by hour, and at most so many rows of removals.
function M.flush(limit)
    while #past > 0 and limit > 0 do
        limit = flush(past[1], limit)
        if limit > 0 then table.remove(past, 1) end
    end
    flush(current, limit)
    for hour, requests in pairs(hours) do
        box.space.kb_traffic:upsert({hour, requests}, {{'+', 2, requests}})
    end
    for size, quarters in pairs(unwritten) do
        for quarter in pairs(quarters) do box.space.kb_asked:replace{size, quarter, asked[size][quarter]} end
    end
    hours, unwritten = {}, {}
end

-- How much of a quarter's requests fell into a membership.
local function part(row, quarter, requests)
    if quarter == row[5] then requests = math.min(requests, row[6]) end
    if quarter == row[3] then requests = requests - row[4] end
    return math.max(requests, 0)
end

-- {quarter, seen, removed by each reason …} of a campaign, from the quarter an instant lies in.
function M.of(campaign, since)
    local from = math.max(since - since % QUARTER, 0)
    local found, rows = {}, {}
    local function row_of(quarter)
        local row = found[quarter]
        if row == nil then
            row = {quarter, 0, 0, 0, 0, 0, 0, 0, 0, 0}
            found[quarter] = row
            table.insert(rows, row)
        end
        return row
    end
    for _, member in box.space.kb_members:pairs{campaign} do
        for quarter, requests in pairs(asked[member[2]] or {}) do
            if quarter >= from and quarter >= member[3] and quarter <= member[5] then
                local seen = part(member, quarter, requests)
                if seen > 0 then row_of(quarter)[2] = row_of(quarter)[2] + seen end
            end
        end
    end
    for _, row in box.space.kb_funnel:pairs({campaign, from}, {iterator = 'GE'}) do
        if row[1] ~= campaign then break end
        add(row_of(row[2]), {row:unpack(3)}, 2)
    end
    local books = {current}
    for _, book in ipairs(past) do table.insert(books, book) end
    for _, book in ipairs(books) do
        if book.quarter >= from and book.rows[campaign] ~= nil then
            add(row_of(book.quarter), book.rows[campaign], 2)
        end
    end
    table.sort(rows, function(a, b) return a[1] < b[1] end)
    return rows
end

-- {hour, requests} from the hour an instant lies in.
function M.traffic(since)
    local from = math.max(since - since % HOUR, 0)
    local found, rows = {}, {}
    for _, row in box.space.kb_traffic:pairs({from}, {iterator = 'GE'}) do found[row[1]] = row[2] end
    for hour, requests in pairs(hours) do
        if hour >= from then found[hour] = (found[hour] or 0) + requests end
    end
    for hour, requests in pairs(found) do table.insert(rows, {hour, requests}) end
    table.sort(rows, function(a, b) return a[1] < b[1] end)
    return rows
end

local function forget_asked(before)
    for size, quarters in pairs(asked) do
        for quarter in pairs(quarters) do
            if quarter < before then
                quarters[quarter] = nil
                if unwritten[size] ~= nil then unwritten[size][quarter] = nil end
                box.space.kb_asked:delete{size, quarter}
            end
        end
    end
end

-- Drop quarters and hours before these; return how many.
function M.forget(quarter, hour, limit)
    forget_asked(quarter)
    local left = box.space.kb_members.index.left:select({math.max(quarter, 0)}, {iterator = 'LT', limit = limit})
    for _, row in ipairs(left) do box.space.kb_members:delete{row[1], row[2], row[3], row[4]} end
    local quarters = box.space.kb_funnel.index.quarter:select({math.max(quarter, 0)}, {iterator = 'LT', limit = limit})
    for _, row in ipairs(quarters) do box.space.kb_funnel:delete{row[1], row[2]} end
    local old = box.space.kb_traffic:select({math.max(hour, 0)}, {iterator = 'LT', limit = limit})
    for _, row in ipairs(old) do box.space.kb_traffic:delete(row[1]) end
    return #quarters + #old
end
