-- Prints what wrk measured as one JSON line: its text rounds, and leaves out what is zero.
function done(summary, latency, requests)
  local counted, errors, percentiles = 0, {}, {}
  for i = 1, #latency do
    local _, count = latency(i)
    counted = counted + count
  end
  for _, cause in ipairs({ "connect", "read", "write", "status", "timeout" }) do
    errors[#errors + 1] = string.format('"%s":%d', cause, summary.errors[cause])
  end
  for _, percent in ipairs({ 50, 90, 99 }) do
    percentiles[#percentiles + 1] = string.format('"p%d":%d', percent, latency:percentile(percent))
  end
  io.write(string.format(
    '{"event":"wrk","durationUs":%d,"requests":%d,"bytes":%d,"errors":{%s},"latencyUs":{"count":%d,"max":%d,%s}}\n',
    summary.duration, summary.requests, summary.bytes, table.concat(errors, ","), counted,
    latency.max, table.concat(percentiles, ",")))
end
