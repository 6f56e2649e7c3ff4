-- Taking events: judged, charged, marked, logged, in one transaction.
local K = ...
local num = K.numbers.num

local M = {}
K.record = M

local F, KINDS, OK = K.decisions.F, K.log.KINDS, 0
local NOTHING = {}

-- One for all events: nothing yields while one is taken, and a table less is one less to collect.
local event = {}

local function event_of(kind, now, key, placement, advertiser, campaign, ad, decided_s, verdict, order, value, sale,
                        country, region, device, os, browser, ip_prefix, user_day, suspect)
    local E = event
    E.kind, E.now, E.key, E.placement, E.advertiser, E.campaign = kind, now, key, placement, advertiser, campaign
    E.ad, E.decided_s, E.verdict, E.order, E.value, E.sale = ad, decided_s, verdict, order, value, sale
    E.country, E.region, E.device, E.os, E.browser = country, region, device, os, browser
    E.ip_prefix, E.user_day, E.suspect = ip_prefix, user_day, suspect
    return E
end

-- Tell whether it is this event of the decision that costs.
local function to_pay(E, D, verdict)
    return D ~= nil and verdict == OK and E.kind == (D[F.CHARGING] == 0 and KINDS.impression or KINDS.click)
end

-- Let a lease pay; return it, or nil when none can.
local function pay(E, D)
    local price = num(D[F.PRICE])
    if D[F.CHARGING] == 0 then
        local lease = K.leases.get(D[F.LEASE])
        if lease ~= nil then K.leases.settle(lease, price, E.now) end
        D[F.LEASE] = 0
        return lease
    end
    local lease = K.leases.find(D[F.CAMPAIGN], E.now, price)
    if lease ~= nil then K.leases.spend(lease, price, E.now) end
    return lease
end

local function site_of(placement)
    local P = K.snapshot.placement_by_id(placement)
    return P and P.site or ''
end

local function day_of(E)
    local C = K.snapshot.campaign(E.campaign)
    local at = C and K.candidates.window_at(C, E.now)
    return at and C.windows[at + 3] or 0
end

local function append_unknown(E, verdict)
    local day = day_of(E)
    K.counters.count(E.campaign, day, E.kind, verdict, 0)
    return K.log.append(E.kind, verdict, E.now, E.decided_s * 1000, E.key, E.advertiser, E.campaign, E.ad, E.placement,
        site_of(E.placement), 0, 0, day, E.country, E.region, E.device, E.os, E.browser, E.ip_prefix, E.user_day,
        E.value, E.sale)
end

local function append(E, D, verdict, lease, charged)
    if D == nil then return append_unknown(E, verdict) end
    local day = lease and lease.day or D[F.DAY]
    K.counters.count(D[F.CAMPAIGN], day, E.kind, verdict, charged)
    return K.log.append(E.kind, verdict, E.now, D[F.DECIDED], E.key, D[F.ADVERTISER], D[F.CAMPAIGN], D[F.AD],
        D[F.PLACEMENT], D[F.SITE], charged, lease and lease.id or 0, day, D[F.COUNTRY], D[F.REGION], D[F.DEVICE],
        D[F.OS], D[F.BROWSER], E.ip_prefix ~= '' and E.ip_prefix or D[F.IP],
        E.user_day ~= '' and E.user_day or D[F.USER_DAY], E.value, E.sale)
end

local function remember_order(E, verdict)
    if E.order ~= '' and verdict == OK then
        K.orders.keep(E.advertiser, E.order, E.key, E.now)
    end
end

-- Mark the decision, free what a filtered impression held, close a lease that waited for it.
local function settle(E, D, verdict, lease)
    if E.verdict ~= OK or D == nil or K.verdicts.UNMARKED[verdict] then return end
    if E.kind == KINDS.conversion then return remember_order(E, verdict) end
    K.decisions.mark(D, E.kind, verdict, E.now)
    if E.kind == KINDS.impression then K.decisions.release(D) end
    K.decisions.write(D)
    if lease == nil then return end
    K.leases.close_if_done(lease)
    if D[F.CHARGING] ~= 0 then K.pace.take_late(D[F.CAMPAIGN], lease.day, num(D[F.PRICE])) end
end

-- The ad and the site of a click, whatever its verdict: the person is not to be punished.
local function landing(E, D)
    if E.kind ~= KINDS.click then return '', NOTHING end
    local ad, site
    if D ~= nil then
        ad, site = box.space.kb_ads:get(D[F.VERSION]), D[F.SITE]
    else
        ad, site = K.snapshot.version(E.campaign, E.ad), site_of(E.placement)
    end
    if ad == nil then return '', NOTHING end
    return ad[9], {ad[2], ad[4], ad[6], site}
end

-- Return verdict, number, what was charged, landing URL, and the public ids of campaign, ad and creative with the site.
function M.record(...)
    local E = event_of(...)
    K.leases.saw(E.now)
    local D = K.decisions.find(E.key, E.now)
    local verdict, lease, charged = K.verdicts.judge(E, D), nil, 0
    if to_pay(E, D, verdict) then
        lease = pay(E, D)
        if lease == nil then verdict = K.verdicts.BUDGET else charged = num(D[F.PRICE]) end
    end
    local seq = append(E, D, verdict, lease, charged)
    local url, macros = landing(E, D)
    settle(E, D, verdict, lease)
    return {verdict, seq, K.numbers.int(charged), url, macros}
end
