-- The event log: numbers without a gap, in the order in which the transactions happened.
local K = ...
local fiber = require('fiber')
local int = K.numbers.int

local M = {}
K.log = M

local KINDS = {impression = 1, view = 2, click = 3, conversion = 4, lease_closed = 5}
M.KINDS = KINDS
-- A trim deletes this many rows; the rest goes with the next ticks.
local SWEPT_AT_ONCE = 5000

local first, next_seq
-- Up to this number every record is known to be on the disk.
local written = 0

function M.load()
    first = K.schema.meta('first')
    if first == nil then
        -- A wiped node begins above every number it can have used before.
        first = math.floor(fiber.time()) * 1000000
        K.schema.set_meta('first', first)
    end
    local last = box.space.kb_log.index.primary:max()
    next_seq = math.max(first, last and tonumber(last[1]) + 1 or 0)
end

function M.ends()
    return int(first), int(next_seq - 1)
end

-- Filled anew for each record: what is written is copied at once.
local row = {}

function M.append(kind, verdict, at_ms, decided_ms, key, advertiser, campaign, ad, placement, site, charged, lease, day,
                  country, region, device, os, browser, ip_prefix, user_day, value, sale)
    local seq = next_seq
    row[1], row[2], row[3], row[4], row[5], row[6] = int(seq), kind, verdict, at_ms, decided_ms, key
    row[7], row[8], row[9], row[10], row[11], row[12] = advertiser, campaign, ad, placement, site, int(charged)
    row[13], row[14], row[15], row[16], row[17], row[18] = lease, day, country, region, device, os
    row[19], row[20], row[21], row[22], row[23] = browser, ip_prefix, user_day, value, sale
    box.space.kb_log:insert(row)
    next_seq = seq + 1
    return row[1]
end

-- The last word on a lease.
function M.append_closed(lease, at_ms)
    return M.append(KINDS.lease_closed, 0, at_ms, 0, 0, lease.advertiser, lease.campaign, 0, 0, '', lease.spent,
        lease.id, lease.day, '', '', '', '', '', '', '', 0, false)
end

-- A space shows what is still on its way to the disk. Writes go there in order, so one of our own waits until all before
-- it have arrived, and fails where they do: a reader never notes a record that a crash could take back.
local function wait_until_written(seq)
    if seq <= written then return end
    K.schema.set_meta('read', seq)
    written = seq
end

function M.read(after, limit)
    local from = math.max(tonumber(after), first - 1)
    local rows = box.space.kb_log:select({int(from)}, {iterator = 'GT', limit = limit})
    if #rows > 0 then wait_until_written(tonumber(rows[#rows][1])) end
    return rows
end

-- Note where the log begins now; what is before it is swept in transactions of their own.
function M.trim(upto)
    first = math.max(first, math.min(tonumber(upto) + 1, next_seq))
    K.schema.set_meta('first', first)
end

-- Delete rows that were trimmed; return how many.
function M.sweep()
    local old = box.space.kb_log:select({int(first)}, {iterator = 'LT', limit = SWEPT_AT_ONCE})
    for _, row in ipairs(old) do box.space.kb_log:delete(row[1]) end
    return #old
end

-- Begin anew, above all numbers used so far.
function M.forget()
    K.schema.set_meta('first', math.max(next_seq, math.floor(fiber.time()) * 1000000))
end
