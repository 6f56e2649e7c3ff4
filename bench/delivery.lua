-- Sends prepared requests, each once: lines of "path<TAB>address" from the file BENCH_LINES; BENCH_BODY makes them POSTs.
-- BENCH_PAUSE_MS paces each connection: around that many milliseconds between its requests.
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init()
  lines, place = {}, 0
  local body, agent = os.getenv("BENCH_BODY"), os.getenv("BENCH_AGENT")
  local pause = tonumber(os.getenv("BENCH_PAUSE_MS") or "0")
  math.randomseed(7)
  for line in io.lines(os.getenv("BENCH_LINES")) do
    local path, address = line:match("^(%S+)\t(%S+)$")
    local headers = { ["User-Agent"] = agent, ["Accept-Language"] = "en-US,en;q=0.9", ["X-Forwarded-For"] = address }
    if body ~= nil and body ~= "" then
      headers["Content-Type"] = "text/plain;charset=UTF-8"
      lines[#lines + 1] = wrk.format("POST", path, headers, body)
    else
      lines[#lines + 1] = wrk.format("GET", path, headers)
    end
  end
  if pause > 0 then
    function delay() return math.floor(math.random() * 2 * pause + 0.5) end
  end
end

function request()
  place = place % #lines + 1
  return lines[place]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("BENCH %.1f %.3f %.3f %d %d\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.requests,
    errors.connect + errors.read + errors.write + errors.timeout))
end
