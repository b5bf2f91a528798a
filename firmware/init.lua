-- Starts the agent on a stock NodeMCU board: from the firmware's Lua Flash Store, else from agent.lc, else from agent.lua.

-- First of all a timer that restarts the board. The agent stops it when it is up. An error while booting only prints, so without this
-- a firmware on trial that cannot start its agent would never be rolled back.
bootGuard = tmr.create()
bootGuard:alarm(60000, tmr.ALARM_SINGLE, function() node.restart() end)

local function load()
  local ok, agent = pcall(function() return node.LFS.get("agent") end)
  if ok and agent then return agent end
  return loadfile(file.exists("agent.lc") and "agent.lc" or "agent.lua")
end

-- A second in which a person can type  hold=1  at a board that keeps failing.
hold = file.exists("hold")
tmr.create():alarm(1000, tmr.ALARM_SINGLE, function()
  if hold then
    bootGuard:unregister()
    print('The agent is held. To start it:  file.remove("hold") node.restart()')
    return
  end
  local agent, problem = load()
  local ok = false
  if agent then ok, problem = pcall(agent) end
  if not ok then print("The agent did not start, the board restarts in a minute: " .. tostring(problem)) end
end)
