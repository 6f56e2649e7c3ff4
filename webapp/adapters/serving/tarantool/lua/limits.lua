-- How long things live and how much is too much, as the last `migrate` said.
local K = ...

local M = {}
K.limits = M

local NAMES = {
    'hold_ms', 'click_ms', 'click_window_ms', 'view_window_ms', 'fastest_click_ms', 'impressions_a_minute',
    'clicks_a_minute', 'user_impressions_a_minute', 'user_clicks_a_minute', 'most_candidates', 'prior_ctr',
    'prior_impressions', 'decisions_a_minute', 'user_decisions_a_minute',
}

function M.load()
    local kept = box.space.kb_meta:get('limits')
    if kept ~= nil then M.take(kept[2]) end
end

function M.take(values)
    -- What was kept before a limit was made knows nothing of it: until the next `configure` there is none.
    for place, name in ipairs(NAMES) do M[name] = tonumber(values[place]) or math.huge end
end

-- Use other limits from now on.
function M.configure(values)
    box.space.kb_meta:replace{'limits', values}
    M.take(values)
end
