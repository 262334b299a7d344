-- SPDX-License-Identifier: Apache-2.0
-- Snapshots under load: every answer must be 200, and of one in 64 the body must be a whole JPEG.
--
--   wrk --threads 1 --connections 100 --duration 10s --latency -s bench/wrk/snapshot.lua \
--     http://127.0.0.1:5000/snapshot
--
-- Prints requests per second and errors behind wrk's own report. The exit code is wrk's: read the
-- line that begins with "snapshot:".

local check_every = 64
local threads = {}

-- In wrk's main thread: remembers the threads, because each has counters of its own.
function setup(thread)
  table.insert(threads, thread)
end

-- In each thread. Globals, so that done() can ask for them by name.
function init()
  answers = 0
  looked_at = 0
  wrong_status = 0
  no_jpeg = 0
end

local function is_jpeg(body)
  return #body >= 4 and body:sub(1, 2) == "\255\216" and body:sub(-2) == "\255\217"
end

function response(status, headers, body)
  answers = answers + 1
  if status ~= 200 then
    wrong_status = wrong_status + 1
  elseif answers % check_every == 0 then
    looked_at = looked_at + 1
    if not is_jpeg(body) then no_jpeg = no_jpeg + 1 end
  end
end

local function sum(name)
  local total = 0
  for _, thread in ipairs(threads) do total = total + (thread:get(name) or 0) end
  return total
end

function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    "snapshot: %.1f requests/s; %d answers, %d not 200, %d looked at, %d of them no JPEG; "
      .. "%d connects failed, %d reads, %d writes, %d timeouts",
    summary.requests / (summary.duration / 1e6), sum("answers"), sum("wrong_status"),
    sum("looked_at"), sum("no_jpeg"), errors.connect, errors.read, errors.write, errors.timeout))
end
