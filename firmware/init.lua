-- Starts the agent: from the firmware's Lua Flash Store, else from agent.lc, else from agent.lua. Our firmware carries this file as `init` in that
-- store, on stock NodeMCU it is a file.

-- First of all something that restarts the board; the agent calls it off when it is up. An error while booting only prints, so without this a
-- firmware on trial that cannot start its agent would never be rolled back. Our component's works also while Lua is busy.
if jobsfw then jobsfw.watchdog(60000) else
  bootGuard = tmr.create()
  bootGuard:alarm(60000, tmr.ALARM_SINGLE, function() node.restart() end)
end

local function load()
  local agent = node.LFS.get("agent")
  if agent then return agent end
  return loadfile(file.exists("agent.lc") and "agent.lc" or "agent.lua")
end

-- A second in which a person can type  hold=1  at a board that keeps failing.
hold = file.exists("hold")
tmr.create():alarm(1000, tmr.ALARM_SINGLE, function()
  if hold then
    if jobsfw then jobsfw.watchdog(0) else bootGuard:unregister() end
    print('The agent is held. To start it:  file.remove("hold") node.restart()')
    return
  end
  local agent, problem = load()
  local ok = false
  if agent then ok, problem = pcall(agent) end
  if not ok then print("The agent did not start, the board restarts in a minute: " .. tostring(problem)) end
end)
