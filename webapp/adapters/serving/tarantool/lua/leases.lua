-- Leases: money this node may spend. In memory as tables, written through to their space with every change.
local K = ...
local ffi = require('ffi')
local int, num = K.numbers.int, K.numbers.num

local M = {}
K.leases = M

-- How long the id of a closed lease is known, so that a late grant of it changes nothing.
local CLOSED_KEPT_SECONDS = 3 * 86400

-- A structure and not a table: the collector need not look into it. A process defines a name once: another layout needs
-- another name.
pcall(ffi.cdef, [[
    struct kabinet_lease_1 {
        double id, campaign, advertiser, amount, held, spent, day, starts, ends, used, order;
        bool closing;
    };
]])
local Lease = ffi.typeof('struct kabinet_lease_1')

local by_id, by_campaign, fence, order
-- The latest instant anybody spoke of.
local seen

local function values_of(row)
    return {
        id = num(row[1]), campaign = row[2], advertiser = row[3], amount = num(row[4]), held = num(row[5]),
        spent = num(row[6]), day = row[7], starts = row[8], ends = row[9], closing = row[10], used = row[11],
        order = row[12],
    }
end

function M.load()
    by_id, by_campaign, order = {}, {}, 0
    fence = K.schema.meta('fence') or 0
    local rows = box.space.kb_leases:select()
    table.sort(rows, function(a, b) return a[12] < b[12] end)
    for _, row in ipairs(rows) do order = M.enter(values_of(row)).order end
    local last = box.space.kb_log.index.primary:max()
    seen = math.max(K.schema.meta('seen') or 0, last and last[4] or 0)
end

-- Remember a lease of these values.
function M.enter(values)
    local lease = Lease(values)
    by_id[lease.id] = lease
    local list = by_campaign[lease.campaign]
    if list == nil then
        list = {}
        by_campaign[lease.campaign] = list
    end
    table.insert(list, lease)
    return lease
end

local function leave(lease)
    by_id[lease.id] = nil
    local list = by_campaign[lease.campaign]
    for place = 1, #list do
        if list[place] == lease then table.remove(list, place) break end
    end
    if #list == 0 then by_campaign[lease.campaign] = nil end
end

-- Have a lease again as it is in its space.
function M.reload(id)
    if by_id[id] ~= nil then leave(by_id[id]) end
    local row = box.space.kb_leases:get(id)
    if row == nil then return end
    local lease = M.enter(values_of(row))
    table.sort(by_campaign[lease.campaign], function(a, b) return a.order < b.order end)
end

function M.reload_fence()
    fence = K.schema.meta('fence') or 0
end

-- Filled anew for each lease: what is written is copied at once.
local row = {}

function M.write(lease)
    K.undo.lease(lease.id)
    row[1], row[2], row[3], row[4] = lease.id, lease.campaign, lease.advertiser, int(lease.amount)
    row[5], row[6], row[7] = int(lease.held), int(lease.spent), lease.day
    row[8], row[9], row[10], row[11], row[12] = lease.starts, lease.ends, lease.closing, lease.used, lease.order
    box.space.kb_leases:replace(row)
end

function M.saw(now)
    if now > seen then seen = now end
end

-- Remember that instant beyond a restart.
function M.note()
    K.schema.set_meta('seen', seen)
end

function M.renew(until_ms)
    if until_ms <= fence then return end
    fence = until_ms
    K.schema.set_meta('fence', fence)
end

function M.grant(id, campaign, advertiser, amount, day, starts, ends)
    id = num(id)
    if by_id[id] ~= nil or box.space.kb_closed:get(id) ~= nil then return end
    order = order + 1
    -- Noted before it is known: what is not written must not be spent.
    K.undo.lease(id)
    M.write(M.enter{
        id = id, campaign = campaign, advertiser = advertiser, amount = num(amount), held = 0, spent = 0, day = day,
        starts = starts, ends = ends, closing = false, used = 0, order = order,
    })
end

-- The oldest lease of a campaign that covers a price now.
function M.find(campaign, now, price)
    local list = by_campaign[campaign]
    if list == nil or now >= fence then return nil end
    for place = 1, #list do
        local lease = list[place]
        if not lease.closing and lease.starts * 1000 <= now and now < lease.ends * 1000
            and lease.amount - lease.held - lease.spent >= price then
            return lease
        end
    end
    return nil
end

-- What of a campaign's day is held here.
function M.held(campaign, day)
    local sum, list = 0, by_campaign[campaign]
    if list == nil then return 0 end
    for place = 1, #list do
        if list[place].day == day then sum = sum + list[place].held end
    end
    return sum
end

function M.hold(lease, price, now)
    lease.held, lease.used = lease.held + price, now
    M.write(lease)
end

-- Spend a price that is not held.
function M.spend(lease, price, now)
    lease.spent, lease.used = lease.spent + price, now
    M.write(lease)
end

-- Spend a price that is held.
function M.settle(lease, price, now)
    lease.held = lease.held - price
    M.spend(lease, price, now)
end

function M.release(lease, price)
    lease.held = lease.held - price
    M.write(lease)
end

-- The same, for who writes it later in the same call.
function M.free(lease, price)
    K.undo.lease(lease.id)
    lease.held = lease.held - price
end

function M.seen()
    return seen
end

function M.get(id)
    return by_id[id]
end

local function close(lease)
    K.undo.lease(lease.id)
    K.log.append_closed(lease, seen > 0 and seen or lease.starts * 1000)
    box.space.kb_leases:delete(lease.id)
    box.space.kb_closed:replace{lease.id, lease.ends + CLOSED_KEPT_SECONDS}
    leave(lease)
end

-- End a lease that is on its way out, once nothing of it is held.
function M.close_if_done(lease)
    if lease.closing and lease.held == 0 then close(lease) end
end

function M.revoke(ids)
    for _, id in ipairs(ids) do
        local lease = by_id[num(id)]
        if lease ~= nil then
            lease.closing = true
            M.write(lease)
            M.close_if_done(lease)
        end
    end
end

-- All that are open, in the order they were granted.
local function all()
    local leases = {}
    for _, lease in pairs(by_id) do table.insert(leases, lease) end
    table.sort(leases, function(a, b) return a.order < b.order end)
    return leases
end

function M.states()
    local states = {}
    for _, lease in ipairs(all()) do
        table.insert(states, {
            lease.id, lease.campaign, int(lease.amount), int(lease.amount - lease.held - lease.spent), int(lease.held),
            int(lease.spent), lease.closing, lease.used,
        })
    end
    return states
end

-- Close what belongs to a day that is over and holds nothing; return how many.
function M.close_past(now)
    local gone = 0
    for _, lease in ipairs(all()) do
        if lease.ends * 1000 <= now and lease.held == 0 then
            close(lease)
            gone = gone + 1
        end
    end
    return gone
end

-- Forget the ids of leases that were closed long ago; return how many.
function M.forget(now, limit)
    local old = box.space.kb_closed.index['until']:select({math.floor(now / 1000)}, {iterator = 'LT', limit = limit})
    for _, row in ipairs(old) do box.space.kb_closed:delete(row[1]) end
    return #old
end
