-- Requests by what became of them, and requests by hour: gathered in memory, written out by ticks. They explain; they
-- pay for nothing, so a crash may cost what was not written.
local K = ...

local M = {}
K.funnel = M

local QUARTER, HOUR = 900, 3600
local STEPS = 9

-- The book of the current quarter hour, and those of others that are not written yet: {quarter, rows by campaign}.
local current, past
local hours

function M.load()
    current, past, hours = {quarter = 0, rows = {}}, {}, {}
end

-- The seen ones first, then each removal by its number.
local function row_of(campaign)
    local row = current.rows[campaign]
    if row == nil then
        row = {0, 0, 0, 0, 0, 0, 0, 0, 0}
        current.rows[campaign] = row
    end
    return row
end

-- Who could have had a request is counted once a size and given here to the campaigns of that size: whenever somebody
-- asks, the quarter is over, or the lists change.
function M.settle()
    for _, list in pairs(K.snapshot.lists) do
        if list.requests > 0 then
            for _, C in ipairs(list) do
                local row = row_of(C.id)
                row[1] = row[1] + list.requests
            end
            list.requests = 0
        end
    end
end

-- Open the book of an instant.
function M.turn_to(now)
    local second = math.floor(now / 1000)
    local quarter = second - second % QUARTER
    if quarter == current.quarter then return end
    M.settle()
    if next(current.rows) ~= nil then table.insert(past, current) end
    current = {quarter = quarter, rows = {}}
end

function M.removed(campaign, step)
    local row = row_of(campaign)
    row[step + 1] = row[step + 1] + 1
end

function M.came(now)
    local second = math.floor(now / 1000)
    local hour = second - second % HOUR
    hours[hour] = (hours[hour] or 0) + 1
end

local function add(into, row, offset)
    for step = 1, STEPS do into[step + offset] = into[step + offset] + row[step] end
end

local function write(campaign, quarter, row)
    local kept = box.space.kb_funnel:get{campaign, quarter}
    local fresh = kept and kept:totable() or {campaign, quarter, 0, 0, 0, 0, 0, 0, 0, 0, 0}
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

-- Write at most so many rows.
function M.flush(limit)
    M.settle()
    while #past > 0 and limit > 0 do
        limit = flush(past[1], limit)
        if limit > 0 then table.remove(past, 1) end
    end
    flush(current, limit)
    for hour, requests in pairs(hours) do
        box.space.kb_traffic:upsert({hour, requests}, {{'+', 2, requests}})
        hours[hour] = nil
    end
end

-- {quarter, seen, removed by each reason …} of a campaign, from the quarter an instant lies in.
function M.of(campaign, since)
    M.settle()
    local from = math.max(since - since % QUARTER, 0)
    local found, rows = {}, {}
    local function gather(quarter, row)
        local fresh = found[quarter]
        if fresh == nil then
            fresh = {quarter, 0, 0, 0, 0, 0, 0, 0, 0, 0}
            found[quarter] = fresh
            table.insert(rows, fresh)
        end
        add(fresh, row, 1)
    end
    for _, row in box.space.kb_funnel:pairs({campaign, from}, {iterator = 'GE'}) do
        if row[1] ~= campaign then break end
        gather(row[2], {row:unpack(3)})
    end
    local books = {current}
    for _, book in ipairs(past) do table.insert(books, book) end
    for _, book in ipairs(books) do
        if book.quarter >= from and book.rows[campaign] ~= nil then gather(book.quarter, book.rows[campaign]) end
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

-- Drop quarters and hours before these; return how many.
function M.forget(quarter, hour, limit)
    local quarters = box.space.kb_funnel.index.quarter:select({math.max(quarter, 0)}, {iterator = 'LT', limit = limit})
    for _, row in ipairs(quarters) do box.space.kb_funnel:delete{row[1], row[2]} end
    local old = box.space.kb_traffic:select({math.max(hour, 0)}, {iterator = 'LT', limit = limit})
    for _, row in ipairs(old) do box.space.kb_traffic:delete(row[1]) end
    return #quarters + #old
end
