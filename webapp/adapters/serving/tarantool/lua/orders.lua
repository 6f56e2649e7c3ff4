-- Orders of conversions: each counts once for its advertiser. A row is advertiser, order, until when, and the key of the
-- decision it was counted for; rows of earlier versions have no key.
local K = ...

local M = {}
K.orders = M

local function held(advertiser, order, now)
    local row = box.space.kb_orders:get{advertiser, order}
    if row == nil or row[3] < now then return nil end
    return row
end

function M.is_known(advertiser, order, now)
    return held(advertiser, order, now) ~= nil
end

function M.keep(advertiser, order, key, now)
    box.space.kb_orders:replace{advertiser, order, now + K.limits.click_window_ms, key}
end

-- Keep an order for a decision of whatever node; false when another decision has it.
function M.claim(advertiser, order, key, now)
    local row = held(advertiser, order, now)
    if row ~= nil and row[4] ~= key then return false end
    M.keep(advertiser, order, key, now)
    return true
end

function M.release(advertiser, order, key)
    local row = box.space.kb_orders:get{advertiser, order}
    if row ~= nil and row[4] == key then box.space.kb_orders:delete{advertiser, order} end
end
