-- Asks certbound whether a request may pass (docs/PROXIES.md): http-request lua.certbound ADDRESS SCOPES
--
-- ADDRESS is the verifier's as HAProxy writes it (unix@/path), SCOPES what the request needs, with + between them.
-- txn.certbound is "accepted", then the request has the X-Certbound- headers that say whose token it is; or "401" or
-- "403", then txn.certbound_challenge is the WWW-Authenticate to answer with. Where it is anything else, or is not set,
-- the request must not pass. The caller has removed what the client sent under those names.

-- Of each try; HAProxy makes four.
local timeout_ms = 1000
local identity = {"client-id", "subject", "scope", "token-id", "expires-at", "certificate", "jkt"}

local function ask(txn, address, scopes)
  local sent = txn.http:req_get_headers()
  local headers = {}
  if sent["authorization"] then
    headers["authorization"] = {sent["authorization"][0]}
  end
  -- A DPoP proof and what it is for. All of them: several are refused.
  local proofs = sent["dpop"]
  if proofs then
    headers["dpop"] = {proofs[0], table.unpack(proofs)}
  end
  headers["x-original-method"] = {txn.sf:method()}
  headers["x-original-uri"] = {txn.sf:pathq()}
  -- RFC 9440: the certificate of this very connection, as HAProxy saw it.
  local certificate = txn.f:ssl_c_der()
  if certificate then
    headers["client-cert"] = {":" .. (txn.c:base64(certificate) or "") .. ":"}
  end
  local client = core.httpclient()
  return client:get{url = "http://verifier/verify?scope=" .. scopes, dst = address, headers = headers, timeout = timeout_ms}
end

local function first(response, name)
  local values = response.headers[name]
  return values and values[0]
end

local function decide(txn, address, scopes)
  local response = ask(txn, address, scopes)
  if response.status == 401 or response.status == 403 then
    -- Without a challenge it is not about the token: certbound does not answer this proxy.
    local challenge = first(response, "www-authenticate")
    if challenge then
      txn:set_var("txn.certbound_challenge", challenge)
      txn:set_var("txn.certbound", tostring(response.status))
    end
    return
  end
  -- Only certbound says 200 with a token's id.
  if response.status ~= 200 or not first(response, "x-certbound-token-id") then
    return
  end
  for _, name in ipairs(identity) do
    txn.http:req_set_header("x-certbound-" .. name, first(response, "x-certbound-" .. name) or "")
  end
  txn:set_var("txn.certbound", "accepted")
end

core.register_action("certbound", {"http-req"}, decide, 2)
