-- Open decisions: kept until no event of them can count any more.
local K = ...
local int, num = K.numbers.int, K.numbers.num

local M = {}
K.decisions = M

-- Places in a row. NONE stands where an event has not come.
local F = {
    KEY = 1, UNTIL = 2, VERSION = 3, CAMPAIGN = 4, ADVERTISER = 5, AD = 6, PLACEMENT = 7, LEASE = 8, PRICE = 9,
    CHARGING = 10, DECIDED = 11, DAY = 12, SUSPECT = 13, IMPRESSION_MS = 14, IMPRESSION = 15, VIEWED = 16,
    CLICK_MS = 17, CLICK = 18, COUNTRY = 19, REGION = 20, DEVICE = 21, OS = 22, BROWSER = 23, IP = 24, USER_DAY = 25,
    SITE = 26,
}
M.F, M.NONE = F, -1
local NONE = -1

-- Filled anew for each decision: what is written is copied at once.
local fresh = {}

function M.keep(key, C, P, R, version, ad, lease_id, day)
    local D = fresh
    D[F.KEY], D[F.UNTIL], D[F.VERSION], D[F.CAMPAIGN] = key, R.now + K.limits.hold_ms, version, C.id
    D[F.ADVERTISER], D[F.AD], D[F.PLACEMENT], D[F.LEASE] = C.advertiser, ad, P.id, lease_id
    D[F.PRICE], D[F.CHARGING], D[F.DECIDED], D[F.DAY], D[F.SUSPECT] = int(C.price), C.charging, R.now, day, R.suspect
    D[F.IMPRESSION_MS], D[F.IMPRESSION], D[F.VIEWED], D[F.CLICK_MS], D[F.CLICK] = NONE, 0, false, NONE, 0
    D[F.COUNTRY], D[F.REGION], D[F.DEVICE], D[F.OS], D[F.BROWSER] = R[1], R[2], R[3], R[4], R[5]
    D[F.IP], D[F.USER_DAY], D[F.SITE] = R.ip_prefix, R.user_day, P.site
    box.space.kb_decisions:insert(D)
    K.snapshot.refer(version, 1)
end

-- Free what a decision holds; a lease that waited for it alone closes.
function M.release(D)
    if D[F.LEASE] == 0 then return end
    local lease = K.leases.get(D[F.LEASE])
    D[F.LEASE] = 0
    if lease ~= nil then
        K.leases.release(lease, num(D[F.PRICE]))
        K.leases.close_if_done(lease)
    end
end

local function forget(key, version)
    box.space.kb_decisions:delete(key)
    K.snapshot.refer(version, -1)
end

local function let_go(D)
    M.release(D)
    forget(D[F.KEY], D[F.VERSION])
end

-- Return a decision whose time is not over; one whose time is over is let go of, tick or no tick.
function M.find(key, now)
    local row = box.space.kb_decisions:get(key)
    if row == nil then return nil end
    local D = row:totable()
    if now <= D[F.UNTIL] then return D end
    let_go(D)
    return nil
end

-- Remember an event, and reckon anew until when the decision must be kept.
function M.mark(D, kind, verdict, now)
    local KINDS, limits = K.log.KINDS, K.limits
    if kind == KINDS.impression then D[F.IMPRESSION_MS], D[F.IMPRESSION] = now, verdict end
    if kind == KINDS.view then D[F.VIEWED] = true end
    if kind == KINDS.click then
        D[F.CLICK] = verdict
        -- Told once only; the impression may still come, and a click that counts after it.
        if verdict ~= K.verdicts.CLICK_WITHOUT then D[F.CLICK_MS] = now end
    end
    local till = D[F.DECIDED] + limits.hold_ms
    if D[F.IMPRESSION_MS] ~= NONE then
        till = math.max(D[F.IMPRESSION_MS] + limits.view_window_ms, D[F.DECIDED] + limits.click_ms)
    end
    if D[F.CLICK_MS] ~= NONE then till = math.max(till, D[F.CLICK_MS] + limits.click_window_ms) end
    D[F.UNTIL] = till
end

function M.write(D)
    box.space.kb_decisions:replace(D)
end

-- Let go of what is over and holds nothing, the oldest first; return how many. Such a one is only deleted.
function M.end_past_free(now, limit)
    local gone = 0
    for _, row in ipairs(box.space.kb_decisions.index['until']:select({}, {limit = limit})) do
        if row[F.UNTIL] >= now then break end
        if row[F.LEASE] == 0 then
            forget(row[F.KEY], row[F.VERSION])
            gone = gone + 1
        end
    end
    return gone
end

-- Let go of what is over, the oldest first; return how many. Each lease is written once: a node may be nearly full.
function M.end_past(now, limit)
    local gone, freed = 0, {}
    for _, row in ipairs(box.space.kb_decisions.index['until']:select({}, {limit = limit})) do
        if row[F.UNTIL] >= now then break end
        local lease = K.leases.get(row[F.LEASE])
        forget(row[F.KEY], row[F.VERSION])
        if lease ~= nil then
            K.leases.free(lease, num(row[F.PRICE]))
            freed[lease.id] = true
            K.leases.close_if_done(lease)
        end
        gone = gone + 1
    end
    for id in pairs(freed) do
        if K.leases.get(id) ~= nil then K.leases.write(K.leases.get(id)) end
    end
    return gone
end
