-- The generic cell rate algorithm, in microseconds of this server's clock, so that the clocks of nodes need not agree. KEYS[1] holds when the next
-- event is due. ARGV: the time between two events, and how far ahead of now a key may run.
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local due = math.max(tonumber(redis.call('GET', KEYS[1])) or 0, now) + ARGV[1]
local wait = due - now - ARGV[2]
if wait > 0 then
	return math.ceil(wait)
end
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1)
return 0
