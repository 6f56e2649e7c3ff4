-- What can be called from outside; each call is one transaction, all or nothing.
local K = ...
local int = K.numbers.int

K.hungry = {}

local function load_money()
    K.log.load()
    K.leases.load()
    K.counters.load()
end

-- Read everything from the spaces.
function K.start()
    K.collector.start()
    K.limits.load()
    load_money()
    K.pace.load()
    K.rates.load()
    K.funnel.load()
    K.snapshot.load()
end

-- Write what is in memory alone, before other procedures take over.
function K.stop()
    box.begin()
    K.funnel.flush(math.huge)
    box.commit()
end

-- What the disk did not take was seen by those who came meanwhile, and theirs is taken back with it: read all anew.
local function recover()
    load_money()
    K.snapshot.load()
end

function K.transaction(work)
    return function(...)
        K.undo.begin()
        box.begin()
        local fine, answer = pcall(work, ...)
        if not fine then
            box.rollback()
            K.undo.undo()
            K.memory.failed(answer)
            error(answer, 0)
        end
        local written, fault = pcall(box.commit)
        if written then return answer end
        box.rollback()
        recover()
        error(fault, 0)
    end
end
local transaction = K.transaction

local function trim(upto)
    transaction(K.log.trim)(upto)
    transaction(K.log.sweep)()
end

local function ends()
    return {K.log.ends()}
end

local function state()
    local hungry = {}
    for campaign in pairs(K.hungry) do table.insert(hungry, campaign) end
    K.hungry = {}
    local first, last = K.log.ends()
    return {K.leases.states(), hungry, first, last, box.space.kb_decisions:len(), K.leases.seen()}
end

local function grant(id, campaign, advertiser, amount, day, starts, ends, fence)
    K.leases.grant(id, campaign, advertiser, amount, day, starts, ends)
    K.leases.renew(fence)
end

-- Empty the node; only one that was started for tests lets that happen.
local function wipe()
    if not K.wipeable then error('this node was not started with KABINET_NODE_WIPE=yes', 0) end
    K.log.forget()
    for _, name in ipairs(K.schema.DATA) do box.space[name]:truncate() end
    box.space.kb_meta:delete('fence')
    box.space.kb_meta:delete('seen')
    K.hungry = {}
    K.start()
    K.memory.load()
end

-- Bytes of Lua, of the arena (tuples and indexes), and bytes and rows of each space, for those who measure.
local function sizes()
    collectgarbage()
    local found = {{'lua', collectgarbage('count') * 1024}, {'arena', int(box.slab.info().arena_used)}}
    for _, name in ipairs(K.schema.DATA) do
        local space = box.space[name]
        local bytes = space:bsize()
        for number, index in pairs(space.index) do
            if type(number) == 'number' then bytes = bytes + index:bsize() end
        end
        table.insert(found, {name, int(bytes), space:len()})
    end
    return found
end

K.procedures = {
    decide = transaction(K.decide.decide),
    trace = K.decide.trace,
    record = transaction(K.record.record),
    publish = transaction(K.snapshot.publish),
    withdraw = transaction(K.snapshot.withdraw),
    fingerprints = K.snapshot.fingerprints,
    grant = transaction(grant),
    renew = transaction(K.leases.renew),
    revoke = transaction(K.leases.revoke),
    state = state,
    claim_order = transaction(K.orders.claim),
    release_order = transaction(K.orders.release),
    tick = K.housekeeping.tick,
    read = K.log.read,
    ends = ends,
    trim = trim,
    counted = K.counters.counted,
    funnel = K.funnel.of,
    traffic = K.funnel.traffic,
    configure = transaction(K.limits.configure),
    ping = function() return true end,
    sizes = sizes,
    wipe = wipe,
}
