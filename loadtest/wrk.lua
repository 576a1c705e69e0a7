-- For wrk: sends what is asked for; ends with the exact counts of the run as a JSON line.
-- Usage: wrk -s wrk.lua ... URL -- [DEPTH] [post BODY | mixed PATH]
--   DEPTH  requests in a batch, pipelined, default 1
--   post   POST this JSON instead of GET
--   mixed  of ten requests three ask for PATH and for the end of their connection
-- With depth 1 and without mixed no function is called for a request, so wrk sends its prepared bytes at full speed.

function init(arguments)
  local depth = tonumber(arguments[1] or "1")
  if arguments[2] == "post" then
    wrk.method, wrk.body = "POST", arguments[3]
    wrk.headers["Content-Type"] = "application/json"
  end
  if arguments[2] == "mixed" then
    local stay = wrk.format()
    local leave = wrk.format("GET", arguments[3], { Host = wrk.headers["Host"], Connection = "close" })
    local count = 0
    request = function()
      count = count + 1
      return count % 10 % 3 == 2 and leave or stay
    end
  elseif depth > 1 then
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
