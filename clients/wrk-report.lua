-- Prints what wrk counted as one JSON line: its text rounds, and leaves out what is zero. Its latencies are left to
-- the text: asking for them here takes wrk longer the more it measured, on the core that is being watched.
function done(summary)
  local errors = {}
  for _, cause in ipairs({ "connect", "read", "write", "status", "timeout" }) do
    errors[#errors + 1] = string.format('"%s":%d', cause, summary.errors[cause])
  end
  io.write(string.format('{"event":"wrk","durationUs":%d,"requests":%d,"bytes":%d,"errors":{%s}}\n',
    summary.duration, summary.requests, summary.bytes, table.concat(errors, ",")))
end
