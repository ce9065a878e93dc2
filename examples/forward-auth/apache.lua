-- Asks the guard that the variable GUARD names, and refuses or sets its identity headers (apache.conf).
-- One interpreter and one connection to the guard for each thread: LuaScope thread.

require "apache2"
local socket = require "socket"

local identity = { "User", "Email", "Preferred-Username", "Groups", "Scopes", "Assertion" }
-- What is not for the guard: it gets no body, and a connection of its own.
local ofTheConnection = {
  connection = true,
  ["content-length"] = true,
  expect = true,
  host = true,
  ["keep-alive"] = true,
  te = true,
  trailer = true,
  ["transfer-encoding"] = true,
  upgrade = true,
}
local connection

local function connect(address)
  local host, port = address:match("^(.+):(%d+)$")
  local client = socket.tcp()
  client:settimeout(5)
  return client:connect(host, tonumber(port)) and client
end

-- The status and the headers of an answer, whose body is read and dropped; or nil and why.
local function receive(client)
  local first, problem = client:receive("*l")
  if not first then
    return nil, problem
  end
  local headers = {}
  local line = client:receive("*l")
  while line and line ~= "" do
    local name, value = line:match("^([^:]+):%s*(.-)%s*$")
    if name then
      headers[name:lower()] = value
    end
    line = client:receive("*l")
  end
  local length = tonumber(headers["content-length"] or "")
  if not line or not length or (length > 0 and not client:receive(length)) then
    return nil, "incomplete"
  end
  return tonumber(first:match("^HTTP/1%.1 (%d%d%d)")), headers
end

local function exchange(address, request)
  local isReused = connection ~= nil
  local client = connection or connect(address)
  connection = nil
  if not client then
    return nil
  end
  client:send(request)
  local status, headers = receive(client)
  if status and headers.connection ~= "close" then
    connection = client
    return status, headers
  end
  client:close()
  -- an idle connection, which the guard has closed meanwhile
  if not status and isReused and headers == "closed" then
    return exchange(address, request)
  end
  return status, headers
end

-- Identity headers are the guard's only. A name of other characters than letters, digits and "-" is dropped: a backend
-- may read it as one of them.
local function strip(r)
  for name in pairs(r:headers_in_table()) do
    local lower = name:lower()
    if lower:find("^x%-auth%-request%-") or lower:find("^x%-forwarded%-") or lower:find("^x%-original%-")
      or lower:find("^remote%-") or lower == "forwarded" or lower:find("[^%w-]") then
      r.headers_in[name] = nil
    end
  end
  -- it could name them as headers to remove
  local options = (r.headers_in["Connection"] or ""):lower()
  local isUpgrade = options:find("upgrade", 1, true)
  r.headers_in["Connection"] = isUpgrade and "Upgrade" or options:find("close", 1, true) and "close" or nil
end

function ask_guard(r)
  strip(r)
  local lines = {
    "GET /auth-request/" .. r.subprocess_env["GUARD"] .. " HTTP/1.1",
    "Host: guard",
    "X-Original-Method: " .. r.method,
    "X-Original-URI: " .. r.unparsed_uri,
    "X-Original-Host: " .. (r.headers_in["Host"] or ""),
  }
  for name, value in pairs(r:headers_in_table()) do
    if not ofTheConnection[name:lower()] then
      table.insert(lines, name .. ": " .. value)
    end
  end
  local request = table.concat(lines, "\r\n") .. "\r\n\r\n"
  local status, headers = exchange(r.subprocess_env["GUARD_ADDRESS"], request)

  if status == 200 then
    for _, name in ipairs(identity) do
      local value = headers["x-auth-request-" .. name:lower()]
      r.headers_in["X-Auth-Request-" .. name] = value ~= "" and value or nil
    end
    return apache2.OK
  end
  if status == 400 or status == 401 or status == 403 then
    if headers["www-authenticate"] then
      r.err_headers_out["WWW-Authenticate"] = headers["www-authenticate"]
    end
    return status
  end
  -- the guard's own outage, or it cannot be reached
  r.err_headers_out["Retry-After"] = status and headers["retry-after"] or "5"
  return 503
end
