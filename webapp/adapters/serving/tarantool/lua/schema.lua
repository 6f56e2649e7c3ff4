-- Spaces and their versions. A version that was released never changes; what comes later is another one.
local K = ...
local fiber = require('fiber')

local M = {}
K.schema = M

local function space(name, parts, options)
    local made = box.schema.space.create(name, {if_not_exists = true})
    made:create_index('primary', {parts = parts, if_not_exists = true, type = options and options.type or 'tree'})
    return made
end

local function index(made, name, parts)
    made:create_index(name, {parts = parts, unique = false, if_not_exists = true})
end

local function first()
    space('kb_placements', {{1, 'unsigned'}})
    space('kb_campaigns', {{1, 'unsigned'}})
    space('kb_ads', {{1, 'unsigned'}})
    space('kb_leases', {{1, 'unsigned'}})
    index(space('kb_closed', {{1, 'unsigned'}}), 'until', {{2, 'number'}})
    index(space('kb_decisions', {{1, 'unsigned'}}), 'until', {{2, 'number'}})
    space('kb_log', {{1, 'unsigned'}})
    index(space('kb_counters', {{1, 'unsigned'}, {2, 'unsigned'}, {3, 'unsigned'}, {4, 'unsigned'}}),
        'day', {{2, 'unsigned'}})
    index(space('kb_caps', {{1, 'unsigned'}, {2, 'unsigned'}, {3, 'string'}}), 'until', {{5, 'number'}})
    index(space('kb_orders', {{1, 'unsigned'}, {2, 'string'}}), 'until', {{3, 'number'}})
    space('kb_totals', {{1, 'unsigned'}})
    index(space('kb_funnel', {{1, 'unsigned'}, {2, 'unsigned'}}), 'quarter', {{2, 'unsigned'}})
    space('kb_traffic', {{1, 'unsigned'}})
    space('kb_asked', {{1, 'string'}, {2, 'unsigned'}})
    index(space('kb_members', {{1, 'unsigned'}, {2, 'string'}, {3, 'unsigned'}, {4, 'unsigned'}}),
        'left', {{5, 'unsigned'}})
end

-- Campaigns that are withdrawn, and since when.
local function second()
    local gone = space('kb_gone', {{1, 'unsigned'}})
    index(gone, 'since', {{2, 'number'}})
    local capped = box.space.kb_caps.index.primary:min()
    while capped ~= nil do
        local campaign = capped[1]
        if box.space.kb_campaigns:get(campaign) == nil then gone:replace{campaign, math.floor(fiber.time() * 1000)} end
        capped = box.space.kb_caps:select({campaign}, {iterator = 'GT', limit = 1})[1]
    end
end

local VERSIONS = {first, second}
-- What `wipe` empties: all but the sources and the version.
M.DATA = {
    'kb_placements', 'kb_campaigns', 'kb_ads', 'kb_leases', 'kb_closed', 'kb_decisions', 'kb_log', 'kb_counters',
    'kb_caps', 'kb_orders', 'kb_totals', 'kb_funnel', 'kb_traffic', 'kb_asked',
    'kb_members', 'kb_gone',
}

-- Bring the spaces up to date. Each step can be repeated: a crash may come between it and the note that it was done.
function M.migrate()
    local meta = space('kb_meta', {{1, 'string'}})
    local at = meta:get('version')
    for number = (at and at[2] or 0) + 1, #VERSIONS do
        VERSIONS[number]()
        meta:replace{'version', number}
    end
end

function M.meta(name)
    local found = box.space.kb_meta:get(name)
    return found and tonumber(found[2]) or nil
end

function M.set_meta(name, value)
    box.space.kb_meta:replace{name, K.numbers.int(value)}
end
