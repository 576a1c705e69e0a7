-- For wrk: pipelines requests in batches when asked to; ends with the exact counts of the run as a JSON line.
-- Usage: wrk -s wrk.lua ... URL -- [DEPTH]        DEPTH: requests in a batch, default 1
-- With depth 1 no function is called for a request, so wrk sends its prepared bytes at full speed.

function init(arguments)
  local depth = tonumber(arguments[1] or "1")
  if depth > 1 then
    local batch = string.rep(wrk.format(), depth)
    request = function() return batch end
  end
end

function done(summary, latency, requests)
  local errors = {}
  for kind, count in pairs(summary.errors) do
    errors[#errors + 1] = string.format('"%s":%d', kind, count)
  end
  io.write(string.format('{"requests":%d,"microseconds":%d,"bytes":%d,"errors":{%s}}\n',
    summary.requests, summary.duration, summary.bytes, table.concat(errors, ",")))
end
