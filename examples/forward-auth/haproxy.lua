-- Asks the guard that the variable txn.guard names, and answers with its refusal or sets its identity headers (haproxy.cfg).

local address = os.getenv("GUARD") or "127.0.0.1:4180"
local identity = {
  "x-auth-request-user",
  "x-auth-request-email",
  "x-auth-request-preferred-username",
  "x-auth-request-groups",
  "x-auth-request-scopes",
  "x-auth-request-assertion",
}

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

local function refuse(txn, status, headers, body)
  local reply = txn:reply({ status = status, body = body })
  for name, values in pairs(headers) do
    for _, value in pairs(values) do
      reply:add_header(name, value)
    end
  end
  txn:done(reply)
end

core.register_action("guard", { "http-req" }, function(txn)
  local headers = {
    ["x-forwarded-method"] = { txn.f:method() },
    ["x-forwarded-uri"] = { txn.f:pathq() },
    ["x-forwarded-host"] = { txn.sf:hdr("host") },
    ["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" },
    ["x-forwarded-for"] = { txn.sf:src() },
  }
  -- every line of the others: the guard refuses a token that came twice
  for name, values in pairs(txn.http:req_get_headers()) do
    if not headers[name] and not ofTheConnection[name] then
      headers[name] = {}
      for _, value in pairs(values) do
        table.insert(headers[name], value)
      end
    end
  end

  local client = core.httpclient()
  local answer = client:get({
    url = "http://" .. address .. "/haproxy/" .. txn:get_var("txn.guard"),
    headers = headers,
    -- milliseconds; HAProxy tries four times
    timeout = 1200,
  })
  if answer.status == 200 then
    for _, name in ipairs(identity) do
      for _, value in pairs(answer.headers[name] or {}) do
        txn.http:req_set_header(name, value)
      end
    end
    return
  end
  local passed = {}
  for _, name in ipairs({ "content-type", "www-authenticate", "retry-after", "cache-control" }) do
    passed[name] = answer.headers and answer.headers[name]
  end
  if answer.status == 400 or answer.status == 401 or answer.status == 403 then
    return refuse(txn, answer.status, passed, answer.body)
  end
  -- the guard's own outage, or it cannot be reached
  passed["retry-after"] = passed["retry-after"] or { "5" }
  refuse(txn, 503, passed, answer.body)
end, 0)
