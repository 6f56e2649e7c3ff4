-- Whole numbers. LuaJIT's are doubles: exact up to 2^53, and no amount of money or time of ours is larger (10^15 is the
-- ceiling of an account). But a number of 10^14 or more would be written as a float unless it is cast first, and is
-- read back as a 64-bit box that must be opened before it meets a double.
local K = ...
local ffi = require('ffi')

local M = {}
K.numbers = M

local WRITTEN_AS_FLOAT = 1e14

-- For what is written to a space or answered.
function M.int(value)
    if value < WRITTEN_AS_FLOAT and value > -WRITTEN_AS_FLOAT then return value end
    return ffi.cast('int64_t', value)
end

-- For what was read from a space or a request.
function M.num(value)
    return tonumber(value)
end

-- floor(a * b / c) without losing a digit; a, b and c below 2^53, the result too.
function M.muldiv(a, b, c)
    a, b, c = ffi.cast('uint64_t', a), ffi.cast('uint64_t', b), ffi.cast('uint64_t', c)
    local whole, rest = b / c, b % c
    local part, remainder = 0ULL, 0ULL
    -- a in pieces of ten bits, from the top: no product passes 64 bits.
    for shift = 50, 0, -10 do
        local piece = bit.band(bit.rshift(a, shift), 1023ULL)
        local sum = remainder * 1024ULL + piece * rest
        part, remainder = part * 1024ULL + sum / c, sum % c
    end
    return tonumber(a * whole + part)
end
