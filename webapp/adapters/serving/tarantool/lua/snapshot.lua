-- What may be shown: kept in spaces, served from tables, listed by size in the order of rank.
local K = ...
local num = K.numbers.num

local M = {}
K.snapshot = M

-- Fields of a campaign as it is published; the last holds the versions of its ads.
local WINDOW = 4
local NOTHING = {}

-- Campaigns by size, the dearest first.
M.lists = {}
local placements, placements_by_id, campaigns, shown, references, next_version

-- Tables of equal content are one table: the collector walks every table that lives, again and again, so what ten
-- thousand campaigns share must not be ten thousand tables. Keys begin with what kind of table it is.
local shared = setmetatable({}, {__mode = 'v'})

local function share(kind, values, make)
    local key = kind .. table.concat(values, '\0')
    local found = shared[key]
    if found == nil then
        found = make(values)
        shared[key] = found
    end
    return found
end

local function make_set(words)
    local set = {}
    for _, word in ipairs(words) do set[word] = true end
    return set
end

local function set_of(words)
    if #words == 0 then return nil end
    return share('set', words, make_set)
end

-- Windows as {starts, ends, weight, day, weight of the later ones of its day} one after another.
local function windows_of(flat)
    local windows, later, day = {}, 0, nil
    for at = #flat - WINDOW + 1, 1, -WINDOW do
        if flat[at + 3] ~= day then later, day = 0, flat[at + 3] end
        local place = (at - 1) / WINDOW * 5
        windows[place + 1], windows[place + 2], windows[place + 3] = flat[at], flat[at + 1], flat[at + 2]
        windows[place + 4], windows[place + 5] = day, later
        later = later + flat[at + 2]
    end
    return windows
end

local function rank(C)
    if C.charging == 0 then
        C.ecpm = C.rank
        return
    end
    local limits, impressions, clicks = K.limits, K.counters.totals(C.id)
    local known = clicks * 1000000 + limits.prior_ctr * limits.prior_impressions
    local millionths = math.floor(known / math.max(impressions + limits.prior_impressions, 1))
    C.ecpm = K.numbers.muldiv(C.rank, millionths, 1000)
end

-- By size: the sum of the weights, then version and weight of each ad.
local function sizes_of(versions)
    local sizes, ads = {}, box.space.kb_ads
    for _, version in ipairs(versions) do
        local ad = ads:get(version)
        local same = sizes[ad[7]]
        if same == nil then
            same = {0}
            sizes[ad[7]] = same
        end
        local weight = math.max(ad[8], 0)
        same[1], same[#same + 1], same[#same + 2] = same[1] + weight, version, weight
    end
    return sizes
end

-- Number of a dimension and the set of its wanted values, one after another.
local function wanted_of(lists)
    local wanted = {}
    for place, words in ipairs(lists) do
        local set = set_of(words)
        if set ~= nil then
            table.insert(wanted, place)
            table.insert(wanted, set)
        end
    end
    return wanted
end

-- What most campaigns lack is left out: a table of sixteen entries takes half of one of seventeen.
local function lay_out(row)
    local C = {
        id = row[1], advertiser = row[4], charging = row[5], price = num(row[6]), rank = num(row[7]), ecpm = 0,
        daily = row[8] and num(row[9]) or -1, windows = share('windows', row[10], windows_of), category = row[13],
        sizes = sizes_of(row[23]), keywords = set_of(row[22]),
    }
    if row[11] > 0 then C.cap_count, C.cap_window = row[11], row[12] end
    if row[21] ~= 0 then C.sites, C.only = set_of(row[20]) or NOTHING, row[21] == 1 end
    local lists, words = {}, {}
    for place = 1, 6 do
        lists[place] = row[13 + place]
        words[place] = table.concat(lists[place], '\1')
    end
    if #table.concat(words) > 0 then
        C.wanted = share('wanted', words, function() return wanted_of(lists) end)
    end
    rank(C)
    return C
end

local function versions_of(C)
    return box.space.kb_campaigns:get(C.id)[23]
end

local function dearer(a, b)
    if a.ecpm ~= b.ecpm then return a.ecpm > b.ecpm end
    return a.id < b.id
end

-- Where in a sorted list a campaign stands, or would.
local function place_in(list, C)
    local low, high = 1, #list + 1
    while low < high do
        local middle = math.floor((low + high) / 2)
        if dearer(list[middle], C) then low = middle + 1 else high = middle end
    end
    return low
end

local function list_of(size)
    local list = M.lists[size]
    if list == nil then
        list = {}
        M.lists[size] = list
    end
    return list
end

local function insert(C)
    for size in pairs(C.sizes) do
        local list = list_of(size)
        table.insert(list, place_in(list, C), C)
    end
end

local function remove(C)
    for size in pairs(C.sizes) do
        local list = M.lists[size]
        table.remove(list, place_in(list, C))
    end
end

local function show(C)
    campaigns[C.id] = C
    for _, version in ipairs(versions_of(C)) do shown[version] = true end
end

local function forget_version(version)
    if not shown[version] and (references[version] or 0) == 0 then box.space.kb_ads:delete(version) end
end

-- Take a campaign out; return the versions it showed.
local function leave(C)
    local versions = versions_of(C)
    campaigns[C.id] = nil
    for _, version in ipairs(versions) do shown[version] = nil end
    remove(C)
    for size in pairs(C.sizes) do K.funnel.leave(C.id, size) end
    return versions
end

-- The campaigns of a size in the order of rank.
function M.list(size)
    return M.lists[size]
end

local function load_campaigns()
    for _, row in box.space.kb_campaigns:pairs() do
        local C = lay_out(row)
        show(C)
        for size in pairs(C.sizes) do table.insert(list_of(size), C) end
    end
    for _, list in pairs(M.lists) do table.sort(list, dearer) end
end

local function place(row)
    local P = {
        id = row[1], public_id = row[2], site = row[6], size = row[7], floor = num(row[8]), categories = set_of(row[9]),
        lower = row[10],
    }
    placements[P.public_id], placements_by_id[P.id] = P, P
end

function M.load()
    references = {}
    for _, row in box.space.kb_decisions:pairs() do references[row[3]] = (references[row[3]] or 0) + 1 end
    M.load_shown()
end

-- Read all but which ads open decisions refer to.
function M.load_shown()
    M.lists, placements, placements_by_id, campaigns, shown = {}, {}, {}, {}, {}
    for _, row in box.space.kb_placements:pairs() do place(row) end
    load_campaigns()
    local last = box.space.kb_ads.index.primary:max()
    next_version = last and last[1] + 1 or 1
end

function M.placement(public_id) return placements[public_id] end
function M.placement_by_id(id) return placements_by_id[id] end
function M.campaign(id) return campaigns[id] end

-- A decision shows an ad as it was then, also after another version was published.
function M.refer(version, by)
    K.undo.referred(version, by)
    references[version] = (references[version] or 0) + by
    if references[version] == 0 then
        references[version] = nil
        forget_version(version)
    end
end

-- Take a reference back that never came to be.
function M.unrefer(version, by)
    local count = (references[version] or 0) - by
    references[version] = count ~= 0 and count or nil
end

-- Return the version under which an ad is kept: the one it had when nothing of it changed.
local function version_of(ad, before)
    local version = before[ad[2]]
    if version ~= nil then
        local kept, same = box.space.kb_ads:get(version), true
        for field = 1, #ad do same = same and kept[field + 1] == ad[field] end
        if same then return version end
    end
    version = next_version
    next_version = next_version + 1
    box.space.kb_ads:insert{version, unpack(ad)}
    return version
end

local function publish_campaign(row)
    local ads, versions, before = row[23], {}, {}
    local old, left = campaigns[row[1]], NOTHING
    if old ~= nil then
        left = leave(old)
        for _, version in ipairs(left) do before[box.space.kb_ads:get(version)[3]] = version end
    end
    for _, ad in ipairs(ads) do table.insert(versions, version_of(ad, before)) end
    row[23] = versions
    box.space.kb_campaigns:replace(row)
    local C = lay_out(row)
    show(C)
    insert(C)
    for size in pairs(C.sizes) do K.funnel.join(C.id, size) end
    for _, version in ipairs(left) do forget_version(version) end
end

local function withdraw_placement(id)
    local P = placements_by_id[id]
    if P == nil then return end
    placements_by_id[id], placements[P.public_id] = nil, nil
    box.space.kb_placements:delete(id)
end

function M.publish(new_placements, new_campaigns)
    K.undo.published()
    for _, row in ipairs(new_placements) do
        withdraw_placement(row[1])
        place(row)
        box.space.kb_placements:replace(row)
    end
    for _, row in ipairs(new_campaigns) do
        publish_campaign(row)
        K.caps.campaign_came(row[1])
    end
end

function M.withdraw(placement_ids, campaign_ids)
    K.undo.published()
    for _, id in ipairs(placement_ids) do withdraw_placement(id) end
    for _, id in ipairs(campaign_ids) do
        local C = campaigns[id]
        if C ~= nil then
            for _, version in ipairs(leave(C)) do forget_version(version) end
            box.space.kb_campaigns:delete(id)
            K.caps.campaign_went(id, K.leases.seen())
        end
    end
end

-- Rank again whoever was seen or clicked since.
function M.rank_again()
    for id in pairs(K.counters.take_moved()) do
        local C = campaigns[id]
        if C ~= nil and C.charging ~= 0 then
            remove(C)
            rank(C)
            insert(C)
        end
    end
end

-- The published version of an ad.
function M.version(campaign_id, ad_id)
    local C = campaigns[campaign_id]
    if C == nil then return nil end
    for _, version in ipairs(versions_of(C)) do
        local ad = box.space.kb_ads:get(version)
        if ad[3] == ad_id then return ad end
    end
    return nil
end

function M.fingerprints()
    local of_placements, of_campaigns = {}, {}
    for _, row in box.space.kb_placements:pairs() do table.insert(of_placements, {row[1], row[3]}) end
    for _, row in box.space.kb_campaigns:pairs() do table.insert(of_campaigns, {row[1], row[2]}) end
    return {of_placements, of_campaigns}
end
