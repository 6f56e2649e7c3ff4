-- Who may have a request: the reasons for removal, in the order of the funnel.
local K = ...

local M = {}
K.candidates = M

-- Numbers of the reasons, as on the other side of the wire.
local SITE, SCHEDULE, TARGETING, FREQUENCY, PACING, BUDGET, BID, WON = 1, 2, 3, 4, 5, 6, 7, 8
M.BID, M.WON = BID, WON

local WINDOW = 5

-- Place of the window an instant lies in, nil for none. Most requests meet the window of the one before.
local function window_at(C, now)
    local windows, second = C.windows, math.floor(now / 1000)
    local at = C.at
    if at ~= nil and windows[at] <= second and second < windows[at + 1] then return at end
    for place = 1, #windows, WINDOW do
        if second < windows[place] then return nil end
        if second < windows[place + 1] then
            C.at = place
            return place
        end
    end
    return nil
end
M.window_at = window_at

-- A domain covers those below it.
local function covers(domains, site)
    while site ~= '' do
        if domains[site] then return true end
        local dot = site:find('.', 1, true)
        if dot == nil then return false end
        site = site:sub(dot + 1)
    end
    return false
end

local function fits(C, P, site)
    if P.categories ~= nil and not P.categories[C.category] then return false end
    return C.sites == nil or covers(C.sites, site) == C.only
end

local function reaches(C, R)
    local wanted = C.wanted
    if wanted ~= nil then
        for place = 1, #wanted, 2 do
            if not wanted[place + 1][R[wanted[place]]] then return false end
        end
    end
    if C.keywords == nil then return true end
    for _, word in ipairs(R.keywords) do
        if C.keywords[word] then return true end
    end
    return false
end

-- Return why a campaign may not have a request; or nil, the place of its window, and the lease that covers its price.
local function meet(C, P, R, site, trying)
    if not fits(C, P, site) then return SITE end
    if C.ecpm < P.floor then return BID end
    local at = window_at(C, R.now)
    if at == nil then return SCHEDULE end
    if not reaches(C, R) then return TARGETING end
    if K.caps.is_reached(C, C.windows[at + 3], R.user_key, R.now) then return FREQUENCY end
    if not K.pace.allows(C, at, R.now, trying) then return PACING end
    local lease = K.leases.find(C.id, R.now, C.price)
    if lease ~= nil then return nil, at, lease end
    if not trying then K.hungry[C.id] = true end
    return BUDGET
end

-- Walk a list from the dearest down. Return the first that may have the request and won none of this page yet, else the
-- first that may have it; with the place of its window and its lease. `removed` hears of everybody else who was met.
function M.walk(list, P, R, won, removed, trying)
    local site = R.site ~= '' and R.site or P.lower
    local spare, spare_at, spare_lease
    for place = 1, math.min(#list, K.limits.most_candidates) do
        local C = list[place]
        local reason, at, lease = meet(C, P, R, site, trying)
        if reason ~= nil then
            removed(C.id, reason)
        elseif not won[C.id] then
            return C, at, lease
        elseif spare == nil then
            spare, spare_at, spare_lease = C, at, lease
        end
    end
    return spare, spare_at, spare_lease
end
