-- Measures the Lua memory of a booted agent: lua heap.lua BUNDLE, in a folder with its settings. Prints two numbers: bytes more than
-- an empty VM, and how much of that is not code.
-- The firmware's modules are only as real as booting needs; objects of theirs live in C, and are not counted on a board either.
local bundle = ...
local kept = {} -- what the firmware would hold in its registry: callbacks
local now, due, asked = 0, {}, false

local function soon(delayMs, fire) due[#due + 1] = { at = now + delayMs, fire = fire } end
local function object(methods) return setmetatable({}, { __index = methods }) end
local function nothing() end

tmr = {
  ALARM_SINGLE = 0,
  create = function()
    local timer
    timer = object({
      alarm = function(self, delayMs, _, fire)
        kept[self] = fire
        soon(delayMs, function() if kept[self] == fire then kept[self] = nil fire() end end)
        return true
      end,
      unregister = function(self) kept[self] = nil end,
      stop = function(self) kept[self] = nil end,
    })
    return timer
  end,
}
mqtt = {
  Client = function()
    local client
    local function acknowledge(done)
      soon(1, function() done(client) end)
      return true
    end
    client = object({
      on = function(_, event, heard) kept["mqtt " .. event] = heard end,
      close = nothing,
      connect = function(_, _, _, _, _, connected)
        soon(1, function() connected(client) end)
        return true
      end,
      subscribe = function(_, _, _, done) return acknowledge(done) end,
      publish = function(_, _, _, _, _, done)
        asked = true
        return acknowledge(done)
      end,
    })
    return client
  end,
}
wifi = {
  STATION = 1,
  mode = nothing,
  start = function() soon(1, function() kept["wifi start"]("start", {}) end) end,
  sta = {
    on = function(event, heard) kept["wifi " .. event] = heard end,
    config = nothing,
    disconnect = nothing,
    getmac = function() return "24:0a:c4:00:00:01" end,
    connect = function()
      soon(1, function() kept["wifi got_ip"]("got_ip", { ip = "10.0.0.2" }) end)
    end,
  },
}
otaupgrade = {
  info = function() return "ota_0", "ota_0", { ota_0 = { state = "valid", version = "1.0.0" }, ota_1 = {} } end,
  accept = nothing,
}
node = {
  bootreason = function() return 1, 1, 0 end,
  info = function() return { chip_model = "esp32" } end,
  heap = function() return 100000 end,
  uptime = function() return now * 1000.0 end,
  setonerror = function(heard) kept.onerror = heard end,
  restart = function() error("the agent restarted the board") end,
}
time = { get = function() return 1489096425, 0 end, initntp = nothing, ntpenabled = function() return true end }
gpio = { OUT = 1, config = nothing, write = nothing }
crypto = { new_hash = nothing }
http = { GET = 0, createConnection = nothing }
file = { remove = os.remove, rename = os.rename }
-- Enough of JSON for the settings that this is run with.
sjson = { decode = function(text) return load("return " .. text:gsub('"([%w_]+)"%s*:', "%1="))() end }
local said = {}
print = function(line) said[#said + 1] = line end

local function count()
  collectgarbage() collectgarbage()
  return collectgarbage("count")
end

-- Runs the agent until it asks for a job.
local function boot(chunk)
  asked = false
  chunk()
  while not asked and #due > 0 and now < 60000 do
    local first = 1
    for n = 2, #due do if due[n].at < due[first].at then first = n end end
    local event = table.remove(due, first)
    now = event.at
    event.fire()
  end
  assert(asked, "the agent did not come as far as asking for a job; it said: " .. table.concat(said, "; "))
  said = {}
end

local before = count()
local chunk = assert(loadfile(bundle))
boot(chunk)
-- A second agent beside the first shares its code, so what it adds is all but the code.
local withChunk = count()
local first = { kept, due }
kept, due = {}, {}
boot(chunk)
local dataBytes = count() - withChunk
kept, due = first[1], first[2]
first, chunk, bootGuard = nil, nil, nil
local bytes = count() - before
io.write(string.format("%d %d\n", math.floor(bytes * 1024), math.floor(dataBytes * 1024)))
