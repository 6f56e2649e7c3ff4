-- Answering requests.
local K = ...

local M = {}

local UNKNOWN_PLACEMENT, NO_CAMPAIGN, NONE_ELIGIBLE, RATE, STORE = 1, 2, 3, 4, 5
local SUSPECT_RATE = 9
local NOTHING = {}
local DICE = 2147483648

-- One for all requests: nothing yields while one is answered, and a table less is one less to collect.
local request = {}

-- What a request tells, the six dimensions of targeting by their number.
local function request_of(now, site, keywords, country, region, device, os, browser, language, ip_prefix, user_day,
                          user_key, suspect)
    local R = request
    R[1], R[2], R[3], R[4], R[5], R[6] = country, region, device, os, browser, language
    R.now, R.site, R.keywords, R.ip_prefix, R.user_day = now, site, keywords, ip_prefix, user_day
    R.user_key, R.suspect = user_key, suspect
    return R
end
local REQUEST = 13

-- The ad the dice (below 2^31) fall on, each as often as its weight.
local function choose(ads, dice)
    local pick = math.floor(dice * ads[1] / DICE)
    for place = 2, #ads, 2 do
        pick = pick - ads[place + 1]
        if pick < 0 then return ads[place] end
    end
    return ads[2]
end

local function win(C, at, lease, P, R, key, dice)
    local day, lease_id = C.windows[at + 3], 0
    if R.suspect == 0 then
        K.caps.count(C, day, R.user_key, R.now)
        if C.charging == 0 then
            K.leases.hold(lease, C.price, R.now)
            K.pace.take(C)
            lease_id = lease.id
        end
    end
    local version = choose(C.sizes[P.size], dice)
    local ad = box.space.kb_ads:get(version)
    K.decisions.keep(key, C, P, R, version, ad[3], lease_id, day)
    return {0, false, P.id, C.advertiser, C.id, P.size, ad}
end

local function decide_one(R, won, public_id, key, dice)
    local P = K.snapshot.placement(public_id)
    if P == nil then return {UNKNOWN_PLACEMENT, false, 0, 0, 0, ''} end
    local D, F = K.decisions.find(key, R.now), K.decisions.F
    if D ~= nil then
        won[D[F.CAMPAIGN]] = true
        local ad = box.space.kb_ads:get(D[F.VERSION])
        return {0, true, D[F.PLACEMENT], D[F.ADVERTISER], D[F.CAMPAIGN], ad[7], ad}
    end
    local list = K.snapshot.list(P.size)
    if list == nil or #list == 0 then return {NO_CAMPAIGN, false, P.id, 0, 0, P.size} end
    K.funnel.asked(P.size)
    local C, at, lease = K.candidates.walk(list, P, R, won, K.funnel.removed, false)
    if C == nil then return {NONE_ELIGIBLE, false, P.id, 0, 0, P.size} end
    K.funnel.removed(C.id, K.candidates.WON)
    won[C.id] = true
    return win(C, at, lease, P, R, key, dice)
end

-- Why nobody is even looked for, nil when somebody is; too much makes a visitor suspect.
local function refusal(R, wanted)
    local asked = K.rates.asked(R.ip_prefix, R.user_day, R.now, wanted)
    if asked == K.rates.FAR_TOO_MUCH then return RATE end
    if asked == K.rates.TOO_MUCH and R.suspect == 0 then R.suspect = SUSPECT_RATE end
    return K.memory.is_full and STORE or nil
end

local function refuse(reason, given)
    local answers = {}
    for place = 1, #given / 3 do answers[place] = {reason, false, 0, 0, 0, ''} end
    return answers
end

-- After what request_of takes come placement, key and dice of each that is wanted.
function M.decide(...)
    local R, won, answers, given = request_of(...), {}, {}, {select(REQUEST + 1, ...)}
    K.leases.saw(R.now)
    local reason = refusal(R, #given / 3)
    if reason ~= nil then return refuse(reason, given) end
    K.funnel.turn_to(R.now)
    K.funnel.came(R.now)
    for place = 1, #given, 3 do
        table.insert(answers, decide_one(R, won, given[place], given[place + 1], given[place + 2]))
    end
    return answers
end

local function trace_one(R, public_id)
    local P = K.snapshot.placement(public_id)
    if P == nil then return {UNKNOWN_PLACEMENT, NOTHING} end
    local list = K.snapshot.list(P.size)
    if list == nil or #list == 0 then return {NO_CAMPAIGN, NOTHING} end
    local met, campaigns = {}, {}
    local C = K.candidates.walk(list, P, R, NOTHING, function(id, reason) met[id] = reason end, true)
    if C ~= nil then met[C.id] = K.candidates.WON end
    for place = 1, math.min(#list, K.limits.most_candidates) do
        local id = list[place].id
        table.insert(campaigns, {id, met[id] or K.candidates.BID})
    end
    return {C == nil and NONE_ELIGIBLE or 0, campaigns}
end

-- The same arguments; changes nothing.
function M.trace(...)
    local R, traces, given = request_of(...), {}, {select(REQUEST + 1, ...)}
    for place = 1, #given, 3 do table.insert(traces, trace_one(R, given[place])) end
    return traces
end

K.decide = M
