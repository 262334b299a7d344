-- SPDX-License-Identifier: Apache-2.0
-- Snapshots under load: every answer must be 200, and one in 64 is checked to be a complete JPEG.
--
--   wrk --threads 1 --connections 100 --duration 10s --latency -s bench/wrk/snapshot.lua \
--     http://127.0.0.1:5000/snapshot
--
-- Prints requests per second and errors after wrk's own report. The exit code is always wrk's, so
-- read the line that begins with "snapshot:".

local check_every = 64
local threads = {}

-- In wrk's main thread: keeps the threads, because each has its own counters.
function setup(thread)
  table.insert(threads, thread)
end

-- In each thread. Globals, so that done() can read them by name.
function init()
  answers = 0
  checked = 0
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
    checked = checked + 1
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
    "snapshot: %.1f requests/s; %d answers, %d not 200, %d checked, %d of them not a JPEG; "
      .. "%d connects failed, %d reads, %d writes, %d timeouts",
    summary.requests / (summary.duration / 1e6), sum("answers"), sum("wrong_status"),
    sum("checked"), sum("no_jpeg"), errors.connect, errors.read, errors.write, errors.timeout))
end
