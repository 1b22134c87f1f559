-- 411 bytes of a valid order
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = BODY
function done(summary, latency, requests)
  io.write(string.format("%d %d %d %.0f\n", summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(99)))
end
