-- Lua's collector: every collection walks the whole snapshot, and a request leaves little behind. So let much gather
-- between two of them, ten times of what lives, as long as that is little memory; else three times.
local K = ...

local M = {}
K.collector = M

local RARELY, OFTEN = 1000, 300
local MOST_KB = 256 * 1024

local often

local function every(pause, is_often)
    collectgarbage('setpause', pause)
    often = is_often
end

function M.start()
    every(RARELY, false)
end

-- Look at how much there is, about every second.
function M.look()
    local kept = collectgarbage('count')
    if not often and kept > MOST_KB then
        every(OFTEN, true)
        -- The pause was reckoned when the last collection ended: begin one now.
        collectgarbage('restart')
    elseif often and kept < MOST_KB / 4 then
        every(RARELY, false)
    end
end
