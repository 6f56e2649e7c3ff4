-- A serving node of Kabinet: `tarantool init.lua`. Everything it needs to know is in the environment; the procedures
-- themselves come with `kabinet migrate` and are kept in the node, so that it starts again without Kabinet.
--   KABINET_NODE_LISTEN    address, 127.0.0.1:3301 when not given
--   KABINET_NODE_USER      user Kabinet connects as, `kabinet` when not given
--   KABINET_NODE_PASSWORD  its password; there is no default
--   KABINET_NODE_FOLDER    folder of snapshots and of the write-ahead log, the current one when not given
--   KABINET_NODE_MEMORY    megabytes for data, 512 when not given
--   KABINET_NODE_WAL       `write` when not given: a killed process loses nothing; `fsync`: nor does a power cut
--   KABINET_NODE_WIPE      `yes` lets tests empty the node
local digest = require('digest')
local fiber = require('fiber')
local log = require('log')

local function setting(name, default)
    local value = os.getenv('KABINET_NODE_' .. name)
    if value == nil or value == '' then value = default end
    if value == nil then error('KABINET_NODE_' .. name .. ' is not set', 0) end
    return value
end

local listen = setting('LISTEN', '127.0.0.1:3301')
local user, password = setting('USER', 'kabinet'), setting('PASSWORD')
local folder = setting('FOLDER', '.')

box.cfg{
    wal_mode = setting('WAL', 'write'), wal_dir = folder, memtx_dir = folder, vinyl_dir = folder,
    memtx_memory = assert(tonumber(setting('MEMORY', '512')), 'KABINET_NODE_MEMORY is no number') * 1024 * 1024,
    -- A start reads the newest snapshot and the log behind it: keep that stretch short.
    checkpoint_interval = 1800, checkpoint_count = 2, checkpoint_wal_threshold = 512 * 1024 * 1024,
    readahead = 64 * 1024, net_msg_max = 2048, log_level = 4,
}

box.once('kabinet.sources', function()
    local space = box.schema.space.create('kb_sources')
    space:create_index('name', {parts = {1, 'string'}})
end)
if not box.schema.user.exists(user) then box.schema.user.create(user) end
box.schema.user.passwd(user, password)

kabinet = {}
local busy, loaded = fiber.channel(1), nil

-- Allow the user one procedure; it runs with the rights of the node, not with the user's.
local function expose(name)
    local full = 'kabinet.' .. name
    box.schema.func.create(full, {if_not_exists = true, setuid = true})
    box.schema.user.grant(user, 'execute', 'function', full, {if_not_exists = true})
end

-- Run the sources in their order, each with the table they share.
local function compile(sources)
    local K = {wipeable = os.getenv('KABINET_NODE_WIPE') == 'yes'}
    for _, source in ipairs(sources) do
        local chunk, fault = loadstring(source[2], '@kabinet/' .. source[1])
        if chunk == nil then error(fault, 0) end
        chunk(K)
    end
    return K
end

-- Put procedures in the place of those that run; nothing yields between the old and the new.
local function begin(K)
    K.schema.migrate()
    if loaded ~= nil then loaded.stop() end
    K.start()
    for name in pairs(kabinet) do if name ~= 'install' then kabinet[name] = nil end end
    for name, procedure in pairs(K.procedures) do kabinet[name] = procedure end
    loaded = K
    for name in pairs(K.procedures) do expose(name) end
end

local function hash_of(sources)
    local parts = {}
    for _, source in ipairs(sources) do table.insert(parts, source[1] .. '\0' .. source[2]) end
    return digest.sha256_hex(table.concat(parts, '\0'))
end

local function kept()
    local order, sources = box.space.kb_sources:get('order'), {}
    for _, name in ipairs(order and order[2] or {}) do
        table.insert(sources, {name, box.space.kb_sources:get(name)[2]})
    end
    return sources
end

local function keep(sources)
    local order = {}
    box.begin()
    for _, source in ipairs(sources) do
        box.space.kb_sources:replace{source[1], source[2]}
        table.insert(order, source[1])
    end
    box.space.kb_sources:replace{'order', order}
    box.commit()
end

local function install(sources)
    if loaded ~= nil and hash_of(sources) == hash_of(kept()) then return false end
    local K = compile(sources)
    begin(K)
    keep(sources)
    log.info('kabinet: procedures installed')
    return true
end

-- Take {name, text} in the order they are to be run; tell whether anything changed.
function kabinet.install(sources)
    busy:put(true)
    local fine, answer = pcall(install, sources)
    busy:get()
    if not fine then error(answer, 0) end
    return answer
end

expose('install')
if box.space.kb_sources:get('order') ~= nil then begin(compile(kept())) end
-- Last of all: whoever can connect finds everything in its place.
box.cfg{listen = listen}
