-- Judging events: which of them count.
local K = ...

local M = {}
K.verdicts = M

-- Numbers of the verdicts, as on the other side of the wire.
local OK, DUPLICATE, EXPIRED, CLICK_WITHOUT, VIEW_WITHOUT, TOO_FAST, RATE, BUDGET = 0, 1, 2, 6, 7, 8, 9, 11
M.BUDGET = BUDGET
-- An event with one of these never had its turn: it leaves no mark on its decision.
M.CLICK_WITHOUT = CLICK_WITHOUT
M.UNMARKED = {[DUPLICATE] = true, [EXPIRED] = true, [VIEW_WITHOUT] = true}

local F, NONE, KINDS = K.decisions.F, K.decisions.NONE, K.log.KINDS

local function suspect(E, D)
    if D[F.SUSPECT] ~= OK then return D[F.SUSPECT] end
    return E.suspect
end

local function too_many(E)
    return K.rates.too_many(E.kind, E.ip_prefix, E.user_day, E.now)
end

local function impression(E, D)
    if D[F.IMPRESSION_MS] ~= NONE then return DUPLICATE end
    if suspect(E, D) ~= OK then return suspect(E, D) end
    return too_many(E) and RATE or OK
end

local function view(E, D)
    if D[F.IMPRESSION_MS] == NONE then return VIEW_WITHOUT end
    if D[F.VIEWED] then return DUPLICATE end
    if suspect(E, D) ~= OK then return suspect(E, D) end
    return D[F.IMPRESSION]
end

local function click(E, D)
    if E.now > D[F.DECIDED] + K.limits.click_ms then return EXPIRED end
    if D[F.IMPRESSION_MS] == NONE then return D[F.CLICK] == CLICK_WITHOUT and DUPLICATE or CLICK_WITHOUT end
    if D[F.CLICK_MS] ~= NONE then return DUPLICATE end
    if suspect(E, D) ~= OK then return suspect(E, D) end
    if too_many(E) then return RATE end
    if D[F.IMPRESSION] ~= OK then return D[F.IMPRESSION] end
    return E.now - D[F.IMPRESSION_MS] < K.limits.fastest_click_ms and TOO_FAST or OK
end

local function within(E, since, window)
    return since ~= NONE and E.now <= since + window
end

local function conversion(E, D)
    if E.order ~= '' and K.orders.is_known(E.advertiser, E.order, E.now) then return DUPLICATE end
    if D == nil then return EXPIRED end
    local clicked = D[F.CLICK] == OK or D[F.CLICK] == BUDGET
    if clicked and within(E, D[F.CLICK_MS], K.limits.click_window_ms) then return OK end
    if D[F.IMPRESSION] == OK and within(E, D[F.IMPRESSION_MS], K.limits.view_window_ms) then return OK end
    return EXPIRED
end

local JUDGES = {[KINDS.impression] = impression, [KINDS.view] = view, [KINDS.click] = click}

-- Return the verdict, before it is known whether the price is covered.
function M.judge(E, D)
    if E.verdict ~= OK then return E.verdict end
    if E.kind == KINDS.conversion then return conversion(E, D) end
    if D == nil then return EXPIRED end
    return JUDGES[E.kind](E, D)
end
