-- What a call changes in the tables that stand beside the spaces, so that a call that fails is undone by reading only
-- that anew. Nothing yields before a call's commit: these lists belong to one call at a time.
local K = ...

local M = {}
K.undo = M

local leases, campaigns, versions, steps = {}, {}, {}, {}
local lease_count, campaign_count, version_count, published = 0, 0, 0, false

function M.begin()
    lease_count, campaign_count, version_count, published = 0, 0, 0, false
end

function M.lease(id)
    lease_count = lease_count + 1
    leases[lease_count] = id
end

-- A campaign of which something was counted.
function M.counted(campaign)
    campaign_count = campaign_count + 1
    campaigns[campaign_count] = campaign
end

-- A version of an ad that so many decisions more refer to.
function M.referred(version, by)
    version_count = version_count + 1
    versions[version_count], steps[version_count] = version, by
end

function M.published()
    published = true
end

-- Put the tables right, after the spaces are.
function M.undo()
    K.log.load()
    K.leases.reload_fence()
    for place = 1, lease_count do K.leases.reload(leases[place]) end
    local done = {}
    for place = 1, campaign_count do
        local campaign = campaigns[place]
        if not done[campaign] then K.counters.reload(campaign) end
        done[campaign] = true
    end
    for place = version_count, 1, -1 do K.snapshot.unrefer(versions[place], steps[place]) end
    if published then K.snapshot.load_shown() end
    M.begin()
end
