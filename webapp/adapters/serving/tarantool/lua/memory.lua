-- How full the node is. A full one could not even write down what it charges: it stops answering before.
local K = ...
local fiber = require('fiber')

local M = {}
K.memory = M

local FULL = 0.9
-- Rows of many sizes leave gaps: memory may be short before so much of it is used. Then this many seconds of rest.
local REST_SECONDS = 10

M.is_full = false
local rests_until = 0

-- Look again, about every second.
function M.look()
    local info = box.slab.info()
    local used = tonumber(info.arena_used) > FULL * tonumber(info.quota_size)
    M.is_full = used or fiber.time() < rests_until
end

-- Hear why a call failed.
function M.failed(fault)
    if type(fault) == 'cdata' and (fault.type == 'OutOfMemory' or fault.code == box.error.MEMORY_ISSUE) then
        rests_until, M.is_full = fiber.time() + REST_SECONDS, true
    end
end

-- Forget what happened, with an empty node.
function M.load()
    rests_until = 0
    M.look()
end
